/* fuzz_rules.c - a rule file of any bytes is read or refused, never more; what is read has parts that stand for something. */
#include "filters/detect/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems;
    struct rules rules;
    struct str text = { (const char *)data, size };
    problems_init(&problems, STR("fuzz.yaml"), text);
    rules_init(&rules);
    if (rules_read(&rules, STR("fuzz.yaml"), text, &problems)) {
        assert(!problems.errors);
        for (size_t i = 0; i < rules.count; i++)
            for (size_t k = 0; k < rules.at[i].patterns.count; k++)
                for (size_t p = 0; p < rules.at[i].chains[k].count; p++)
                    assert(rules.at[i].chains[k].parts[p].count);
    }
    rules_finish(&rules);
    problems_finish(&problems);
    return 0;
}
