/* test_store.c - limits are never exceeded: by one worker, by many, by one that dies. */
#include "proxy/edge/store.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/base/metric.h"
#include "proxy/edge/store/known.h"
#include "tests/harness/check.h"

enum { SECOND_US = 1000000, START_US = 100 * SECOND_US };
#define WALL_MS ((uint64_t)1790000000000)

static struct limit_op rate(const char *key, uint64_t count, uint64_t burst)
{
    return (struct limit_op){
        .kind = LIMIT_RATE, .key = str_c(key), .count = count, .period_ms = 60000, .burst = burst, .cost = 1
    };
}

static struct limit_op hold(const char *key, uint64_t count)
{
    return (struct limit_op){ .kind = LIMIT_CONCURRENCY, .key = str_c(key), .count = count, .cost = 1 };
}

static int decide(struct store *s, unsigned row, uint64_t now_us, struct limit_op *ops, size_t n)
{
    struct ask_store ask = { .ops = ops, .ops_count = n };
    store_decide(s, row, (struct store_time){ now_us, WALL_MS + now_us / 1000 }, &ask);
    return (int)ask.result;
}

static void settle(struct store *s, unsigned row, uint64_t now_us, struct limit_op op, int64_t cost)
{
    op.cost = cost;
    struct ask_store ask = { .ops = &op, .ops_count = 1, .settle = true };
    store_decide(s, row, (struct store_time){ now_us, WALL_MS + now_us / 1000 }, &ask);
}

TEST("exactly as many as the rate pass at once, then one whenever its time has come")
{
    struct store *s = store_new();
    uint64_t counts[] = { 1, 2, 3, 7, 60, 999, 200000 };
    for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
        char key[32];
        snprintf(key, sizeof key, "rate %zu", c);
        struct limit_op op = rate(key, counts[c], counts[c] - 1);
        for (uint64_t i = 0; i < counts[c]; i++) {
            CHECK(decide(s, 1, START_US, &op, 1) == STORE_PASSED);
            CHECK_INT(op.remaining, counts[c] - 1 - i);
        }
        CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_REFUSED);
        uint64_t step_us = 60 * (uint64_t)SECOND_US / counts[c];
        CHECK_INT(op.retry_ms, (step_us + 999) / 1000);
        CHECK_INT(op.reset_ms, 60000);
        CHECK_INT(decide(s, 1, START_US + step_us - 1, &op, 1), STORE_REFUSED);
        CHECK_INT(decide(s, 1, START_US + step_us + 1, &op, 1), STORE_PASSED);
        CHECK_INT(decide(s, 1, START_US + step_us + 1, &op, 1), STORE_REFUSED);
    }
    store_free(s);
}

TEST("what is said to remain may be asked for, whatever the numbers are")
{
    struct store *s = store_new();
    const uint64_t counts[] = { 1, 3, 7, 60, 999, 7919, 200003 };
    for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
        const uint64_t count = counts[c], bursts[] = { 0, 1, 2, 5, count - 1, 2 * count + 3 };
        for (size_t b = 0; b < ARRAY_LEN(bursts); b++) {
            char key[32];
            snprintf(key, sizeof key, "odd %zu %zu", c, b);
            struct limit_op op = rate(key, count, bursts[b]);
            op.cost = (int64_t)bursts[b] + 2; /* more than there ever is takes nothing */
            CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_REFUSED);
            CHECK(op.remaining == bursts[b] + 1 && op.reset_ms == 0 && op.retry_ms == UINT64_MAX);
            uint64_t taken = bursts[b] / 2 + 1, left = bursts[b] + 1 - taken;
            op.cost = (int64_t)taken;
            CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_PASSED);
            CHECK_INT(op.remaining, left);
            CHECK_INT(op.reset_ms, (taken * 60000 + count - 1) / count);
            op.cost = 0;
            CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_PASSED);
            CHECK_INT(op.remaining, left);
            op.cost = (int64_t)left + 1;
            CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_REFUSED);
            CHECK_INT(op.remaining, left);
            CHECK_INT(op.retry_ms, op.cost > (int64_t)bursts[b] + 1 ? UINT64_MAX : (60000 + count - 1) / count);
            op.cost = (int64_t)left;
            CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_PASSED);
            CHECK_INT(op.remaining, 0);
            CHECK_INT(op.reset_ms, ((bursts[b] + 1) * 60000 + count - 1) / count);
        }
    }
    store_free(s);
}

