/* fuzz_judge.c - any text by the built-in rules: no more is kept than there is room for, twice the same is found, spots are in order
 * and the same however they are cut and hashed, and what they cost is bounded. */
#include "filters/detect/even.h"
#include "filters/detect/judge.h"
#include "filters/detect/spot_parts.h"
#include "proxy/base/problems.h"
#include "proxy/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rule_set *set;
static struct judge_policy policy;
static struct judge *judge;
static struct spots fast, other;

static void open_once(void)
{
    struct problems problems;
    if (set)
        return;
    problems_init(&problems, STR("rules"), STR(""));
    assert((set = rule_set_new(STR_NONE, true, &problems)) && !set->spots.is_everywhere);
    judge_policy_init(&policy, set, JUDGE_BALANCED);
    assert((judge = judge_new(&policy)) && spots_open(&fast, set) && spots_open(&other, set));
    problems_finish(&problems);
}

static void check_spots(struct str text)
{
    static struct even even;
    assert(even_make(&even, text));
    spots_find(&set->spots, even.text, &fast);
    assert(fast.words_count < SPOT_WORDS && fast.signs_count <= SPOT_SIGNS);
    assert(fast.work <= SPOT_STEPS * even.text.len + 1024 + 64 * SPOT_REACH_MAX);
    for (enum spot_way way = SPOT_PLAIN; way < spot_way(); way++) {
        spots_find_in(&set->spots, even.text, &other, way);
        assert(other.words_count < SPOT_WORDS && other.signs_count <= SPOT_SIGNS);
        assert(fast.work == other.work && fast.count == other.count && memcmp(fast.at, other.at, fast.count * sizeof *fast.at) == 0);
    }
    for (size_t i = 0; i < fast.count; i++)
        assert(fast.at[i].from < fast.at[i].to && fast.at[i].to <= even.text.len && (!i || fast.at[i - 1].to < fast.at[i].from));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct judgement first, again, whole;
    struct str text = str_of((const char *)data, size);
    open_once();
    if (utf8_valid_prefix(text) != size)
        return 0;
    check_spots(text);
    assert(judge_text(judge, &policy, text, TEXT_USER, &first));
    size_t hits = first.hits_count;
    for (size_t i = 0; i < hits; i++)
        assert(first.hits[i].start <= first.hits[i].end);
    assert(judge_text(judge, &policy, text, TEXT_USER, &again));
    assert(first.score == again.score && first.verdict == again.verdict && hits == again.hits_count);
    set->spots.is_everywhere = true;
    assert(judge_text(judge, &policy, text, TEXT_USER, &whole));
    set->spots.is_everywhere = false;
    assert(again.score == whole.score && again.verdict == whole.verdict && hits == whole.hits_count);
    return 0;
}
