/* test_store_scripts.c - the scripts of the shared store: the exam's table, exactness, and that the model in C does the
 * same as they do in a real Redis. */
#include <hiredis/hiredis.h>
#include <jansson.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/edge/store/level.h"
#include "proxy/edge/store/script.h"
#include "tests/harness/check.h"
#include "tests/unit/store_model.h"

#define NOW_US 1790000000000000.0

/* ---- a real Redis, if there is one, on a socket of its own ---- */

static char folder[64], path[128];
static pid_t server;

static redisContext *redis_start(void)
{
    snprintf(folder, sizeof folder, "/tmp/bartizan-test-XXXXXX");
    if (!mkdtemp(folder))
        return NULL;
    snprintf(path, sizeof path, "%s/redis", folder);
    if ((server = fork()) == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(folder) == 0 && freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
            execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly",
                   "no", (char *)NULL);
        _exit(127);
    }
    for (unsigned i = 0; i < 200; i++, usleep(20000)) {
        redisContext *c = redisConnectUnix(path);
        if (c && !c->err)
            return c;
        redisFree(c);
        if (waitpid(server, NULL, WNOHANG) == server)
            break;
    }
    return NULL;
}

static void redis_stop(redisContext *c)
{
    if (c) {
        redisFree(c);
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    unlink(path);
    rmdir(folder);
}

/* The script on a clock of ours. */
static int64_t *redis_eval(redisContext *c, struct str text, double now_us, const struct str *args, size_t count,
                           size_t keys, size_t *n)
{
    static int64_t out[MODEL_OUT];
    static char script[16384];
    struct str clock = STR("redis.call('TIME')");
    size_t at = str_find_str(text, clock);
    int len = snprintf(script, sizeof script, STR_F "{'%.0f','%06.0f'}" STR_F, STR_A(str_first(text, at)),
                       (double)((uint64_t)now_us / 1000000), (double)((uint64_t)now_us % 1000000),
                       STR_A(str_from(text, at + clock.len)));
    const char *argv[140] = { "EVAL", script };
    char keys_text[8];
    size_t lens[140] = { 4, (size_t)len, (size_t)snprintf(keys_text, sizeof keys_text, "%zu", keys) };
    argv[2] = keys_text;
    for (size_t i = 0; i < count; i++) {
        argv[3 + i] = args[i].at;
        lens[3 + i] = args[i].len;
    }
    redisReply *r = redisCommandArgv(c, (int)count + 3, argv, lens);
    *n = 0;
    if (r && r->type == REDIS_REPLY_ARRAY)
        for (size_t i = 0; i < r->elements && i < MODEL_OUT; i++)
            out[(*n)++] = r->element[i]->integer;
    else
        CHECK_STR(str_c(r ? r->str : "no reply"), STR(""));
    freeReplyObject(r);
    return out;
}

/* ---- one op at a time ---- */

#define MARK "0123456789abcdef"

struct call {
    struct str args[160];
    char words[64][LEVEL_BYTES + 16 * 8];
    double known[64][3];
    size_t keys, words_count, known_count;
};

static void call_add(struct call *c, const char *key, const char words[LEVEL_BYTES], struct str members)
{
    char *at = c->words[c->words_count];
    memcpy(at, words, LEVEL_BYTES);
    if (members.len)
        memcpy(at + LEVEL_BYTES, members.at, members.len);
    c->args[64 + c->words_count++] = str_of(at, LEVEL_BYTES + members.len);
    c->args[c->keys++] = str_c(key);
}

/* A batch begins with its number and the mark. */
static void call_begin_batch(struct call *c, double number, const char *seen, const char *mark)
{
    memcpy(c->words[0], &number, sizeof number);
    memcpy(c->words[0] + sizeof number, MARK, sizeof MARK - 1);
    c->args[64] = str_of(c->words[0], sizeof number + sizeof MARK - 1);
    c->words_count = 1;
    c->args[c->keys++] = str_c(seen);
    c->args[c->keys++] = str_c(mark);
}

/* A question ends with it, and with what is known. */
static void call_end_ask(struct call *c, const char *mark)
{
    c->args[64 + c->words_count++] = STR(MARK);
    c->args[c->keys++] = str_c(mark);
    if (c->known_count)
        c->args[64 + c->words_count++] = str_of((const char *)c->known, c->known_count * sizeof c->known[0]);
}

static size_t call_close(struct call *c)
{
    memmove(&c->args[c->keys], &c->args[64], c->words_count * sizeof *c->args);
    return c->keys + c->words_count;
}

/* Asks for one op and answers it, as the store does. */
static bool ask_model(struct model *m, struct limit_op *op)
{
    struct call c = { .keys = 0 };
    char words[LEVEL_BYTES];
    level_write_ask(words, op, 0, 30000);
    call_add(&c, "key", words, STR_NONE);
    call_end_ask(&c, "mark");
    size_t n = call_close(&c);
    m->out_count = 0;
    memcpy(m->mark, MARK, sizeof m->mark);
    model_ask(m, c.args, n, 2);
    op->allowed = m->out[2] & 3;
    struct level l = { (uint64_t)m->out[3] + (op->kind == LIMIT_RATE ? (uint64_t)m->out[1] : 0), (uint64_t)m->out[4] };
    level_tell(op, l, (uint64_t)m->out[1]);
    return m->out[0] != 0;
}

TEST("exactly burst + 1 pass at once, then one whenever its time has come, whatever the numbers are")
{
    struct model *m = model_new();
    uint64_t counts[] = { 1, 3, 7, 60, 999, 7919, 200003 };
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        model_clear(m);
        m->now_us = NOW_US;
        struct limit_op op = { .kind = LIMIT_RATE,
                               .key = STR("key"),
                               .count = counts[i],
                               .period_ms = 60000,
                               .burst = counts[i] - 1,
                               .cost = 1 };
        for (uint64_t n = 0; n < counts[i]; n++) {
            CHECK(ask_model(m, &op));
            CHECK_INT(op.remaining, counts[i] - 1 - n);
        }
        CHECK(!ask_model(m, &op));
        CHECK_INT(op.reset_ms, 60000);
        uint64_t passed = 0;
        for (uint64_t us = 0; us <= 60000000; us += 60000000 / 4096) {
            m->now_us = NOW_US + (double)us;
            while (ask_model(m, &op))
                passed++;
            CHECK_INT(passed, us * counts[i] / 60000000); /* not one too early, none too late */
        }
    }
    model_free(m);
}