TEST("in any window no more pass than the burst and what flowed in")
{
    struct store *s = store_new();
    uint64_t passed = 0, seed = 7, now = START_US;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        now += (seed >> 33) % 200000;
        struct limit_op op = rate("window", 60, 4);
        passed += decide(s, 1, now, &op, 1) == STORE_PASSED;
        CHECK(passed <= 5 + (now - START_US) / SECOND_US);
    }
    CHECK(passed > (now - START_US) / SECOND_US - 2);
    store_free(s);
}

TEST("all ops pass and are charged, or none is")
{
    struct store *s = store_new();
    struct limit_op ops[] = { rate("a", 10, 9), hold("b", 1), rate("c", 2, 1) };
    CHECK_INT(decide(s, 1, START_US, ops, 3), STORE_PASSED);
    CHECK_INT(decide(s, 1, START_US, ops, 3), STORE_REFUSED);
    CHECK(ops[0].allowed && !ops[1].allowed && ops[2].allowed);
    CHECK_INT(ops[1].retry_ms, 1000);
    struct limit_op a = rate("a", 10, 9), c = rate("c", 2, 1);
    CHECK_INT(decide(s, 1, START_US, &a, 1), STORE_PASSED);
    CHECK_INT(a.remaining, 8); /* the refused one took nothing */
    CHECK_INT(decide(s, 1, START_US, &c, 1), STORE_PASSED);
    CHECK_INT(decide(s, 1, START_US, &c, 1), STORE_REFUSED);
    store_free(s);
}

TEST("however much is charged, a bucket that is overdrawn never becomes full by it")
{
    struct store *s = store_new();
    struct limit_op op = rate("far", 60, 59);
    for (unsigned i = 0; i < 20; i++) {
        settle(s, 1, START_US, op, INT64_MAX / 2);
        CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_REFUSED);
    }
    store_free(s);
}

TEST("a limit that only reports never refuses and says when it would have")
{
    struct store *s = store_new();
    struct limit_op ops[] = { rate("soft", 1, 0), hold("soft", 1), rate("hard", 100, 99) };
    ops[0].soft = ops[1].soft = true;
    CHECK_INT(decide(s, 1, START_US, ops, 3), STORE_PASSED);
    CHECK(ops[0].allowed && ops[1].allowed);
    CHECK_INT(decide(s, 1, START_US, ops, 3), STORE_PASSED);
    CHECK(!ops[0].allowed && !ops[1].allowed && ops[2].allowed);
    settle(s, 1, START_US, ops[1], -1);
    settle(s, 1, START_US, ops[1], -1); /* both were inside */
    CHECK_INT(decide(s, 1, START_US, ops, 3), STORE_PASSED);
    CHECK(!ops[0].allowed && ops[1].allowed);
    store_free(s);
}

TEST("nothing is given back twice, and nothing that was never taken")
{
    struct store *s = store_new();
    struct limit_op op = hold("h", 2);
    settle(s, 1, START_US, op, -1);
    CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_PASSED);
    CHECK_INT(decide(s, 2, START_US, &op, 1), STORE_PASSED);
    CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_REFUSED);
    for (int i = 0; i < 5; i++)
        settle(s, 1, START_US, op, -1);
    CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_PASSED);
    CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_REFUSED); /* the other worker's stays */
    struct limit_op r = rate("r", 10, 9);
    settle(s, 1, START_US, r, -100);
    for (int i = 0; i < 10; i++)
        CHECK_INT(decide(s, 1, START_US, &r, 1), STORE_PASSED);
    CHECK_INT(decide(s, 1, START_US, &r, 1), STORE_REFUSED);
    settle(s, 1, START_US, r, -3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(decide(s, 1, START_US, &r, 1), STORE_PASSED);
    CHECK_INT(decide(s, 1, START_US, &r, 1), STORE_REFUSED);
    settle(s, 1, START_US, r, -1000000);
    settle(s, 1, START_US, r, 4); /* charged without asking */
    CHECK_INT(decide(s, 1, START_US, &r, 1), STORE_PASSED);
    CHECK_INT(r.remaining, 5);
    settle(s, 1, START_US, r, 1000);
    CHECK_INT(decide(s, 1, START_US + 60 * SECOND_US, &r, 1), STORE_REFUSED);
    store_free(s);
}

