/* test_store_shared.c - gateways that share a store: what they admit together, in health and through outages of every
 * kind. */
#include "tests/harness/check.h"
#include "proxy/edge/store/left.h"
#include "tests/unit/store_stage.h"

static uint64_t seed = 17;
static uint64_t random_below(uint64_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % n;
}

/* ---- one ask at a time ---- */

struct asked {
    struct ask_store ask;
    struct limit_op ops[4];
    unsigned answers;
};

static void answered(struct ask *ask)
{
    CONTAINER_OF(CONTAINER_OF(ask, struct ask_store, ask), struct asked, ask)->answers++;
}

static void ask_begin(struct asked *a, unsigned worker, const struct limit_op *ops, size_t n)
{
    *a = (struct asked){ .ask = { .ask.answered = answered, .ops_count = n } };
    memcpy(a->ops, ops, n * sizeof *ops);
    a->ask.ops = a->ops;
    shared_ask(stage_workers[worker], &a->ask);
    CHECK_INT(a->answers, 0);
}

static int ask_one(unsigned worker, struct limit_op *op)
{
    struct asked a;
    ask_begin(&a, worker, op, 1);
    stage_wait_us(2 * stage_clients[worker].latency_us + 1000);
    CHECK_INT(a.answers, 1);
    struct str key = op->key;
    *op = a.ops[0];
    op->key = key;
    return (int)a.ask.result;
}

static void settle(unsigned worker, struct limit_op op, int64_t cost)
{
    op.cost = cost;
    struct ask_store ask = { .ops = &op, .ops_count = 1, .settle = true };
    shared_ask(stage_workers[worker], &ask);
}

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

static struct limit_op quota(const char *key, uint64_t count)
{
    uint64_t hour = 3600000, now = (STAGE_EPOCH_US + stage_us) / 1000 / hour * hour;
    return (struct limit_op){ .kind = LIMIT_QUOTA,
                              .key = str_c(key),
                              .count = count,
                              .periods_ms = { now, now + hour, now + 2 * hour },
                              .cost = 1 };
}

TEST("six workers of three gateways share a rate, a quota and places, to the last one")
{
    stage_begin(300);
    stage_wait_us(5000);
    struct limit_op kinds[] = { rate("r", 20, 19), quota("q", 20), hold("h", 20) };
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        for (unsigned i = 0; i < 20; i++) {
            struct limit_op op = kinds[k];
            CHECK_INT(ask_one(i % STAGE_ALL, &op), STORE_PASSED);
            CHECK(op.allowed && !op.is_local);
            CHECK_INT(op.remaining, 19 - i);
        }
        for (unsigned i = 0; i < STAGE_ALL; i++) {
            struct limit_op op = kinds[k];
            CHECK_INT(ask_one(i, &op), STORE_REFUSED);
            CHECK(!op.allowed && op.retry_ms > 0);
        }
    }
    settle(3, kinds[2], -1);
    stage_wait_us(100000);
    CHECK_INT(ask_one(1, &kinds[2]), STORE_PASSED);
    stage_end();
}

TEST("who leaves a place hands it on to who asks next, while the store has not heard of it")
{
    stage_begin(2000);
    stage_wait_us(10000);
    struct limit_op h = hold("h", 5);
    for (unsigned i = 0; i < 5; i++)
        CHECK_INT(ask_one(0, &h), STORE_PASSED);
    for (unsigned i = 0; i < 20; i++) {
        settle(0, h, -1);
        stage_wait_us(500); /* the first batch is on its way, and takes longer */
        settle(0, h, -1);
        struct asked two[2];
        ask_begin(&two[0], 0, &h, 1);
        ask_begin(&two[1], 0, &h, 1);
        stage_wait_us(20000);
        CHECK(two[0].ask.result == STORE_PASSED && two[1].ask.result == STORE_PASSED);
        CHECK_INT(ask_one(0, &h), STORE_REFUSED);
        CHECK_INT(ask_one(1, &h), STORE_REFUSED);
        stage_wait_us(100000);
    }
    struct limit_op both[] = { h, rate("r", 1, 0) };
    CHECK_INT(ask_one(1, &both[1]), STORE_PASSED);
    settle(0, h, -1);
    settle(0, h, -1);
    struct asked a;
    ask_begin(&a, 0, both, 2); /* handed on, and refused for the other's sake: free again */
    stage_wait_us(100000);
    CHECK(a.ask.result == STORE_REFUSED);
    CHECK_INT(ask_one(1, &h), STORE_PASSED);
    CHECK_INT(ask_one(1, &h), STORE_PASSED);
    CHECK_INT(ask_one(1, &h), STORE_REFUSED);
    stage_end();
}

