/* scan.h - lines of texts through the guard of a route: what `bartizan scan` does. */
#ifndef APP_SCAN_H
#define APP_SCAN_H

#include <stdio.h>

#include "proxy/core/rehearsal.h"

struct scan_counts {
    size_t lines, bad; /* bad: lines that are no object with a text */
    size_t verdicts[4];
    int read_error; /* errno of `in`; 0: it was read to its end */
};
enum scan_verdict { SCAN_PASS, SCAN_REPORT, SCAN_MASK, SCAN_REFUSE };

/* Reads lines from the descriptor `in` until its end and writes one for each to `out`. `is_answer`: the texts are a
 * model's. False when `out` cannot be written or there is no memory. */
bool scan_lines(struct setup *setup, const struct route *route, bool is_answer, int in, FILE *out,
                struct scan_counts *counts) MUST_USE;

#endif
