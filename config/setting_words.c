/* setting_words.c - durations, sizes, rates and names, as they are written. */
#include "config/setting.h"

#include "proxy/base/ascii.h"

struct unit {
    const char *word;
    uint64_t worth;
};

/* Largest first: what is printed takes the largest unit that divides it. */
static const struct unit DURATIONS[] = {
    { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 },
};
static const struct unit SIZES[] = {
    { "GiB", 1024 * 1024 * 1024 }, { "MiB", 1024 * 1024 }, { "KiB", 1024 }, { "", 1 }, { NULL, 0 },
};
static const struct unit PERIODS[] = {
    { "day", 86400000 }, { "h", 3600000 }, { "min", 60000 },    { "s", 1000 },      { "d", 86400000 },
    { "hour", 3600000 }, { "m", 60000 },   { "minute", 60000 }, { "second", 1000 }, { NULL, 0 },
};

static const struct unit *unit_named(const struct unit *units, struct str word)
{
    for (; units->word; units++)
        if (str_eq(word, str_c(units->word)))
            return units;
    return NULL;
}

/* Digits, then at once a unit of the table. */
static bool parse(struct str s, const struct unit *units, uint64_t *out)
{
    size_t digits = 0;
    uint64_t n;
    while (digits < s.len && ascii_is_digit(s.at[digits]))
        digits++;
    const struct unit *unit = unit_named(units, str_from(s, digits));
    if (!unit || !str_to_u64(str_first(s, digits), &n) || n > UINT64_MAX / unit->worth)
        return false;
    *out = n * unit->worth;
    return true;
}

static bool print(struct buf *out, uint64_t n, const struct unit *units)
{
    while (units[1].word && (n == 0 || n % units->worth))
        units++;
    return buf_addf(out, "%llu%s", (unsigned long long)(n / units->worth), units->word);
}

bool duration_parse(struct str s, uint64_t *ms)
{
    return parse(s, DURATIONS, ms);
}

bool duration_print(struct buf *out, uint64_t ms)
{
    return ms ? print(out, ms, DURATIONS) : buf_add(out, STR("0s"));
}

bool bytes_parse(struct str s, uint64_t *bytes)
{
    return parse(s, SIZES, bytes);
}

bool bytes_print(struct buf *out, uint64_t bytes)
{
    return print(out, bytes, SIZES);
}

bool rate_parse(struct str s, struct rate *rate)
{
    struct str per = s, count = str_cut(&per, '/');
    const struct unit *period = unit_named(PERIODS, per);
    uint64_t n;
    if (!period || !str_to_u64(count, &n) || n == 0)
        return false;
    *rate = (struct rate){ n, period->worth };
    return true;
}

bool rate_print(struct buf *out, struct rate rate)
{
    for (const struct unit *unit = PERIODS; unit->word; unit++)
        if (unit->worth == rate.period_ms)
            return buf_addf(out, "%llu/%s", (unsigned long long)rate.count, unit->word);
    return buf_addf(out, "%llu/", (unsigned long long)rate.count) && duration_print(out, rate.period_ms);
}

bool name_is_sound(struct str name)
{
    return name.len > 0 && name.len <= 64 && ascii_is_alnum(*name.at) && ascii_is_made_of(name, STR("._-"));
}