TEST("a flood of what cannot pass costs the store nothing")
{
    stage_begin(300);
    stage_wait_us(5000);
    struct limit_op op = rate("r", 60, 0);
    CHECK_INT(ask_one(0, &op), STORE_PASSED);
    CHECK_INT(ask_one(0, &op), STORE_REFUSED);
    unsigned before = stage_scripts;
    for (unsigned i = 0; i < 500; i++) {
        CHECK_INT(ask_one(0, &op), STORE_REFUSED);
        CHECK(op.is_local && op.retry_ms >= 1 && op.retry_ms <= 1000);
        stage_wait_us(100);
    }
    CHECK_INT(stage_scripts, before);
    struct limit_op both[] = { rate("other", 100, 99), rate("r", 60, 0) };
    struct asked a;
    ask_begin(&a, 0, both, 2);
    stage_wait_us(1000);
    CHECK(a.ask.result == STORE_REFUSED && a.ops[0].allowed && !a.ops[1].allowed);
    stage_wait_us(1000000);
    CHECK_INT(ask_one(0, &op), STORE_PASSED);
    CHECK_INT(ask_one(0, &op), STORE_REFUSED);
    settle(0, op, -1); /* what this worker gives back, it does not wait for */
    stage_wait_us(5000);
    CHECK_INT(ask_one(0, &op), STORE_PASSED);
    stage_end();
}

TEST("a cancelled ask is never answered, and what it took is given back")
{
    stage_begin(2000);
    stage_wait_us(10000);
    struct limit_op ops[] = { rate("r", 5, 4), hold("h", 1), quota("q", 5) };
    for (unsigned i = 0; i < 50; i++) {
        struct asked a;
        ask_begin(&a, i % 2, ops, 3);
        stage_wait_us(i % 3 == 0 ? 0 : 1000); /* before it is sent, and after */
        a.ask.ask.drop(&a.ask.ask);
        stage_wait_us(20000);
        CHECK_INT(a.answers, 0);
    }
    struct asked a;
    ask_begin(&a, 2, ops, 3);
    stage_wait_us(10000);
    CHECK(a.answers == 1 && a.ask.result == STORE_PASSED);
    CHECK_INT(a.ops[0].remaining, 4);
    CHECK_INT(a.ops[2].remaining, 4);
    stage_end();
}

TEST("settles come home once, whatever is lost on the way, in whatever order")
{
    for (unsigned round = 0; round < 40; round++) {
        stage_begin(1000);
        stage_wait_us(10000);
        struct limit_op r = rate("r", 1000000, 999999), q = quota("q", 1000000);
        r.period_ms = 100000000000;
        r.cost = q.cost = 500000;
        CHECK_INT(ask_one(0, &r), STORE_PASSED);
        CHECK_INT(ask_one(0, &q), STORE_PASSED);
        int64_t sum = 500000;
        for (unsigned i = 0; i < 60; i++) {
            unsigned worker = (unsigned)random_below(STAGE_ALL);
            int64_t cost = (int64_t)random_below(8001) - 4000;
            settle(worker, r, cost);
            settle(worker, q, cost);
            sum += cost;
            stage_wait_us(random_below(2500));
            struct resp_client *c = &stage_clients[random_below(STAGE_ALL)];
            if (c->is_up && random_below(3) == 0)
                stage_cut(c, random_below(2));
            else if (!c->is_up)
                stage_connect(c);
        }
        for (unsigned i = 0; i < STAGE_ALL; i++)
            if (!stage_clients[i].is_up)
                stage_connect(&stage_clients[i]);
        stage_wait_us(1000000);
        r.cost = q.cost = 0;
        CHECK_INT(ask_one(1, &r), STORE_PASSED);
        CHECK_INT(ask_one(1, &q), STORE_PASSED);
        CHECK_INT(q.remaining, 1000000 - sum);
        CHECK(r.remaining >= (uint64_t)(1000000 - sum) &&
              r.remaining <= (uint64_t)(1000000 - sum) + 40); /* what flowed in */
        stage_end();
    }
}

