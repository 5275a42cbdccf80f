/* redis_probe.c - a client of the store by itself, for tests with a real Redis: counts by a script, steadily, and tells how it went.
 *
 *     redis-probe FILE SECONDS RATE [KEYS]
 *
 * FILE is a configuration; its `store` is asked RATE times a second, on KEYS keys in turn. Each tenth of a second has a line
 *
 *     MS up|down given=N refused=N down=N late=N lost=N slowest_ms=N [why]
 *
 * and the end one with the sums, and whether every count of the server fits what was answered: not below what was given, and not
 * above that and what may have been carried out. */
#include "filters/list.h"
#include "proxy/base/metric.h"
#include "proxy/edge/redis/redis.h"
#include "proxy/loop/timer.h"

#include <unistd.h>

enum { TICK_MS = 2, LINE_MS = 100, KEYS_MAX = 256, FILE_BYTES_MAX = 65536 };

struct tally {
    unsigned long answers[RESP_ANSWERS];
    uint64_t slowest_us;
    char why[160];
};

struct key {
    char name[32];
    struct str args[1];
    unsigned long given, perhaps;
    long long highest;
};

struct question {
    struct resp_ask ask;
    struct key *key;
    uint64_t asked_us;
    struct question *next; /* of the free ones */
};

static struct loop *loop;
static struct resp_client *client;
static struct resp_script script;
static struct tally now, all;
static struct key keys[KEYS_MAX];
static unsigned keys_count = 64;
static struct question *spare;
static unsigned long asked, open_asks, rate;
static uint64_t begun_us, until_us;
static struct timer tick, line;

static void answered(struct resp_ask *ask)
{
    struct question *q = CONTAINER_OF(ask, struct question, ask);
    uint64_t took_us = loop_now_exact_us() - q->asked_us;
    now.answers[ask->answer]++;
    if (took_us > now.slowest_us)
        now.slowest_us = took_us;
    if (ask->answer == RESP_GIVEN) {
        q->key->given++;
        if (ask->value->integer > q->key->highest)
            q->key->highest = ask->value->integer;
    } else {
        struct str why = ask->value ? ask->value->text : str_c(ask->why);
        snprintf(now.why, sizeof now.why, STR_F, STR_A(why));
        q->key->perhaps += ask->answer == RESP_LATE || ask->answer == RESP_LOST;
    }
    open_asks--;
    q->next = spare;
    spare = q;
}

static void ask_one(void)
{
    struct question *q = spare ? spare : malloc(sizeof *q);
    if (!q)
        abort();
    spare = spare ? spare->next : NULL;
    *q = (struct question){ .ask.answered = answered, .key = &keys[asked++ % keys_count], .asked_us = loop_now_exact_us() };
    open_asks++;
    resp_call(client, &q->ask, &script, q->key->args, 1, 1);
}

static void ticked(struct timer *t)
{
    uint64_t now_us = loop_now_exact_us();
    if (now_us < until_us)
        for (unsigned long wanted = (now_us - begun_us) * rate / 1000000; asked < wanted;)
            ask_one();
    else if (!open_asks)
        loop_stop(loop);
    timer_set(loop, t, TICK_MS);
}

static void print_tally(const char *head, const struct tally *y)
{
    printf("%s", head);
    for (unsigned i = 0; i < RESP_ANSWERS; i++)
        printf(" %s=%lu", resp_answer_word(i), y->answers[i]);
    printf(" slowest_ms=%.1f %s\n", (double)y->slowest_us / 1000, y->why);
    fflush(stdout);
}

static void end_line(struct timer *t)
{
    char head[64];
    snprintf(head, sizeof head, "%llu %s", (unsigned long long)(loop_now_exact_us() - begun_us) / 1000,
             resp_is_up(client, STR_NONE) ? "up" : "down");
    print_tally(head, &now);
    for (unsigned i = 0; i < RESP_ANSWERS; i++)
        all.answers[i] += now.answers[i];
    all.slowest_us = now.slowest_us > all.slowest_us ? now.slowest_us : all.slowest_us;
    now = (struct tally){ .slowest_us = 0 };
    timer_set(loop, t, LINE_MS);
}

static struct setup *read_setup(const char *path)
{
    static char text[FILE_BYTES_MAX];
    struct problems problems;
    struct buf out;
    FILE *f = fopen(path, "rb");
    size_t len = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    problems_init(&problems, str_c(path), str_of(text, len));
    struct setup *s = setup_read(str_c(path), str_of(text, len), &LANGUAGE, &problems);
    buf_init(&out, 1024 * 1024);
    if (problems_print(&problems, &out))
        fprintf(stderr, STR_F, STR_A(buf_str(&out)));
    buf_finish(&out);
    problems_finish(&problems);
    return s;
}

static bool counts_fit(void)
{
    bool fit = true;
    for (unsigned i = 0; i < keys_count; i++)
        if ((unsigned long)keys[i].highest > keys[i].given + keys[i].perhaps) {
            printf("%s stands at %lld after %lu given and %lu perhaps\n", keys[i].name, keys[i].highest, keys[i].given,
                   keys[i].perhaps);
            fit = false;
        }
    return fit;
}

int main(int argc, char **argv)
{
    struct problems problems;
    struct setup *setup = argc > 3 ? read_setup(argv[1]) : NULL;
    if (!setup || !setup->store) {
        fprintf(stderr, "usage: redis-probe FILE SECONDS RATE [KEYS]\n");
        return 2;
    }
    rate = strtoul(argv[3], NULL, 10);
    if (argc > 4)
        keys_count = (unsigned)strtoul(argv[4], NULL, 10);
    assert(keys_count && keys_count <= KEYS_MAX);
    if (!metric_open())
        return 3;
    problems_init(&problems, str_c(argv[1]), STR_NONE);
    loop = loop_new();
    struct post *post = post_new(loop, 16);
    struct resolver *resolver = resolver_new(loop, post, NULL);
    client = resp_client_new(&(struct resp_options){ .loop = loop, .resolver = resolver, .setup = setup }, &problems);
    if (!client)
        return 3;
    resp_script_init(&script, STR("return redis.call('INCR', KEYS[1])"));
    for (unsigned i = 0; i < keys_count; i++) {
        snprintf(keys[i].name, sizeof keys[i].name, "probe:{%u}:%d", i, (int)getpid());
        keys[i].args[0] = str_c(keys[i].name);
    }
    timer_init(&tick, ticked);
    timer_init(&line, end_line);
    begun_us = loop_now_exact_us();
    until_us = begun_us + strtoul(argv[2], NULL, 10) * 1000000;
    timer_set(loop, &tick, 0);
    timer_set(loop, &line, LINE_MS);
    loop_run(loop);
    end_line(&line);
    print_tally("all", &all);
    printf("writes=%llu connects=%llu redirects=%llu scripts=%llu\n", (unsigned long long)METRIC_READ(METRIC_STORE_WRITES),
           (unsigned long long)METRIC_READ(METRIC_STORE_CONNECTS, RESULT_OK),
           (unsigned long long)METRIC_READ(METRIC_STORE_REDIRECTS), (unsigned long long)METRIC_READ(METRIC_STORE_SCRIPTS));
    bool fit = counts_fit();
    printf("counts %s\n", fit ? "fit" : "do not fit");
    timer_cancel(&tick);
    timer_cancel(&line);
    resp_client_free(client);
    while (spare) {
        struct question *q = spare;
        spare = q->next;
        free(q);
    }
    resolver_free(resolver);
    post_free(post);
    loop_free(loop);
    problems_finish(&problems);
    setup_free(setup);
    return fit ? 0 : 1;
}
