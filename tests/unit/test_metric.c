/* test_metric.c - rows are summed, series are bounded, the text is what Prometheus reads. */
#include "proxy/base/metric.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/check.h"

static const char *reason_word(unsigned i)
{
    static const char *const WORDS[] = { "served", "expired" };
    return WORDS[i];
}

static bool shows(struct str line)
{
    struct buf out;
    buf_init(&out, 4 << 20);
    bool has = metric_write(&out) && str_find_str(buf_str(&out), line) < buf_len(&out);
    buf_finish(&out);
    return has;
}

/* Counts in another process that has `row`. */
static void in_worker(unsigned row, void (*work)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        metric_take_row(row);
        work();
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void serve_three(void)
{
    for (int i = 0; i < 3; i++)
        COUNT(METRIC_REQUESTS, metric_name(STR("chat")), 200, 0);
    GAUGE_ADD(3, METRIC_CONNECTIONS);
    GAUGE_ADD(-1, METRIC_CONNECTIONS);
}

TEST("without its memory counting does nothing")
{
    COUNT(METRIC_REQUESTS, 1, 200, 0);
    OBSERVE(5, METRIC_TOKEN_USAGE, 0, 0, 0);
    CHECK_INT(METRIC_READ(METRIC_REQUESTS, 1, 200, 0), 0);
    CHECK_INT(metric_name(STR("x")), METRIC_OTHER);
}

TEST("the rows of all processes are summed, and a successor goes on counting where its row stands")
{
    CHECK(metric_open());
    metric_label_words(LABEL_REASON, reason_word, 2);
    unsigned chat = metric_name(STR("chat"));
    CHECK(chat != METRIC_OTHER);
    in_worker(1, serve_three);
    in_worker(2, serve_three);
    CHECK_INT(METRIC_READ(METRIC_REQUESTS, chat, 200, 0), 6);
    CHECK_INT(METRIC_READ(METRIC_CONNECTIONS), 4);
    in_worker(1, serve_three); /* takes the row again: its two connections are gone, its requests are not */
    CHECK_INT(METRIC_READ(METRIC_REQUESTS, chat, 200, 0), 9);
    CHECK_INT(METRIC_READ(METRIC_CONNECTIONS), 4);
    metric_clear_gauges(1);
    CHECK_INT(METRIC_READ(METRIC_CONNECTIONS), 2);
    CHECK(shows(STR("# TYPE bartizan_requests_total counter\n"
                    "bartizan_requests_total{route=\"chat\",status=\"200\",reason=\"served\"} 9\n")));
    CHECK(shows(STR("# HELP bartizan_connections Open connections of callers\n"
                    "# TYPE bartizan_connections gauge\nbartizan_connections 2\n")));
    CHECK(shows(STR("\nbartizan_streams 0\n")));
    metric_close();
}

TEST("histograms are cumulative, times are shown in seconds")
{
    CHECK(metric_open());
    OBSERVE(1, METRIC_TOKEN_USAGE, 0, metric_name(STR("gpt-4o")), TOKEN_INPUT);
    OBSERVE(5, METRIC_TOKEN_USAGE, 0, metric_name(STR("gpt-4o")), TOKEN_INPUT);
    OBSERVE(100000000, METRIC_TOKEN_USAGE, 0, metric_name(STR("gpt-4o")), TOKEN_INPUT);
    OBSERVE(1500, METRIC_OVERHEAD, METRIC_OTHER);
    CHECK(shows(STR("gen_ai_client_token_usage_bucket{gen_ai_operation_name=\"other\",gen_ai_request_model=\"gpt-4o\","
                    "gen_ai_token_type=\"other\",le=\"4\"} 1\n")));
    CHECK(shows(STR(",le=\"16\"} 2\n")));
    CHECK(shows(STR(",le=\"67108864\"} 2\n")));
    CHECK(shows(STR(",le=\"+Inf\"} 3\n")));
    CHECK(shows(STR("gen_ai_token_type=\"other\"} 100000006\n")));
    CHECK(shows(STR("bartizan_overhead_seconds_bucket{route=\"other\",le=\"0.001\"} 0\n")));
    CHECK(shows(STR("bartizan_overhead_seconds_bucket{route=\"other\",le=\"0.005\"} 1\n")));
    CHECK(shows(STR("bartizan_overhead_seconds_sum{route=\"other\"} 0.001500\n")));
    CHECK(shows(STR("bartizan_overhead_seconds_count{route=\"other\"} 1\n")));
    metric_close();
}

static void find_models(void)
{
    char name[32];
    for (unsigned i = 0; i < 10000; i++) {
        int len = snprintf(name, sizeof name, "model-%u", i);
        COUNT(METRIC_REQUESTS, metric_name_found(str_of(name, (size_t)len)), i % 7000, 0);
    }
}

TEST("names and series are bounded whatever callers bring, and what is lost is counted")
{
    CHECK(metric_open());
    find_models();
    CHECK(metric_name_found(STR("model-3")) != METRIC_OTHER);
    CHECK_INT(metric_name_found(STR("model-9999")), METRIC_OTHER);
    CHECK(metric_name(STR("a route")) != METRIC_OTHER);
    CHECK(METRIC_READ(METRIC_SERIES_LOST) > 0);
    CHECK(shows(STR("bartizan_requests_total{route=\"model-3\",status=\"3\",")));
    for (unsigned i = 0; i < 2 * METRIC_NAMES_MAX; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "route-%u", i);
        (void)metric_name(str_of(name, (size_t)len));
    }
    CHECK_INT(metric_name(STR("one more")), METRIC_OTHER);
    metric_close();
}

TEST("a name cannot end its label")
{
    CHECK(metric_open());
    COUNT(METRIC_ATTEMPTS, metric_name(STR("a\"} 1\nb\\")));
    CHECK(shows(STR("bartizan_upstream_attempts_total{endpoint=\"a\\\"} 1?b\\\\\"} 1\n")));
    metric_close();
}

TEST("every row has a unique name, help, and labels without gaps")
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        CHECK(METRICS[i].name && *METRICS[i].name && *METRICS[i].help);
        for (unsigned k = 0; k < i; k++)
            CHECK(strcmp(METRICS[i].name, METRICS[k].name) != 0);
        for (unsigned k = 1; k < METRIC_LABELS_MAX; k++)
            CHECK(METRICS[i].labels[k] == LABEL_NONE || METRICS[i].labels[k - 1] != LABEL_NONE);
        if (METRICS[i].kind == KIND_COUNTER)
            CHECK(str_ends(str_c(METRICS[i].name), STR("_total")));
    }
}