TEST("no product is rounded: a thousand million million in a month, and one in a year")
{
    struct model *m = model_new();
    m->now_us = NOW_US;
    uint64_t most = (uint64_t)1 << 50;
    struct limit_op op = {
        .kind = LIMIT_RATE, .key = STR("key"), .count = most, .period_ms = 31 * 86400000ull, .burst = most - 1
    };
    op.cost = (int64_t)most - 1;
    CHECK(ask_model(m, &op));
    CHECK_INT(op.remaining, 1);
    op.cost = 1;
    CHECK(ask_model(m, &op));
    CHECK_INT(op.remaining, 0);
    CHECK(!ask_model(m, &op));
    CHECK_INT(op.retry_ms, 1);
    m->now_us += 1;
    CHECK(ask_model(m, &op)); /* 420 flow in each microsecond */
    CHECK_INT(op.remaining, most / (31 * 86400000000ull) - 1);
    op.cost = (int64_t)most;
    op.burst = most - 2;
    CHECK(!ask_model(m, &op));
    CHECK(op.retry_ms == UINT64_MAX);
    op = (struct limit_op){
        .kind = LIMIT_RATE, .key = STR("key"), .count = 1, .period_ms = 366 * 86400000ull, .cost = 1
    };
    model_clear(m);
    CHECK(ask_model(m, &op));
    CHECK(!ask_model(m, &op));
    CHECK_INT(op.retry_ms, 366 * 86400000ull);
    model_free(m);
}

/* ---- the exam's table, by the scripts ---- */