TEST("a dead worker's share is given back, the others keep theirs")
{
    struct store *s = store_new();
    struct limit_op op = hold("h", 5);
    for (int i = 0; i < 3; i++)
        CHECK_INT(decide(s, 1, START_US, &op, 1), STORE_PASSED);
    for (int i = 0; i < 2; i++)
        CHECK_INT(decide(s, 2, START_US, &op, 1), STORE_PASSED);
    CHECK_INT(decide(s, 2, START_US, &op, 1), STORE_REFUSED);
    store_forget_row(s, 1, START_US);
    store_forget_row(s, 1, START_US);
    for (int i = 0; i < 3; i++)
        CHECK_INT(decide(s, 2, START_US, &op, 1), STORE_PASSED);
    CHECK_INT(decide(s, 2, START_US, &op, 1), STORE_REFUSED);
    store_free(s);
}

TEST("a full store refuses, and has room again when buckets are full again")
{
    struct store *s = store_new();
    unsigned down = 0, passed = 0;
    for (unsigned i = 0; i < 400000; i++) {
        char key[32];
        snprintf(key, sizeof key, "caller %u", i);
        struct limit_op op = rate(key, 60, 9);
        int result = decide(s, 1, START_US, &op, 1);
        passed += result == STORE_PASSED;
        down += result == STORE_DOWN;
    }
    CHECK(passed > 220000 && passed <= 256 * 1024);
    CHECK_INT(passed + down, 400000);
    for (unsigned i = 400000; i < 401000; i++) {
        char key[32];
        snprintf(key, sizeof key, "caller %u", i);
        struct limit_op op = rate(key, 60, 9);
        CHECK_INT(decide(s, 1, START_US + 2 * SECOND_US, &op, 1), STORE_PASSED);
        CHECK_INT(op.remaining, 9);
    }
    store_free(s);
}

/* ---- quotas ---- */

enum { HOUR_MS = 3600000 };
#define HOUR_BEGAN ((uint64_t)1790002800000 / HOUR_MS * HOUR_MS)

static struct limit_op quota(const char *key, uint64_t count, uint64_t now_ms)
{
    uint64_t began = now_ms / HOUR_MS * HOUR_MS;
    return (struct limit_op){ .kind = LIMIT_QUOTA,
                              .key = str_c(key),
                              .count = count,
                              .periods_ms = { began, began + HOUR_MS, began + 2 * HOUR_MS },
                              .cost = 1 };
}

static int decide_at(struct store *s, uint64_t wall_ms, struct limit_op *op, int64_t cost)
{
    op->cost = cost;
    struct ask_store ask = { .ops = op, .ops_count = 1 };
    store_decide(s, 1, (struct store_time){ START_US, wall_ms }, &ask);
    return (int)ask.result;
}

static void settle_at(struct store *s, uint64_t wall_ms, struct limit_op op, int64_t cost)
{
    op.cost = cost;
    struct ask_store ask = { .ops = &op, .ops_count = 1, .settle = true };
    store_decide(s, 1, (struct store_time){ START_US, wall_ms }, &ask);
}

TEST("a quota is spent once in a period, and there again in the next")
{
    struct store *s = store_new();
    uint64_t t = HOUR_BEGAN + 1000;
    struct limit_op op = quota("q", 1000000, t);
    CHECK_INT(decide_at(s, t, &op, 999999), STORE_PASSED);
    CHECK_INT(op.remaining, 1);
    CHECK_INT(op.reset_ms, HOUR_MS - 1000);
    CHECK_INT(op.period_start_ms, HOUR_BEGAN);
    CHECK_INT(decide_at(s, t, &op, 2), STORE_REFUSED);
    CHECK_INT(op.remaining, 1);
    CHECK_INT(op.retry_ms, HOUR_MS - 1000);
    CHECK_INT(decide_at(s, t, &op, 1000001), STORE_REFUSED);
    CHECK(op.retry_ms == UINT64_MAX);
    CHECK_INT(decide_at(s, t, &op, 1), STORE_PASSED);
    CHECK_INT(decide_at(s, HOUR_BEGAN + HOUR_MS - 1, &op, 1), STORE_REFUSED);
    CHECK_INT(op.retry_ms, 1);
    CHECK_INT(decide_at(s, HOUR_BEGAN + HOUR_MS, &op, 1), STORE_PASSED); /* its clock is the one that counts */
    CHECK_INT(op.period_start_ms, HOUR_BEGAN + HOUR_MS);
    CHECK_INT(op.remaining, 999999);
    store_free(s);
}

