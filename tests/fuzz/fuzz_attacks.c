/* Any bytes as a text that flows into another system: nothing breaks, the budget holds, and twice the same is found. */
#include "filters/detect/attacks_parts.h"
#include "proxy/base/problems.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct attack_set *set;
    static struct attack_scratch *scratch;
    if (!set) {
        struct problems problems;
        problems_init(&problems, STR("rules"), STR(""));
        set = attack_set_ref(&problems);
        assert(set && (scratch = attack_scratch_new(set)));
        problems_finish(&problems);
    }
    struct attack_policy policy = { .categories = ~(uint64_t)0, .threshold = ATTACK_THRESHOLD };
    struct attacks_found first, again;
    struct str text = str_of((const char *)data, size);
    assert(attacks_judge(set, scratch, &policy, text, &first));
    assert(attacks_judge(set, scratch, &policy, text, &again));
    assert(first.score == again.score && first.count == again.count);
    assert(first.score <= ATTACK_SCORE_MAX);
    assert(first.verdict == ATTACKS_NONE || first.count);
    for (size_t i = 0; i < first.count; i++)
        assert(first.hits[i].rule < ATTACK_RULES_COUNT && first.hits[i].matched_len <= ATTACK_MATCHED_MAX);
    return 0;
}
