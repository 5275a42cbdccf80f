/* pattern_start.c - where a match begins. Vectorscan could tell it as well, but compiles several times as long
 * for it and takes fewer expressions; PCRE2 is asked about the few that were found. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "filters/inspect/pattern_start.h"

#include <pcre2.h>

#include "proxy/base/utf8.h"

enum { STEPS_MAX = 2000, DEPTH_MAX = 200 };

bool pattern_start(const char *expression, struct str text, size_t to, size_t *start, size_t *end)
{
    assert(to <= text.len);
    int error = 0;
    size_t place = 0, from = utf8_from(text, to > PATTERN_START_WINDOW ? to - PATTERN_START_WINDOW : 0);
    size_t until = utf8_from(text, text.len - to > PATTERN_START_WINDOW ? to + PATTERN_START_WINDOW : text.len);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &place, NULL);
    pcre2_match_data *found = code ? pcre2_match_data_create(1, NULL) : NULL;
    pcre2_match_context *bounds = found ? pcre2_match_context_create(NULL) : NULL;
    bool ok = false;
    if (!bounds)
        goto out;
    pcre2_set_match_limit(bounds, STEPS_MAX);
    pcre2_set_depth_limit(bounds, DEPTH_MAX);
    /* 0: there are groups of which there is no room to tell, which is fine */
    if (pcre2_match(code, (PCRE2_SPTR)text.at, until, from, PCRE2_NO_UTF_CHECK, found, bounds) < 0)
        goto out;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(found);
    ok = at[0] < to && at[1] > at[0];
    if (ok) {
        *start = at[0];
        *end = at[1];
    }
out:
    pcre2_match_context_free(bounds);
    pcre2_match_data_free(found);
    pcre2_code_free(code);
    return ok;
}