TEST("a settle charges above the limit; while the store is away the share too")
{
    stage_begin(1000);
    stage_wait_us(10000);
    struct limit_op r = rate("r", 100, 99), q = quota("q", 90);
    settle(0, r, 130);
    settle(0, q, 30);
    stage_wait_us(10000);
    CHECK_INT(ask_one(1, &q), STORE_PASSED);
    CHECK_INT(q.remaining, 59);
    CHECK_INT(ask_one(1, &r), STORE_REFUSED);
    CHECK(r.retry_ms > 17000 && r.retry_ms <= 18600);
    stage_cut(&stage_clients[0], false);
    q = quota("fresh", 90); /* of which 30 are this gateway's */
    settle(0, q, 29);
    CHECK_INT(ask_one(0, &q), STORE_PASSED);
    CHECK(q.is_local && !q.remaining);
    CHECK_INT(ask_one(0, &q), STORE_REFUSED);
    stage_end();
}

/* ---- outages ---- */

static void cut_all(void)
{
    for (unsigned i = 0; i < STAGE_ALL; i++)
        if (stage_clients[i].is_up)
            stage_cut(&stage_clients[i], false);
}

static void connect_all(void)
{
    for (unsigned i = 0; i < STAGE_ALL; i++)
        if (!stage_clients[i].is_up)
            stage_connect(&stage_clients[i]);
}

TEST("while the store is away each limit does what it says")
{
    stage_begin(300);
    stage_wait_us(5000);
    stage_wait_us(3000000);
    cut_all();
    struct limit_op op = rate("r", 30, 29);
    op.on_down = DOWN_REFUSE;
    CHECK_INT(ask_one(0, &op), STORE_DOWN);
    op.soft = true;
    CHECK_INT(ask_one(0, &op), STORE_PASSED);
    op = rate("r", 1, 0);
    op.on_down = DOWN_ALLOW;
    for (unsigned i = 0; i < 100; i++)
        CHECK_INT(ask_one(0, &op), STORE_PASSED);
    for (unsigned w = 0; w < STAGE_ALL; w += STAGE_WORKERS) { /* a third for each gateway, whichever worker asks */
        unsigned passed = 0;
        for (unsigned i = 0; i < 40; i++) {
            op = rate("shared", 30, 29);
            passed += ask_one(w + i % STAGE_WORKERS, &op) == STORE_PASSED;
            CHECK(op.is_local);
        }
        CHECK_INT(passed, 10);
    }
    op = quota("q", 31);
    unsigned passed = 0;
    for (unsigned i = 0; i < 40; i++)
        passed += ask_one(0, &op) == STORE_PASSED;
    CHECK_INT(passed, 10);
    op = hold("h", 9);
    passed = 0;
    for (unsigned i = 0; i < 9; i++)
        passed += ask_one(i % 2, &op) == STORE_PASSED;
    CHECK_INT(passed, 3);
    stage_end();
}

TEST("one request that is larger than the share passes when nothing of the share is spent")
{
    stage_begin(300);
    stage_wait_us(5000);
    cut_all();
    struct limit_op op = rate("r", 60000, 59999);
    op.cost = 50000;
    CHECK_INT(ask_one(0, &op), STORE_PASSED);
    CHECK_INT(ask_one(0, &op), STORE_REFUSED);
    op.cost = 60001;
    CHECK_INT(ask_one(2, &op), STORE_REFUSED);
    CHECK(op.retry_ms == UINT64_MAX);
    op = quota("q", 60000);
    op.cost = 50000;
    CHECK_INT(ask_one(0, &op), STORE_PASSED);
    op.cost = 1;
    CHECK_INT(ask_one(0, &op), STORE_REFUSED);
    stage_end();
}