TEST("a gateway's clock that is ahead or behind neither ends nor begins a period")
{
    struct store *s = store_new();
    uint64_t t = HOUR_BEGAN + HOUR_MS - 1000;
    struct limit_op right = quota("q", 10, t), ahead = quota("q", 10, t + 2000);
    CHECK_INT(decide_at(s, t, &right, 4), STORE_PASSED);
    CHECK_INT(decide_at(s, t, &ahead, 4), STORE_PASSED);
    CHECK_INT(ahead.remaining, 2);
    settle_at(s, t, ahead, -4); /* where it was charged */
    CHECK_INT(decide_at(s, t, &right, 6), STORE_PASSED);
    CHECK_INT(decide_at(s, t + 1000, &right, 7), STORE_PASSED); /* behind: its second period has begun */
    CHECK_INT(right.remaining, 3);
    struct limit_op later = quota("q", 10, t + 1000);
    CHECK_INT(decide_at(s, t + 1000, &later, 4), STORE_REFUSED);
    CHECK_INT(decide_at(s, t, &right, 4), STORE_REFUSED); /* the clock went back: the period does not */
    store_free(s);
}

TEST("a settle charges where the reservation was, and nothing when that is over")
{
    struct store *s = store_new();
    uint64_t t = HOUR_BEGAN + 1000, next = t + HOUR_MS;
    struct limit_op op = quota("q", 100, t);
    CHECK_INT(decide_at(s, t, &op, 50), STORE_PASSED);
    struct limit_op spent = op;
    settle_at(s, t, spent, 80);
    CHECK_INT(decide_at(s, t, &op, 0), STORE_REFUSED);
    settle_at(s, t, spent, -31);
    CHECK_INT(decide_at(s, t, &op, 0), STORE_PASSED);
    CHECK_INT(op.remaining, 1);
    struct limit_op fresh = quota("q", 100, next);
    CHECK_INT(decide_at(s, next, &fresh, 10), STORE_PASSED);
    settle_at(s, next, spent, 40);
    settle_at(s, next, spent, -40);
    CHECK_INT(decide_at(s, next, &fresh, 0), STORE_PASSED);
    CHECK_INT(fresh.remaining, 90);
    fresh.period_start_ms = 0;
    settle_at(s, next, fresh, 5);
    CHECK_INT(decide_at(s, next, &fresh, 0), STORE_PASSED);
    CHECK_INT(fresh.remaining, 85);
    fresh.period_start_ms = 0;
    settle_at(s, next, fresh, -500);
    CHECK_INT(decide_at(s, next, &fresh, 0), STORE_PASSED);
    CHECK_INT(fresh.remaining, 100); /* never above the ceiling */
    fresh = quota("never seen", 100, next);
    settle_at(s, next, fresh, -5);
    CHECK_INT(decide_at(s, next, &fresh, 100), STORE_PASSED);
    store_free(s);
}

TEST("a settle charges above the limit, and who asks waits until that has flowed off")
{
    struct store *s = store_new();
    struct limit_op r = rate("r", 10, 9), h = hold("h", 1);
    settle(s, 1, START_US, r, 12);
    CHECK_INT(decide(s, 1, START_US, &r, 1), STORE_REFUSED);
    CHECK_INT(r.remaining, 0);
    CHECK_INT(r.retry_ms, 18000);
    CHECK_INT(r.reset_ms, 72000);
    settle(s, 1, START_US, r, -3);
    CHECK_INT(decide(s, 1, START_US, &r, 1), STORE_PASSED);
    CHECK_INT(r.remaining, 0);
    settle(s, 1, START_US, h, 2);
    settle(s, 1, START_US, h, -1);
    CHECK_INT(decide(s, 1, START_US, &h, 1), STORE_REFUSED);
    settle(s, 1, START_US, h, -1);
    CHECK_INT(decide(s, 1, START_US, &h, 1), STORE_PASSED);
    store_free(s);
}

