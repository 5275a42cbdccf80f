/* metric.h - counters, gauges and histograms of all processes, in shared memory, shown as Prometheus reads them.
 *
 * The supervisor makes the memory before it forks. Each process writes only its own row, with plain additions; rows are
 * summed when somebody reads. The row of a worker that died goes to its successor: counters go on, gauges begin anew.
 * What is counted, and by which labels, stands in metrics.def; a series exists from its first count on. There are at
 * most METRIC_SERIES_MAX of them: what does not fit is counted as lost and never disturbs anybody. Without metric_open,
 * as in most tests, counting does nothing.
 *
 *     COUNT(METRIC_REQUESTS, route_name, 200, WHY_SERVED);
 *     GAUGE_ADD(-1, METRIC_CONNECTIONS);
 *     OBSERVE(usage.input_tokens, METRIC_TOKEN_USAGE, x->call.operation, model_name, TOKEN_INPUT); */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include "proxy/base/buf.h"

enum metric {
#define METRIC(NAME, kind, name, help, a, b, c) METRIC_##NAME,
#include "proxy/base/metrics.def"
    METRIC_COUNT
};

enum metric_label {
#define LABEL(NAME, word, source) LABEL_##NAME,
#include "proxy/base/metrics.def"
    LABEL_COUNT
};

/* Values of the labels RESULT and TOKEN_TYPE; the words of other tables are registered by whoever owns the table. */
enum metric_result { RESULT_OK, RESULT_FAILED, RESULT_REFUSED };
enum metric_token { TOKEN_INPUT, TOKEN_OUTPUT };

enum {
    METRIC_ROWS = 64, /* processes at a time; row 0 is the supervisor's */
    METRIC_LABELS_MAX = 3,
    METRIC_SERIES_MAX = 4096, /* counters and gauges */
    METRIC_HISTOGRAMS_MAX = 256,
    METRIC_NAMES_MAX = 1024, /* registered by the supervisor */
    METRIC_FOUND_MAX = 64,   /* registered by workers as they meet them; the rest is "other" */
    METRIC_OTHER = 0,        /* the name "other" */
};

/* ---- counting: each takes the metric and then the values of its labels ---- */

#define COUNT(...)      metric_add(1, (const unsigned[METRIC_LABELS_MAX + 1]){ __VA_ARGS__ })
#define COUNT_N(n, ...) metric_add((n), (const unsigned[METRIC_LABELS_MAX + 1]){ __VA_ARGS__ })
/* `n` may be negative. */
#define GAUGE_ADD(n, ...) metric_add((uint64_t)(int64_t)(n), (const unsigned[METRIC_LABELS_MAX + 1]){ __VA_ARGS__ })
#define GAUGE_SET(n, ...) metric_set((n), (const unsigned[METRIC_LABELS_MAX + 1]){ __VA_ARGS__ })
/* `value` in microseconds for DURATION and LATENCY, plain for TOKENS. */
#define OBSERVE(value, ...) metric_observe((value), (const unsigned[METRIC_LABELS_MAX + 1]){ __VA_ARGS__ })

void metric_add(uint64_t n, const unsigned *series);
void metric_set(uint64_t n, const unsigned *series);
void metric_observe(uint64_t value, const unsigned *series);

/* ---- names of routes, endpoints, models: a number for each, the same in all processes ---- */

/* The number of `name`, registered now if it is new; METRIC_OTHER when there are too many. Names above 100 bytes are
 * cut. */
unsigned metric_name(struct str name);
/* The same for names that callers bring: at most METRIC_FOUND_MAX are ever registered. */
unsigned metric_name_found(struct str name);
/* The words of a label whose values are rows of a table: `word(i)` for i < count. */
void metric_label_words(enum metric_label label, const char *(*word)(unsigned i), unsigned count);

/* ---- the memory ---- */

/* Once, before the first fork; the caller becomes row 0. False without memory. */
bool metric_open(void) MUST_USE;
void metric_close(void); /* for tests */
/* In a new process: writes to `row` from now on, and sets its gauges to zero. */
void metric_take_row(unsigned row);
/* When the process of a row is gone: its gauges no longer count. */
void metric_clear_gauges(unsigned row);

/* ---- reading ---- */

/* The sum over all rows; 0 for a series that never counted. */
uint64_t metric_read(const unsigned *series);
#define METRIC_READ(...) metric_read((const unsigned[METRIC_LABELS_MAX + 1]){ __VA_ARGS__ })
/* All series in the text format of Prometheus (version 0.0.4). False past the buffer's ceiling. */
bool metric_write(struct buf *out) MUST_USE;

/* The row of metrics.def, for the reference page. */
struct metric_row {
    const char *name, *help;
    enum metric_kind { KIND_COUNTER, KIND_GAUGE, KIND_DURATION, KIND_LATENCY, KIND_TOKENS } kind;
    enum metric_label labels[METRIC_LABELS_MAX];
};
extern const struct metric_row METRICS[METRIC_COUNT];

#endif