static void exam(redisContext *c, struct model *m)
{
    json_error_t error;
    json_t *table = json_load_file(EXAM_DIR "/limits/gcra_vectors.json", 0, &error), *row;
    size_t i;
    if (!table) {
        check_skip("the exam's folder is not here");
        return;
    }
    if (c)
        freeReplyObject(redisCommand(c, "SET {b}mark " MARK));
    json_array_foreach(json_object_get(table, "rows"), i, row)
    {
        struct limit_op op = { .kind = LIMIT_RATE,
                               .key = STR("exam"),
                               .count = 1,
                               .period_ms = 1000,
                               .burst = (uint64_t)json_integer_value(json_object_get(table, "max_burst")),
                               .cost = json_integer_value(json_array_get(row, 1)) };
        double now = NOW_US + 1000 * (double)json_integer_value(json_array_get(row, 0));
        char words[LEVEL_BYTES];
        level_write_ask(words, &op, 0, 30000);
        struct call call = { .keys = 0 };
        call_add(&call, "{b}exam", words, STR_NONE);
        call_end_ask(&call, "{b}mark");
        size_t n = call_close(&call);
        int64_t *out = m ? m->out : NULL;
        if (c) {
            out = redis_eval(c, script_ask(), now, call.args, n, 2, &n);
        } else {
            m->now_us = now;
            m->out_count = 0;
            memcpy(m->mark, MARK, sizeof m->mark);
            model_ask(m, call.args, n, 2);
        }
        op.allowed = out[2] & 3;
        level_tell(&op, (struct level){ (uint64_t)(out[1] + out[3]), (uint64_t)out[4] }, (uint64_t)out[1]);
        bool limited = json_is_true(json_array_get(row, 5));
        CHECK((out[0] == 0) == limited);
        CHECK_INT(op.remaining, json_integer_value(json_array_get(row, 2)));
        CHECK_INT(op.reset_ms, json_integer_value(json_array_get(row, 3)));
        if (limited)
            CHECK_INT(op.retry_ms, json_integer_value(json_array_get(row, 4)));
    }
    json_decref(table);
}

TEST("every row of the table of throttled and redis-cell, by the model of the script")
{
    struct model *m = model_new();
    exam(NULL, m);
    model_free(m);
}

TEST("every row of the table of throttled and redis-cell, by the script in Redis")
{
    redisContext *c = redis_start();
    if (c)
        exam(c, NULL);
    else
        check_skip("there is no redis-server");
    redis_stop(c);
}

/* ---- the model is what the scripts are ---- */

static uint64_t seed = 3;
static uint64_t random_below(uint64_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % n;
}

static struct limit_op random_op(double now_us)
{
    static const uint64_t COUNTS[] = { 1, 2, 3, 7, 60, 999, 200003, (uint64_t)1 << 50 };
    static const uint64_t PERIODS[] = { 1000, 60000, 3600000, 86400000 };
    uint64_t hour = (uint64_t)now_us / 1000 / 3600000 * 3600000 + (random_below(8) == 0 ? 3600000 : 0);
    struct limit_op op = { .kind = (enum limit_kind)random_below(3),
                           .count = COUNTS[random_below(ARRAY_LEN(COUNTS))],
                           .period_ms = PERIODS[random_below(ARRAY_LEN(PERIODS))],
                           .periods_ms = { hour, hour + 3600000, hour + 7200000 },
                           .soft = random_below(6) == 0 };
    op.burst = random_below(2) ? op.count - 1 : random_below(op.count);
    op.cost = op.kind == LIMIT_CONCURRENCY ? 1 : (int64_t)random_below(op.count / 2 + 2);
    return op;
}

static char keys[40][24], names[2000][17];

static void add_ask(struct call *c, const struct limit_op *op, unsigned key, double now_us)
{
    char words[LEVEL_BYTES];
    static unsigned fresh = ARRAY_LEN(names);
    char *name = names[c->keys % 40 * 50 + random_below(50)]; /* no op of this call names the same one */
    level_write_ask(words, op, random_below(3) ? 0 : random_below(op->count) + 1, 30000);
    if (random_below(4)) /* one that is not inside, or perhaps one that is */
        snprintf(name, sizeof names[0], "%016x", fresh++);
    call_add(c, keys[key], words, op->kind == LIMIT_CONCURRENCY ? str_of(name, 16) : STR_NONE);
    if (random_below(6))
        return;
    double *known = c->known[c->known_count++];
    known[0] = (double)c->keys;
    known[1] = (double)(op->kind == LIMIT_RATE ? (uint64_t)now_us - 1000000 + random_below(100000000) : random_below(op->count + 2));
    known[2] = (double)(op->kind == LIMIT_RATE ? random_below(op->count) : op->periods_ms[random_below(3)]);
}