TEST("a share begins with what was left, and what it let pass is charged afterwards")
{
    stage_begin(300);
    stage_wait_us(5000);
    for (unsigned i = 0; i < 24; i++) {
        struct limit_op r = rate("r", 30, 29), q = quota("q", 30);
        CHECK_INT(ask_one(i % STAGE_ALL, &r), STORE_PASSED);
        CHECK_INT(ask_one(i % STAGE_ALL, &q), STORE_PASSED);
    }
    cut_all();
    unsigned rates = 0, quotas = 0;
    for (unsigned i = 0; i < 60; i++) {
        struct limit_op r = rate("r", 30, 29), q = quota("q", 30);
        rates += ask_one(i % STAGE_ALL, &r) == STORE_PASSED;
        quotas += ask_one(i % STAGE_ALL, &q) == STORE_PASSED;
    }
    CHECK(rates >= 3 && rates <= 9); /* six were left; each began with what it had seen itself */
    CHECK(quotas >= 3 && quotas <= 9);
    connect_all();
    stage_wait_us(20000);
    struct limit_op q = quota("q", 1000), r = rate("r", 30, 999); /* the same buckets, with more room to look */
    q.cost = r.cost = 0;
    CHECK_INT(ask_one(0, &q), STORE_PASSED);
    CHECK_INT(q.remaining, 1000 - 24 - quotas);
    CHECK_INT(ask_one(0, &r), STORE_PASSED);
    CHECK(r.remaining >= 1000 - 24 - rates && r.remaining <= 1000 - 24 - rates + 1);
    stage_end();
}

TEST("a store that lost everything is told what the gateways knew, before they ask again")
{
    stage_begin(300);
    stage_wait_us(5000);
    for (unsigned i = 0; i < 30; i++) {
        struct limit_op r = rate("r", 30, 29), q = quota("q", 30), h = hold("h", 30);
        CHECK_INT(ask_one(i % STAGE_ALL, &r), STORE_PASSED);
        CHECK_INT(ask_one(i % STAGE_ALL, &q), STORE_PASSED);
        CHECK_INT(ask_one(i % STAGE_ALL, &h), STORE_PASSED);
    }
    cut_all();
    model_clear(stage_server);
    stage_run++;
    stage_wait_us(100000);
    connect_all();
    stage_wait_us(50000);
    for (unsigned i = 0; i < STAGE_ALL; i++) {
        struct limit_op r = rate("r", 30, 29), q = quota("q", 30), h = hold("h", 30);
        CHECK_INT(ask_one(i, &r), STORE_REFUSED);
        CHECK_INT(ask_one(i, &q), STORE_REFUSED);
        CHECK_INT(ask_one(i, &h), STORE_REFUSED);
    }
    model_clear(stage_server); /* emptied while we are connected: the next greeting notices */
    stage_run++;
    stage_wait_us(SHARED_HELLO_MS * 1000 + 600000);
    struct limit_op q = quota("q", 30), h = hold("h", 30);
    CHECK_INT(ask_one(4, &q), STORE_REFUSED);
    CHECK_INT(ask_one(4, &h), STORE_REFUSED);
    stage_end();
}

static void replace_all(bool crashed)
{
    for (unsigned i = 0; i < STAGE_ALL; i++)
        stage_replace_worker(i, crashed);
}

TEST("a store that comes back as another one is asked again, however many buckets it is told")
{
    static char keys[30][8];
    stage_begin(300);
    stage_wait_us(5000);
    struct limit_op op;
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        snprintf(keys[i], sizeof keys[i], "k%u", i);
        op = rate(keys[i], 30, 29);
        op.on_down = DOWN_REFUSE;
        CHECK_INT(ask_one(0, &op), STORE_PASSED);
    }
    cut_all();
    model_clear(stage_server);
    stage_run++;
    stage_wait_us(10000);
    connect_all();
    stage_wait_us(100000);
    op = rate(keys[0], 30, 29);
    op.on_down = DOWN_REFUSE;
    CHECK_INT(ask_one(0, &op), STORE_PASSED);
    CHECK(!op.is_local);
    CHECK_INT(op.remaining, 28);
    stage_end();
}

