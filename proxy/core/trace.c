/* trace.c - random names, drawn from the kernel a page at a time. */
#include "proxy/core/trace.h"

#include <sys/random.h>

enum { SAMPLED = 1, RANDOM = 2 }; /* flags; the second is of level 2 */

static void random_bytes(unsigned char *out, size_t n)
{
    /* First filled after the fork, since the supervisor names no request: no two workers share a page. */
    static unsigned char page[4096];
    static size_t used = sizeof page;
    if (used + n > sizeof page) {
        if (getrandom(page, sizeof page, 0) != (ssize_t)sizeof page)
            NOTREACHED("the kernel gives no random bytes");
        used = 0;
    }
    memcpy(out, page + used, n);
    memset(page + used, 0, n);
    used += n;
}

void trace_request_id(char out[37])
{
    static const unsigned char GROUPS[] = { 4, 2, 2, 2, 6 };
    unsigned char id[16], *next = id;
    random_bytes(id, sizeof id);
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x40);
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof GROUPS; i++) {
        hex_encode(out, next, GROUPS[i]);
        out += 2 * GROUPS[i];
        next += GROUPS[i];
        *out++ = '-';
    }
    out[-1] = '\0';
}

static bool is_lower_hex(struct str s, bool may_be_zero)
{
    bool zero = true;
    for (size_t i = 0; i < s.len; i++) {
        if (hex_value(s.at[i]) < 0 || (s.at[i] >= 'A' && s.at[i] <= 'F'))
            return false;
        zero = zero && s.at[i] == '0';
    }
    return may_be_zero || !zero;
}

/* What version 00 says, and how a later one begins; the flags that are known of it. -1 for none (§3.2, §3.3). */
static int read_parent(struct str given)
{
    bool is_first = str_starts(given, STR("00-"));
    if (given.len < 55 || given.at[2] != '-' || given.at[35] != '-' || given.at[52] != '-' ||
        (given.len > 55 && (is_first || given.at[55] != '-')))
        return -1;
    if (!is_lower_hex(str_first(given, 2), true) || str_starts(given, STR("ff")) ||
        !is_lower_hex(str_of(given.at + 3, 32), false) || !is_lower_hex(str_of(given.at + 36, 16), false) ||
        !is_lower_hex(str_of(given.at + 53, 2), true))
        return -1;
    return hex_value(given.at[54]) & (is_first ? SAMPLED | RANDOM : SAMPLED);
}

bool trace_parent(struct str given, char out[56])
{
    unsigned char fresh[24];
    random_bytes(fresh, sizeof fresh);
    int flags = read_parent(given);
    memcpy(out, "00-", 3);
    if (flags >= 0)
        memcpy(out + 3, given.at + 3, 32);
    else
        hex_encode(out + 3, fresh, 16);
    out[35] = '-';
    hex_encode(out + 36, fresh + 16, 8);
    memcpy(out + 52, "-0", 2);
    out[54] = (char)('0' + (flags >= 0 ? flags : SAMPLED));
    out[55] = '\0';
    return flags >= 0;
}

/* key=value; a key may begin with a digit, as level 2 has it. */
static bool is_member(struct str member)
{
    struct str value = member, key = str_cut(&value, '=');
    if (!key.len || key.len > 256 || !value.len || value.len > 256 || str_has(value, '='))
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (!(key.at[i] >= 'a' && key.at[i] <= 'z') && !ascii_is_digit(key.at[i]) &&
            (i == 0 || !str_has(STR("_-*/@"), key.at[i])))
            return false;
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] < 0x20 || value.at[i] > 0x7e)
            return false;
    return true;
}

bool trace_state_count(struct str given, size_t *members)
{
    while (given.at) {
        struct str member = str_trim(str_cut(&given, ','));
        if (!member.len)
            continue; /* empty ones are allowed, and say nothing */
        if (!is_member(member))
            return false;
        ++*members;
    }
    return true;
}