static void add_settle(struct call *c, const struct limit_op *op, unsigned key, double now_us)
{
    char words[LEVEL_BYTES];
    if (op->kind == LIMIT_CONCURRENCY) {
        char members[16 * 8];
        size_t leave = random_below(4), stay = random_below(4);
        for (size_t i = 0; i < leave + stay; i++)
            memcpy(members + 16 * i, names[random_below(2000)], 16);
        level_write_members(words, leave, stay, 30000);
        call_add(c, keys[key], words, str_of(members, 16 * (leave + stay)));
        return;
    }
    if (random_below(4) == 0)
        level_write_known(words, op,
                          op->kind == LIMIT_RATE
                              ? (struct level){ (uint64_t)now_us + random_below(100000000), random_below(op->count) }
                              : (struct level){ random_below(op->count + 2), op->periods_ms[random_below(3)] });
    else
        level_write_charge(words, op, random_below(2) ? op->cost : -op->cost,
                           random_below(3) ? 0 : random_below(5000000), op->periods_ms[random_below(3)]);
    call_add(c, keys[key], words, STR_NONE);
}

static void compare(redisContext *redis, struct model *m, struct str script, struct call *call, unsigned step)
{
    size_t args = call_close(call), n;
    m->out_count = 0;
    if (str_eq(script, script_ask()))
        model_ask(m, call->args, args, call->keys);
    else
        model_settle(m, call->args, call->keys);
    const int64_t *out = redis_eval(redis, script, m->now_us, call->args, args, call->keys, &n);
    CHECK_INT(n, m->out_count);
    for (size_t i = 0; i < n && i < m->out_count; i++)
        if (out[i] != m->out[i]) {
            double w[9];
            size_t op = i < 2 ? 0 : (i - 2) / 3 + !str_eq(script, script_ask()); /* of ARGV */
            model_words(w, call->args[call->keys + op]);
            fprintf(stderr, "step %u, value %zu of %zu: kind %.0f %.0f %.0f %.0f %.0f\n", step, i, n, w[0], w[1], w[2],
                    w[3], w[4]);
            CHECK_INT(out[i], m->out[i]);
        }
}

TEST("the model does what the scripts do in a real Redis, number by number")
{
    redisContext *redis = redis_start();
    if (!redis) {
        redis_stop(redis);
        check_skip("there is no redis-server");
        return;
    }
    struct model *m = model_new();
    m->now_us = NOW_US;
    m->keeps = true;
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        snprintf(names[i], sizeof names[i], "%016x", i);
    struct limit_op ops[ARRAY_LEN(keys)];
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        ops[i] = random_op(m->now_us);
        snprintf(keys[i], sizeof keys[i], "{b}%u:%u", ops[i].kind, i);
    }
    for (unsigned step = 0; step < 6000; step++) {
        struct call call = { .keys = 0 };
        bool settles = random_below(3) == 0;
        double number = 1 + (double)random_below(step + 1);
        if (settles)
            call_begin_batch(&call, number, "{b}seen", "{b}mark");
        for (size_t n = 1 + random_below(8); n; n--) {
            unsigned k = (unsigned)random_below(ARRAY_LEN(keys)), kind = (unsigned)ops[k].kind;
            if (random_below(10) == 0) /* another limit under the same name */
                do
                    ops[k] = random_op(m->now_us);
                while (ops[k].kind != kind);
            if (settles)
                add_settle(&call, &ops[k], k, m->now_us);
            else
                add_ask(&call, &ops[k], k, m->now_us);
        }
        if (!settles)
            call_end_ask(&call, "{b}mark");
        if (random_below(50) == 0) { /* emptied */
            model_clear(m);
            freeReplyObject(redisCommand(redis, "FLUSHALL"));
        }
        compare(redis, m, settles ? script_settle() : script_ask(), &call, step);
        m->now_us += (double)random_below(random_below(20) ? 20000 : 2000000);
        if (*m->mark)
            continue;
        memcpy(m->mark, MARK, sizeof m->mark);
        freeReplyObject(redisCommand(redis, "SET {b}mark %s PX 10000000", MARK));
    }
    redisReply *r = redisCommand(
        redis, "EVAL %s 0",
        "local n = 0 for _, k in ipairs(redis.call('KEYS', '*')) do if redis.call('PTTL', k) < 0 then n = n "
        "+ 1 end end return n");
    CHECK(r && r->type == REDIS_REPLY_INTEGER && r->integer == 0); /* every key expires */
    freeReplyObject(r);
    model_free(m);
    redis_stop(redis);
}