TEST("workers that begin during an outage know what those before them had heard")
{
    for (unsigned crashed = 0; crashed < 2; crashed++)
        for (unsigned heard = 0; heard < 2; heard++) { /* by the worker of the same place, or by the other one of the gateway */
            stage_begin(300);
            stage_wait_us(5000);
            for (unsigned i = 0; i < 36; i++) {
                struct limit_op r = rate("r", 30, 29), q = quota("q", 30);
                ask_one(i % STAGE_GATEWAYS * STAGE_WORKERS + heard, &r);
                ask_one(i % STAGE_GATEWAYS * STAGE_WORKERS + heard, &q);
            }
            cut_all();
            replace_all(crashed);
            stage_wait_us(10000);
            for (unsigned i = 0; i < STAGE_ALL; i++) {
                struct limit_op r = rate("r", 30, 29), q = quota("q", 30);
                CHECK_INT(ask_one(i, &r), STORE_REFUSED);
                CHECK_INT(ask_one(i, &q), STORE_REFUSED);
            }
            stage_end();
        }
}

TEST("what a worker owes that ends while the store is away is brought home by another one, once")
{
    stage_begin(300);
    stage_wait_us(5000);
    struct limit_op ops[] = { rate("r", 1000, 999), quota("q", 1000) }, op;
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        op = ops[i];
        op.cost = 100;
        CHECK_INT(ask_one(0, &op), STORE_PASSED);
    }
    for (unsigned i = 0; i < STAGE_ALL; i++)
        stage_cut(&stage_clients[i], false);
    for (unsigned times = 0; times < 3; times++) {
        for (size_t i = 0; i < ARRAY_LEN(ops); i++)
            settle(0, ops[i], 10);
        stage_replace_worker(0, false);
        stage_wait_us(times * 600000); /* the last is taken over by who came, or by the worker beside it */
    }
    settle(0, ops[1], 7);
    stage_replace_worker(0, true); /* a crash is as a quiet end here */
    stage_replace_worker(1, false);
    stage_wait_us(600000);
    for (unsigned i = 0; i < STAGE_ALL; i++)
        stage_connect(&stage_clients[i]);
    stage_wait_us(2000000);
    CHECK(!left_any(stage_memory[0]));
    op = ops[1];
    CHECK_INT(ask_one(4, &op), STORE_PASSED);
    CHECK_INT(op.remaining, 1000 - 100 - 37 - 1);
    op = ops[0];
    CHECK_INT(ask_one(4, &op), STORE_PASSED);
    CHECK(op.remaining >= 1000 - 100 - 30 - 1 && op.remaining < 1000 - 30); /* it flows */
    stage_end();
}

TEST("what is taken over waits until it can be brought home, and leaves a limit that has changed since as it is")
{
    stage_begin(300);
    stage_wait_us(105000);
    struct limit_op before = rate("r", 1000, 999), now = rate("r", 100000, 99999);
    before.period_ms = now.period_ms = 86400000; /* so that hardly any flows */
    now.cost = 1000;
    CHECK_INT(ask_one(1, &now), STORE_PASSED);
    for (unsigned i = 0; i < STAGE_WORKERS; i++)
        stage_cut(&stage_clients[i], false);
    settle(0, before, 10);
    settle(1, now, 10);
    stage_replace_worker(0, true);
    stage_wait_us(450000); /* the worker beside it has looked, the new one not yet */
    CHECK(left_any(stage_memory[0]));
    stage_connect(&stage_clients[1]);
    now.cost = 1;
    stage_wait_us(1500);
    CHECK_INT(ask_one(1, &now), STORE_PASSED); /* which knows of it at once */
    CHECK(!left_any(stage_memory[0]) && !now.is_local);
    CHECK(now.remaining >= 100000 - 1000 - 20 - 1 && now.remaining <= 100000 - 1000 - 20);
    stage_end();
}

TEST("a store that comes back empty is told also what workers knew that are gone")
{
    for (unsigned asked = 0; asked < 2; asked++) { /* also during the outage, or only afterwards */
        stage_begin(300);
        stage_wait_us(5000);
        for (unsigned i = 0; i < 30; i++) {
            struct limit_op r = rate("r", 30, 29), q = quota("q", 30);
            CHECK_INT(ask_one(i % STAGE_ALL, &r), STORE_PASSED);
            CHECK_INT(ask_one(i % STAGE_ALL, &q), STORE_PASSED);
        }
        cut_all();
        model_clear(stage_server);
        stage_run++;
        replace_all(false);
        stage_wait_us(10000);
        struct limit_op r = rate("r", 30, 29), q = quota("q", 30);
        if (asked)
            CHECK_INT(ask_one(STAGE_ALL - 1, &r), STORE_REFUSED);
        connect_all();
        stage_wait_us(50000);
        for (unsigned i = 0; i < 2 * STAGE_ALL; i++) { /* the last one to hear of it was of the third gateway */
            unsigned worker = (STAGE_ALL - 1 + i) % STAGE_ALL;
            CHECK_INT(ask_one(worker, &r), STORE_REFUSED);
            CHECK_INT(ask_one(worker, &q), STORE_REFUSED);
        }
        stage_replace_worker(0, false); /* in health, of a server that it meets for the first time */
        stage_connect(&stage_clients[0]);
        stage_wait_us(10000);
        CHECK_INT(ask_one(0, &q), STORE_REFUSED);
        CHECK(!q.is_local);
        stage_end();
    }
}

