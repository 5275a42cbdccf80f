/* test_exam_limits.c - every row of the table that throttled and redis-cell share, on the memory store. */
#include <jansson.h>

#include "proxy/edge/store.h"
#include "tests/harness/check.h"

TEST("every row of the table of throttled and redis-cell")
{
    json_error_t error;
    json_t *table = json_load_file(EXAM_DIR "/limits/gcra_vectors.json", 0, &error);
    if (!table) {
        check_skip("the exam's folder is not here");
        return;
    }
    struct store *s = store_new();
    json_t *rows = json_object_get(table, "rows"), *row;
    size_t i;
    CHECK(json_array_size(rows) >= 16);
    json_array_foreach(rows, i, row)
    {
        struct limit_op op = { .kind = LIMIT_RATE,
                               .key = STR("exam"),
                               .count = 1, /* of "rate": 1/s */
                               .period_ms = 1000,
                               .burst = (uint64_t)json_integer_value(json_object_get(table, "max_burst")),
                               .cost = json_integer_value(json_array_get(row, 1)) };
        struct ask_store ask = { .ops = &op, .ops_count = 1 };
        uint64_t at_ms = (uint64_t)json_integer_value(json_array_get(row, 0));
        store_decide(s, 1, (struct store_time){ (1000000 + at_ms) * 1000, 0 }, &ask);
        bool limited = json_is_true(json_array_get(row, 5));
        CHECK_INT(op.remaining, json_integer_value(json_array_get(row, 2)));
        CHECK_INT(op.reset_ms, json_integer_value(json_array_get(row, 3)));
        if (limited) /* -1: never; a request that passed need not wait */
            CHECK_INT(op.retry_ms, json_integer_value(json_array_get(row, 4)));
        CHECK((ask.result == STORE_REFUSED) == limited);
    }
    store_free(s);
    json_decref(table);
}
