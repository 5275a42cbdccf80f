/* rules_test.h - runs the tests that rule files carry: hits, near misses, and texts that all rules together stop or let pass. */
#ifndef DETECT_RULES_TEST_H
#define DETECT_RULES_TEST_H

#include "filters/detect/rule_set.h"

struct rules_test_counts {
    size_t tests, failures;
};

/* Each failure is a problem that names file, rule and text. False without memory. The model has no part in it, the threshold is
 * the balanced one. */
bool rules_test(struct rule_set *set, struct problems *problems, struct rules_test_counts *counts) MUST_USE;

#endif