TEST("a store that is emptied while it is asked is noticed by the next question")
{
    for (unsigned settled = 0; settled < 2; settled++) {
        stage_begin(300);
        stage_wait_us(5000);
        for (unsigned i = 0; i < 30; i++) {
            struct limit_op q = quota("q", 30);
            CHECK_INT(ask_one(i % STAGE_ALL, &q), STORE_PASSED);
        }
        model_clear(stage_server); /* the same server, without its keys */
        struct limit_op other = quota("other", 1000), q = quota("q", 1000);
        if (settled) { /* what is charged now is not lost either */
            settle(5, q, 7);
            stage_wait_us(10000);
        }
        CHECK_INT(ask_one(5, &other), STORE_PASSED);
        stage_wait_us(10000);
        q.cost = 0;
        CHECK_INT(ask_one(5, &q), STORE_PASSED);
        CHECK(!q.is_local);
        CHECK_INT(q.remaining, 1000 - 30 - 7 * settled);
        stage_end();
    }
}

TEST("a store that dropped one bucket is told it again, if that was before its time")
{
    struct limit_op kinds[] = { rate("r", 30, 29), quota("q", 30) };
    for (size_t round = 0; round < 3 * ARRAY_LEN(kinds); round++) {
        size_t k = round % 2;
        int settled = (int)round / 2 - 1; /* before anybody asks */
        stage_begin(300);
        stage_wait_us(5000);
        struct limit_op q = quota("q", 30), op = k ? q : kinds[0];
        for (unsigned i = 0; i < 20; i++) {
            struct limit_op one = op;
            CHECK_INT(ask_one(i % STAGE_ALL, &one), STORE_PASSED);
        }
        model_drop(stage_server, k ? STR("{play}q:q") : STR("{play}r:r"));
        if (settled) {
            settle(1, op, settled);
            stage_wait_us(5000);
        }
        unsigned passed = 0;
        struct asked at_once[3];
        for (unsigned i = 0; i < ARRAY_LEN(at_once); i++)
            ask_begin(&at_once[i], 1, &op, 1);
        stage_wait_us(5000);
        for (unsigned i = 0; i < ARRAY_LEN(at_once); i++)
            passed += at_once[i].ask.result == STORE_PASSED;
        for (unsigned i = 0; i < 60; i++) {
            struct limit_op one = op;
            passed += ask_one(1, &one) == STORE_PASSED;
        }
        int left = 10 - settled;
        CHECK((int)passed >= left && (int)passed <= left + 4); /* the last four were other gateways' */
        stage_wait_us(3ull * 3600 * 1000000); /* dropped since its time has come: nothing to tell */
        op = k ? quota("q", 30) : kinds[0];
        CHECK_INT(ask_one(1, &op), STORE_PASSED);
        CHECK_INT(op.remaining, 29);
        stage_end();
    }
}

TEST("the places of a gateway that died are free again, those of one that lives are not")
{
    stage_begin(300);
    stage_wait_us(5000);
    struct limit_op h = hold("h", 4);
    CHECK_INT(ask_one(0, &h), STORE_PASSED);
    CHECK_INT(ask_one(0, &h), STORE_PASSED);
    CHECK_INT(ask_one(2, &h), STORE_PASSED);
    CHECK_INT(ask_one(2, &h), STORE_PASSED);
    stage_cut(&stage_clients[2], false); /* for good */
    CHECK_INT(ask_one(4, &h), STORE_REFUSED);
    stage_wait_us(SHARED_HOLD_MS * 1000 + 1000000);
    CHECK_INT(ask_one(4, &h), STORE_PASSED);
    CHECK_INT(ask_one(4, &h), STORE_PASSED);
    CHECK_INT(ask_one(4, &h), STORE_REFUSED);
    stage_wait_us(SHARED_HOLD_MS * 3000); /* the others are still there */
    CHECK_INT(ask_one(4, &h), STORE_REFUSED);
    settle(0, h, -1);
    stage_wait_us(50000);
    CHECK_INT(ask_one(4, &h), STORE_PASSED);
    stage_end();
}