TEST("the order of settles does not matter, and what is spent is never negative or lost")
{
    uint64_t seed = 11, t = HOUR_BEGAN + 1000;
    for (unsigned round = 0; round < 300; round++) {
        struct store *s = store_new();
        struct limit_op op[2] = { quota("q", 1000000, t), rate("r", 1000000, 999999) };
        op[1].period_ms = 1000000;
        int64_t steps[16], sum = 500000;
        for (unsigned i = 0; i < 16; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            steps[i] = (int64_t)((seed >> 33) % 60001) - 30000;
            sum += steps[i];
        }
        for (unsigned k = 0; k < 2; k++) {
            CHECK_INT(decide_at(s, t, &op[k], 500000), STORE_PASSED);
            for (unsigned i = 0; i < 16; i++) /* every round in another order */
                settle_at(s, t, op[k], steps[(i * (2 * round + 1) + round) % 16]);
            CHECK_INT(decide_at(s, t, &op[k], 0), STORE_PASSED);
            CHECK_INT(op[k].remaining, 1000000 - sum);
        }
        store_free(s);
    }
}

/* Four processes ask for the same few limits as fast as they can; what passed is counted in shared memory. */
enum { WORKERS = 4, KEYS = 5, ROUNDS = 30000, RATE_COUNT = 1000, HOLD_COUNT = 3 };
struct shared {
    _Atomic unsigned passed[KEYS], spent[KEYS], inside[KEYS], too_many, started;
};

static void compete(struct store *s, struct shared *shared, unsigned row, bool never_stop)
{
    for (unsigned i = 0; never_stop || i < ROUNDS; i++) {
        char rate_key[32], hold_key[32], one_time[32];
        unsigned k = (i + row) % KEYS;
        snprintf(rate_key, sizeof rate_key, "rate %u", k);
        snprintf(hold_key, sizeof hold_key, "hold %u", k);
        snprintf(one_time, sizeof one_time, "once %u", i / 3); /* new keys, met by all at about the same time */
        struct limit_op q = quota(rate_key, RATE_COUNT, HOUR_BEGAN);
        struct ask_store spend = { .ops = &q, .ops_count = 1 };
        store_decide(s, row, (struct store_time){ START_US, HOUR_BEGAN }, &spend);
        atomic_fetch_add(&shared->spent[k], spend.result == STORE_PASSED);
        struct limit_op ops[] = { rate(rate_key, RATE_COUNT, RATE_COUNT - 1), hold(hold_key, HOLD_COUNT),
                                  rate(one_time, 60, 50) };
        atomic_store(&shared->started, 1);
        if (decide(s, row, START_US, ops, never_stop ? 2 : 3) == STORE_PASSED) {
            atomic_fetch_add(&shared->passed[k], 1);
            if (!never_stop && atomic_fetch_add(&shared->inside[k], 1) >= HOLD_COUNT)
                atomic_fetch_add(&shared->too_many, 1);
            if (!never_stop)
                atomic_fetch_sub(&shared->inside[k], 1);
            settle(s, row, START_US, ops[1], -1);
        } else {
            struct limit_op h = hold(hold_key, HOLD_COUNT);
            if (decide(s, row, START_US, &h, 1) == STORE_PASSED)
                settle(s, row, START_US, h, -1);
        }
    }
}

/* Nobody is inside any more, and the places are as many as they were. */
static void check_all_free(struct store *s, unsigned k)
{
    char key[32];
    snprintf(key, sizeof key, "hold %u", k);
    struct limit_op h = hold(key, HOLD_COUNT);
    for (int i = 0; i < HOLD_COUNT; i++)
        CHECK_INT(decide(s, 9, START_US, &h, 1), STORE_PASSED);
    CHECK_INT(decide(s, 9, START_US, &h, 1), STORE_REFUSED);
}

static struct shared *shared_new(void)
{
    void *at = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(at != MAP_FAILED);
    return at;
}

