/* stand_ins.h - is what stands for a value found as what it stands for, wherever the value was? */
#ifndef UNIT_STAND_INS_H
#define UNIT_STAND_INS_H

#include <stdio.h>

#include "filters/detect/pseudonym.h"
#include "proxy/base/ascii.h"
#include "tests/harness/check.h"
#include "tests/unit/looking.h"

/* How many are drawn of each value. */
static unsigned stand_ins_wanted(void)
{
    const char *wanted = getenv("STAND_INS");
    uint64_t n = 20;
    return wanted && str_to_u64(str_c(wanted), &n) ? (unsigned)n : 20;
}

static struct str stand_in(struct arena *a, const struct looking *l, const struct sensitive *row, struct str value,
                           unsigned nth)
{
    unsigned char key[HMAC_BYTES] = "the key of the test";
    key[0] = (unsigned char)(nth / PSEUDONYM_ATTEMPTS_MAX);
    unsigned attempt = nth % PSEUDONYM_ATTEMPTS_MAX;
    if (row->fake != FAKE_NAME)
        return pseudonym_make(a, &(struct pseudonym_of){ l->set, row, value }, key, attempt);
    struct str name = STR_NONE, rest = value;
    while (rest.at) { /* word by word */
        struct str word = str_cut(&rest, ' ');
        bool is_particle = word.len <= 3 && ascii_is_lower(*word.at);
        struct str other = is_particle ? word : pseudonym_name(a, word, !rest.at, key, attempt);
        name = name.at ? arena_printf(a, STR_F " " STR_F, STR_A(name), STR_A(other)) : other;
    }
    return name;
}

/* Found whole, by its row or, a country's number, by another one of the same kind. */
static bool is_found_as(struct looking *l, const struct sensitive *row, struct str text, size_t start, size_t end)
{
    const struct pattern_match *at;
    size_t n = 0;
    CHECK(pattern_set_find(l->set, l->scratch, text, &at, &n));
    for (size_t i = 0; i < n; i++) {
        const struct pattern *p = pattern_set_at(l->set, at[i].pattern);
        bool is_row = strcmp(p->id, row->pattern.id) == 0;
        bool is_kind = is_row || (row->country && strcmp(p->category, row->pattern.category) == 0);
        if (is_kind && at[i].start == start && at[i].end == end)
            return true;
    }
    return false;
}

/* Each of what is found in the text by stand-ins, the rest of it as it is. A number may be of another kind by chance. */
static void check_stand_ins(struct looking *l, struct str text)
{
    enum { FINDS_MAX = 16 };
    struct pattern_match finds[FINDS_MAX];
    const struct pattern_match *at;
    size_t n = 0;
    CHECK(pattern_set_find(l->set, l->scratch, text, &at, &n));
    n = n < FINDS_MAX ? n : FINDS_MAX;
    if (n)
        memcpy(finds, at, n * sizeof *at);
    for (size_t i = 0; i < n; i++) {
        const struct sensitive *row = sensitive_of(pattern_set_at(l->set, finds[i].pattern));
        struct str value = str_of(text.at + finds[i].start, finds[i].end - finds[i].start);
        unsigned lost = 0, wanted = stand_ins_wanted();
        bool is_number = true;
        for (size_t k = 0; k < value.len; k++)
            is_number &= ascii_is_digit(value.at[k]) || !ascii_is_alnum(value.at[k]);
        for (unsigned nth = 0; nth < wanted; nth++) {
            struct arena a;
            arena_init(&a, 1 << 20);
            struct str with = stand_in(&a, l, row, value, nth);
            struct str before = str_first(text, finds[i].start), behind = str_from(text, finds[i].end);
            struct str whole = arena_printf(&a, STR_F STR_F STR_F, STR_A(before), STR_A(with), STR_A(behind));
            bool is_found = !with.at || is_found_as(l, row, whole, before.len, before.len + with.len);
            if (!is_found && ++lost * 4 > wanted * is_number)
                printf("  %s: [" STR_F "] [" STR_F "]\n", row->pattern.id, STR_A(text), STR_A(with));
            arena_finish(&a);
        }
        CHECK(lost * 4 <= wanted * is_number);
    }
}

#endif