/* ---- what all admit together ---- */

enum { ADMITTED_MAX = 200000, IN_FLIGHT = 64 };
static struct {
    uint64_t us;
    uint64_t cost;
} admitted[ADMITTED_MAX];
static size_t admitted_count;

struct load {
    struct asked asked;
    unsigned worker;
    bool busy;
};

static void load_answered(struct load *l)
{
    if (l->asked.ask.result == STORE_PASSED && l->asked.ops[0].allowed) {
        CHECK(admitted_count < ADMITTED_MAX);
        admitted[admitted_count].us = stage_us;
        admitted[admitted_count++].cost = (uint64_t)l->asked.ops[0].cost;
    }
    l->busy = false;
}

/* The most that was admitted in any window above `times` what the limit lets pass in it. */
static double worst_excess(const struct limit_op *op, double times, uint64_t tolerance_us)
{
    double rate_us = (double)op->count / ((double)op->period_ms * 1000), worst = -1e18, sum = 0, low = 1e18;
    for (size_t i = 0; i < admitted_count; i++) {
        double at = times * rate_us * (double)admitted[i].us, before = sum - at;
        low = before < low ? before : low; /* a window that begins with this one */
        sum += (double)admitted[i].cost;
        double over = sum - at - low - times * ((double)op->burst + 1 + rate_us * (double)tolerance_us);
        worst = over > worst ? over : worst;
    }
    return worst;
}

enum trouble { NO_TROUBLE, CUTS, CUTS_OF_SOME, LOSSES };

static double play(struct limit_op op, enum trouble trouble, uint64_t seconds, double times)
{
    static struct load loads[IN_FLIGHT];
    admitted_count = 0;
    uint64_t until = stage_us + seconds * 1000000, next_trouble = stage_us + 500000;
    memset(loads, 0, sizeof loads);
    while (stage_us < until) {
        for (unsigned i = 0; i < IN_FLIGHT; i++) {
            struct load *l = &loads[i];
            if (l->busy && l->asked.answers)
                load_answered(l);
            if (l->busy || random_below(24))
                continue;
            l->busy = true;
            l->worker = (unsigned)random_below(STAGE_ALL);
            struct limit_op mine = op;
            mine.cost = op.cost > 1 ? 1 + (int64_t)random_below((uint64_t)op.cost) : 1;
            ask_begin(&l->asked, l->worker, &mine, 1);
        }
        stage_wait_us(500);
        if (trouble == NO_TROUBLE || stage_us < next_trouble)
            continue;
        next_trouble = stage_us + random_below(4000000);
        bool all = trouble != CUTS_OF_SOME, up = random_below(2);
        for (unsigned i = 0; i < STAGE_ALL; i++) {
            struct resp_client *c = &stage_clients[i];
            if (!all && random_below(2))
                continue;
            if (!up && c->is_up)
                stage_cut(c, random_below(2));
            else if (up && !c->is_up)
                stage_connect(c);
        }
        if (trouble == LOSSES && !up) {
            model_clear(stage_server);
            stage_run++;
        }
    }
    for (unsigned i = 0; i < IN_FLIGHT; i++)
        if (loads[i].busy && !loads[i].asked.answers)
            loads[i].asked.ask.ask.drop(&loads[i].asked.ask.ask);
    return worst_excess(&op, times, 2000);
}

static const struct {
    uint64_t count, period_ms, burst;
    int64_t cost;
} LIMITS[] = { { 60, 1000, 59, 1 }, { 600, 60000, 9, 1 }, { 5, 1000, 4, 1 }, { 20000, 1000, 19999, 800 } };