TEST("workers that compete never exceed a limit together")
{
    struct store *s = store_new();
    struct shared *shared = shared_new();
    pid_t pids[WORKERS];
    for (unsigned w = 0; w < WORKERS; w++)
        if ((pids[w] = fork()) == 0) {
            compete(s, shared, w + 1, false);
            _exit(0);
        }
    for (unsigned w = 0; w < WORKERS; w++) {
        int status = 1;
        CHECK(waitpid(pids[w], &status, 0) == pids[w] && status == 0);
    }
    CHECK_INT(shared->too_many, 0);
    for (unsigned k = 0; k < KEYS; k++) {
        CHECK_INT(shared->passed[k], RATE_COUNT); /* all of it, and not one more */
        CHECK_INT(shared->spent[k], RATE_COUNT);
        check_all_free(s, k);
    }
    munmap(shared, sizeof *shared);
    store_free(s);
}

TEST("workers that are killed in the middle leave nothing behind")
{
    for (unsigned round = 0; round < 60; round++) {
        struct store *s = store_new();
        struct shared *shared = shared_new();
        pid_t pids[2];
        for (unsigned w = 0; w < 2; w++)
            if ((pids[w] = fork()) == 0) {
                compete(s, shared, w + 1, true);
                _exit(0);
            }
        while (!atomic_load(&shared->started))
            usleep(100);
        usleep(500 + round * 37);
        for (unsigned w = 0; w < 2; w++) {
            kill(pids[w], SIGKILL);
            waitpid(pids[w], NULL, 0);
        }
        for (unsigned w = 0; w < 2; w++)
            store_forget_row(s, w + 1, START_US);
        for (unsigned k = 0; k < KEYS; k++)
            check_all_free(s, k);
        munmap(shared, sizeof *shared);
        store_free(s);
    }
}

static unsigned answers;
static void answered(struct ask *ask)
{
    (void)ask;
    answers++;
}

TEST("an answer comes later in the turn, a cancelled ask is never answered or charged")
{
    struct store *s = store_new();
    struct loop *loop = loop_new();
    struct store_client c;
    store_client_init(&c, s, loop, 1);
    struct limit_op first = hold("h", 1), second = hold("h", 1);
    struct ask_store a = { .ask.answered = answered, .ops = &first, .ops_count = 1 };
    struct ask_store b = { .ask.answered = answered, .ops = &second, .ops_count = 1 };
    store_client_ask(&c, &a);
    store_client_ask(&c, &b);
    CHECK_INT(answers, 0);
    a.ask.drop(&a.ask);
    loop_turn(loop, 0);
    CHECK_INT(answers, 1);
    CHECK(b.result == STORE_PASSED && !b.ask.is_open);
    struct ask_store give = { .ops = &second, .ops_count = 1, .settle = true };
    second.cost = -1;
    store_client_ask(&c, &give);
    store_client_ask(&c, &a);
    loop_turn(loop, 0);
    CHECK_INT(answers, 2);
    CHECK(a.result == STORE_PASSED);
    store_client_finish(&c);
    loop_free(loop);
    store_free(s);
}

static void tell(struct known *k, uint64_t server, uint64_t spent_us)
{
    uint32_t at = 0;
    k->server = server;
    known_meet(k->memory, server, 0);
    known_tell(k, (struct level){ k->now.us + spent_us, 0 }, &at);
}

TEST("what the server that told last says of a bucket counts, also when it is nothing")
{
    struct store *s = store_new();
    struct limit_op op = rate("b", 60, 59);
    struct known k = { .memory = s, .row = 1, .now = { START_US, WALL_MS }, .op = &op, .hash = 12345 };
    struct level level;
    bool is_old;
    tell(&k, 7, 10 * SECOND_US);
    tell(&k, 9, 10 * SECOND_US);
    CHECK(known_find(&k, &level, &is_old) && !is_old);
    tell(&k, 9, 0); /* what was taken has been given back there */
    CHECK(!known_find(&k, &level, &is_old));
    k.server = 11; /* to whom the same is told */
    CHECK(!known_find(&k, &level, &is_old));
    tell(&k, 9, 5 * SECOND_US);
    k.server = 11;
    CHECK(known_find(&k, &level, &is_old) && is_old);
    CHECK_INT(level.x, START_US + 5 * SECOND_US);
    store_free(s);
}
