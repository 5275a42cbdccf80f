/* fetch_retry.c - when a server that was asked for a document wants to be asked again. */
#include "proxy/edge/fetch.h"

#include <time.h>

static bool parse_number(struct str s, size_t at, size_t len, int *out)
{
    uint64_t n;
    if (!str_to_u64(str_first(str_from(s, at), len), &n))
        return false;
    *out = (int)n;
    return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool parse_date(struct str s, int64_t *wall_s)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char SHAPE[] = "aaa, 00 aaa 0000 00:00:00 GMT";
    if (s.len != sizeof SHAPE - 1)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (SHAPE[i] != 'a' && SHAPE[i] != '0' && SHAPE[i] != s.at[i])
            return false;
    struct tm t = { 0 };
    size_t month = str_find_str(str_c(MONTHS), str_first(str_from(s, 8), 3));
    if (month % 3 || month >= sizeof MONTHS - 1 || !parse_number(s, 5, 2, &t.tm_mday) ||
        !parse_number(s, 12, 4, &t.tm_year) || !parse_number(s, 17, 2, &t.tm_hour) ||
        !parse_number(s, 20, 2, &t.tm_min) || !parse_number(s, 23, 2, &t.tm_sec))
        return false;
    t.tm_mon = (int)(month / 3);
    t.tm_year -= 1900;
    *wall_s = timegm(&t);
    return true;
}

bool fetch_parse_retry_after(struct str value, int64_t wall_s, uint64_t *ms)
{
    uint64_t seconds;
    int64_t at_s;
    if (!value.at)
        return false;
    if (!str_to_u64(value, &seconds)) {
        if (!parse_date(value, &at_s))
            return false;
        seconds = at_s > wall_s ? (uint64_t)(at_s - wall_s) : 0;
    }
    *ms = seconds < FETCH_RETRY_AFTER_MAX_MS / 1000 ? seconds * 1000 : FETCH_RETRY_AFTER_MAX_MS;
    return true;
}