static struct limit_op limit_at(size_t i)
{
    struct limit_op op = rate("load", LIMITS[i].count, LIMITS[i].burst);
    op.period_ms = LIMITS[i].period_ms;
    op.cost = LIMITS[i].cost;
    return op;
}

TEST("in health no window holds more than the limit, and the limit is used up")
{
    for (size_t i = 0; i < ARRAY_LEN(LIMITS); i++) {
        stage_begin(700);
        stage_wait_us(10000);
        double over = play(limit_at(i), NO_TROUBLE, 15, 1);
        CHECK(over <= 0.001);
        uint64_t sum = 0;
        for (size_t k = 0; k < admitted_count; k++)
            sum += admitted[k].cost;
        CHECK((double)sum >= 0.9 * 15000 * (double)LIMITS[i].count / (double)LIMITS[i].period_ms);
        stage_end();
    }
}

TEST("with leases no window holds more than the limit and the sum of the leases, and the store is asked much less")
{
    for (size_t i = 0; i < ARRAY_LEN(LIMITS); i++) {
        for (unsigned leased = 0; leased < 2; leased++) {
            stage_begin(700);
            stage_wait_us(10000);
            struct limit_op op = limit_at(i);
            op.lease = leased ? (LIMITS[i].burst + 1) / 20 + 1 : 0;
            double over = play(op, NO_TROUBLE, 15, 1);
            CHECK(over <= 0.001 + (double)(STAGE_ALL * op.lease));
            stage_end();
        }
    }
    stage_begin(700);
    stage_wait_us(10000);
    struct limit_op op = rate("plenty", 1000000, 999999);
    op.lease = 1000;
    unsigned before = stage_scripts;
    play(op, NO_TROUBLE, 5, 1);
    CHECK(admitted_count > 10000);
    CHECK(stage_scripts - before < admitted_count / 100);
    stage_wait_us(3000000); /* what lies idle is given back */
    op.cost = 0;
    op.lease = 0;
    CHECK_INT(ask_one(0, &op), STORE_PASSED);
    CHECK(op.remaining + admitted_count >= 1000000);
    stage_end();
}

/* Each gateway's share is a third of the limit, and at least one request. */
static double shares(const struct limit_op *op)
{
    double one = (double)(op->cost > 1 ? op->cost : 1), third = (double)(op->burst + 1) / STAGE_GATEWAYS;
    return third < one ? (one - third) * STAGE_GATEWAYS : 0; /* beyond the limit once more */
}

TEST("through any outages, of all or of some, no window holds more than the limit and the sum of the shares")
{
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; i < ARRAY_LEN(LIMITS); i++)
            for (unsigned leased = 0; leased < 2; leased++)
                for (enum trouble t = CUTS; t <= CUTS_OF_SOME; t++) {
                    stage_begin(700);
                    stage_wait_us(10000);
                    struct limit_op op = limit_at(i);
                    op.lease = leased ? (LIMITS[i].burst + 1) / 20 + 1 : 0;
                    double over = play(op, t, 12, 2);
                    CHECK(over <= 0.001 + shares(&op) + (double)(STAGE_ALL * op.lease));
                    CHECK(admitted_count > 0);
                    stage_end();
                }
}

TEST("when the store is emptied again and again, what was known is not lost with it")
{
    for (size_t i = 0; i < ARRAY_LEN(LIMITS); i++) {
        stage_begin(700);
        stage_wait_us(10000);
        struct limit_op op = limit_at(i);
        double over = play(op, LOSSES, 12, 2);
        CHECK(over <= 0.001 + shares(&op));
        stage_end();
    }
}

TEST("a quota is kept through outages: what all admit is at most the quota and the sum of the shares")
{
    for (enum trouble t = NO_TROUBLE; t <= LOSSES; t++) {
        stage_begin(700);
        uint64_t hour = 3600000000, into = (STAGE_EPOCH_US + stage_us) % hour;
        stage_us += hour - into; /* at the beginning of one */
        stage_wait_us(10000);
        struct limit_op op = quota("month", 3000);
        op.cost = 20;
        play(op, t, 20, 1);
        uint64_t sum = 0;
        for (size_t k = 0; k < admitted_count; k++)
            sum += admitted[k].cost;
        CHECK(sum <= 3000u * (t == NO_TROUBLE ? 1 : 2));
        CHECK(sum >= 2950);
        stage_end();
    }
}
