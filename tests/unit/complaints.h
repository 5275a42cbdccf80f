/* complaints.h - shows what was complained about, for a test that has not expected it. */
#ifndef TESTS_UNIT_COMPLAINTS_H
#define TESTS_UNIT_COMPLAINTS_H

#include <stdio.h>

#include "proxy/base/problems.h"

static inline void complaints_show(const struct problems *problems)
{
    struct buf out;
    buf_init(&out, 256 * 1024);
    if (problems_print(problems, &out))
        printf(STR_F, STR_A(buf_str(&out)));
    buf_finish(&out);
}

#endif