static void run(redisContext *redis, const char *command, const char *key)
{
    freeReplyObject(redisCommand(redis, command, key));
}

TEST("a key of another type is taken away, and a batch with it is charged whole and once")
{
    redisContext *redis = redis_start();
    if (!redis) {
        redis_stop(redis);
        check_skip("there is no redis-server");
        return;
    }
    struct limit_op rate = { .kind = LIMIT_RATE, .count = 1, .period_ms = 1000, .burst = 99, .cost = 5 };
    struct limit_op hold = { .kind = LIMIT_CONCURRENCY, .count = 2, .cost = 1 };
    static const char *const KEYS[] = { "{p}r:good", "{p}r:bad", "{p}c:bad", "{p}r:last" };
    char words[LEVEL_BYTES];
    struct call batch = { .keys = 0 }, ask = { .keys = 0 };
    size_t n;
    run(redis, "RPUSH %s x", "{p}seen");
    run(redis, "RPUSH %s x", KEYS[1]);
    run(redis, "SET %s x", KEYS[2]);
    run(redis, "SET %s " MARK, "{p}mark");
    call_begin_batch(&batch, 1, "{p}seen", "{p}mark");
    for (unsigned i = 0; i < ARRAY_LEN(KEYS); i++) {
        if (i == 2)
            level_write_members(words, 0, 1, 30000);
        else
            level_write_charge(words, &rate, 5, 0, 0);
        call_add(&batch, KEYS[i], words, i == 2 ? STR("0123456789abcdef") : STR_NONE);
    }
    size_t args = call_close(&batch);
    const int64_t *out = redis_eval(redis, script_settle(), NOW_US, batch.args, args, batch.keys, &n);
    CHECK_INT(n, 14);
    CHECK_INT(out[0], 1);
    CHECK(out[2] == 5000000 && out[5] == 5000000 && out[8] == 0 && out[11] == 5000000);
    CHECK(out[4] == 1 && out[7] == 1 && out[10] == 0 && out[13] == 1); /* none of the rates was here */
    out = redis_eval(redis, script_settle(), NOW_US, batch.args, args, batch.keys, &n);
    CHECK(n == 2 && out[0] == 0); /* it was here */

    run(redis, "SET %s x", KEYS[2]);
    level_write_ask(words, &hold, 0, 30000);
    call_add(&ask, KEYS[2], words, STR("0123456789abcdef"));
    call_end_ask(&ask, "{p}mark");
    args = call_close(&ask);
    out = redis_eval(redis, script_ask(), NOW_US, ask.args, args, ask.keys, &n);
    CHECK(n == 5 && out[0] == 0);
    usleep(20000);
    out = redis_eval(redis, script_ask(), NOW_US, ask.args, args, ask.keys, &n);
    CHECK(n == 5 && out[0] == 1 && out[3] == 1);

    run(redis, "DEL %s", "{p}mark");
    run(redis, "RPUSH %s x", "{p}mark"); /* then nobody is known */
    out = redis_eval(redis, script_ask(), NOW_US, ask.args, args, ask.keys, &n);
    CHECK(n == 2 && out[0] == 2);
    out = redis_eval(redis, script_settle(), NOW_US, batch.args, call_close(&batch), batch.keys, &n);
    CHECK(n == 2 && out[0] == 2);
    run(redis, "SET %s x", "{p}gateways");
    for (unsigned i = 0; i < 2; i++, usleep(20000)) {
        redisReply *r = redisCommand(redis, "EVAL %b 2 {p}mark {p}gateways me fresh 30000", script_hello().at, script_hello().len);
        CHECK(r && r->type == (i ? REDIS_REPLY_ARRAY : REDIS_REPLY_ERROR));
        if (i && r && r->elements == 4)
            CHECK(r->element[1]->integer == 1 && strcmp(r->element[2]->str, "fresh") == 0);
        freeReplyObject(r);
    }
    redis_stop(redis);
}
