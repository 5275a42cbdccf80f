/* test_redis.c - commands, replies and every way in which a server fails, against servers that follow a script. */
#include "proxy/edge/redis/redis.h"

#include "filters/stamp/identity.h"
#include "proxy/base/base64.h"
#include "proxy/base/metric.h"
#include "proxy/loop/timer.h"
#include "tests/unit/server.h"

/* ---- a server that hears commands ---- */

enum { WORDS_MAX = 16 };

struct heard {
    struct str words[WORDS_MAX];
    size_t count;
};

static struct loop *loop;
static struct post *post;
static struct resolver *resolver;
static struct problems problems;
static struct setup setup;
static struct store_settings settings;
static struct store_url url;
static struct resp_client *client;
static struct world *world_of_client; /* NULL where nothing is fetched */
static struct server server, other;
static char sent_all[8192]; /* what the server was told, words joined */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool get_line(struct talk *t, char *line, size_t size)
{
    size_t n = 0;
    while (n + 1 < size) {
        if (talk_get(t, line + n, 1) <= 0)
            return false;
        if (n && line[n] == '\n' && line[n - 1] == '\r') {
            line[n - 1] = '\0';
            return true;
        }
        n++;
    }
    return false;
}

static bool hear(struct talk *t, struct heard *h)
{
    char line[64];
    if (!t->request)
        t->request = malloc(SERVER_REQUEST_BYTES);
    char *at = t->request;
    if (!get_line(t, line, sizeof line) || line[0] != '*') {
        atomic_fetch_add(&t->server->gone, 1);
        return false;
    }
    h->count = strtoul(line + 1, NULL, 10);
    for (size_t i = 0; i < h->count && i < WORDS_MAX; i++) {
        if (!get_line(t, line, sizeof line) || line[0] != '$')
            return false;
        size_t len = strtoul(line + 1, NULL, 10);
        for (size_t have = 0; have < len + 2;) {
            ssize_t n = talk_get(t, at + have, len + 2 - have);
            if (n <= 0)
                return false;
            have += (size_t)n;
        }
        h->words[i] = str_of(at, len);
        at += len;
    }
    pthread_mutex_lock(&lock);
    size_t used = strlen(sent_all);
    for (size_t i = 0; i < h->count && i < WORDS_MAX && used + h->words[i].len + 3 < sizeof sent_all; i++)
        used += (size_t)snprintf(sent_all + used, sizeof sent_all - used, "%s" STR_F, i ? " " : used ? "|" : "",
                                 STR_A(h->words[i]));
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&t->server->requests, 1);
    return true;
}

static bool is_word(const struct heard *h, const char *word)
{
    return str_eq(h->words[0], str_c(word));
}

/* What any server says to a greeting. False when the command is no part of it. */
static bool greet(struct talk *t, const struct heard *h)
{
    if (is_word(h, "PING"))
        talk_say(t, "+PONG\r\n");
    else if (is_word(h, "AUTH") || is_word(h, "SELECT"))
        talk_say(t, "+OK\r\n");
    else
        return false;
    return true;
}

static void say_bulk(struct talk *t, struct str s)
{
    char head[32];
    snprintf(head, sizeof head, "$%zu\r\n", s.len);
    talk_say(t, head);
    talk_say_bytes(t, s);
    talk_say(t, "\r\n");
}

/* ECHO says its word; BIG, SLOW and others are below. */
static void serve_echo(struct talk *t)
{
    struct heard h;
    while (hear(t, &h)) {
        if (greet(t, &h))
            continue;
        if (is_word(&h, "ECHO"))
            say_bulk(t, h.words[1]);
        else
            talk_say(t, "-ERR unknown command\r\n");
    }
}

/* ---- the client's side ---- */

static enum lookup_answer here(const char *host, struct addresses *out)
{
    (void)host;
    *out = (struct addresses){ .count = 1 };
    CHECK(ip_parse(STR("127.0.0.1"), &out->at[0]));
    return LOOKUP_FOUND;
}

static void begin_at(uint16_t port)
{
    loop = loop_new();
    post = post_new(loop, 16);
    resolver = resolver_new(loop, post, here);
    problems_init(&problems, STR("test"), STR(""));
    url = (struct store_url){ .text = STR("redis://127.0.0.1"), .host = STR("127.0.0.1"), .port = port };
    settings.urls = (struct store_urls){ &url, 1 };
    settings.timeout_ms = settings.timeout_ms ? settings.timeout_ms : 200;
    settings.connect_ms = settings.connect_ms ? settings.connect_ms : 500;
    setup.store = &settings;
    sent_all[0] = '\0';
    client = resp_client_new(&(struct resp_options){ .loop = loop, .resolver = resolver, .setup = &setup, .world = world_of_client }, &problems);
    CHECK(client != NULL);
}

static void begin(void (*serve)(struct talk *t))
{
    server_start(&server, serve, NULL, NULL);
    begin_at(server.port);
}

static void end(void)
{
    resp_client_free(client);
    client = NULL;
    resolver_free(resolver);
    post_free(post);
    problems_finish(&problems);
    loop_free(loop);
    if (server.listener > 0)
        server_stop(&server);
    server.listener = 0;
    settings = (struct store_settings){ .timeout_ms = 0 };
}

struct question {
    struct resp_ask ask;
    struct str args[WORDS_MAX];
    enum resp_answer answer;
    enum resp_kind kind;
    char text[256];
    int64_t integer;
    unsigned times;
    uint64_t asked_us, took_us;
};

static void answered(struct resp_ask *ask)
{
    struct question *q = CONTAINER_OF(ask, struct question, ask);
    q->times++;
    q->answer = ask->answer;
    q->took_us = loop_now_exact_us() - q->asked_us;
    q->text[0] = '\0';
    if (ask->value) {
        q->kind = ask->value->kind;
        q->integer = ask->value->integer;
        snprintf(q->text, sizeof q->text, STR_F, STR_A(ask->value->text));
    } else {
        snprintf(q->text, sizeof q->text, "%s", ask->why);
    }
}

static void ask_words(struct question *q, const char *a, const char *b)
{
    *q = (struct question){ .ask.answered = answered, .asked_us = loop_now_exact_us() };
    q->args[0] = str_c(a);
    q->args[1] = str_c(b);
    resp_command(client, &q->ask, b ? q->args[1] : STR_NONE, q->args, b ? 2 : 1);
    CHECK_INT(q->times, 0);
}

static void turns_until(const unsigned *count, unsigned ms)
{
    uint64_t until_us = loop_now_exact_us() + ms * 1000;
    while (!*count && loop_now_exact_us() < until_us)
        loop_turn(loop, 5);
}

static void turns(unsigned ms)
{
    unsigned never = 0;
    turns_until(&never, ms);
}

static bool wait_up(bool is_up, unsigned ms)
{
    uint64_t until_us = loop_now_exact_us() + ms * 1000;
    while (resp_is_up(client, STR_NONE) != is_up && loop_now_exact_us() < until_us)
        loop_turn(loop, 5);
    return resp_is_up(client, STR_NONE) == is_up;
}

/* Asks and waits. */
static void ask(struct question *q, const char *a, const char *b)
{
    ask_words(q, a, b);
    turns_until(&q->times, 2000);
    CHECK_INT(q->times, 1);
}

static void check_given(const char *word)
{
    struct question q;
    ask(&q, "ECHO", word);
    CHECK_INT(q.answer, RESP_GIVEN);
    CHECK_STR(str_c(q.text), str_c(word));
}

/* ---- what is sent and read ---- */

TEST("slots are those of the specification")
{
    CHECK_INT(resp_slot(STR("123456789")), 0x31c3);
    CHECK_INT(resp_slot(STR("foo")), 12182);
    CHECK_INT(resp_slot(STR("{user1000}.following")), resp_slot(STR("user1000")));
    CHECK_INT(resp_slot(STR("foo{}{bar}")), 8363);
    CHECK_INT(resp_slot(STR("foo{{bar}}zap")), resp_slot(STR("{bar")));
    CHECK_INT(resp_slot(STR("foo{bar}{zap}")), resp_slot(STR("bar")));
    CHECK_INT(resp_slot(STR("")), 0);
}

TEST("a command is answered, and many of one turn are sent in one write")
{
    static struct question many[1000];
    begin(serve_echo);
    CHECK(wait_up(true, 2000));
    check_given("hello");
    check_given("");
    unsigned before = (unsigned)server.requests;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        ask_words(&many[i], "ECHO", i % 2 ? "odd" : "even");
    uint64_t until_us = loop_now_exact_us() + 2000000;
    while (!many[ARRAY_LEN(many) - 1].times && loop_now_exact_us() < until_us)
        loop_turn(loop, 5);
    bool all = true;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        all = all && many[i].times == 1 && many[i].answer == RESP_GIVEN &&
              strcmp(many[i].text, i % 2 ? "odd" : "even") == 0;
    CHECK(all);
    CHECK_INT(server.requests - (int)before, 1000);
    CHECK_INT(server.connections, 1);
    struct question q;
    ask(&q, "NONSENSE", NULL);
    CHECK_INT(q.answer, RESP_REFUSED);
    CHECK_STR(str_c(q.text), STR("ERR unknown command"));
    CHECK(resp_is_up(client, STR_NONE));
    end();
}

static uint64_t writes(void)
{
    return METRIC_READ(METRIC_STORE_WRITES);
}

/* Answers once it is told how many it may. */
static atomic_int may_answer;
static void serve_when_told(struct talk *t)
{
    struct heard h;
    while (hear(t, &h)) {
        if (greet(t, &h))
            continue;
        while (atomic_load(&may_answer) <= 0)
            talk_pause(1);
        atomic_fetch_sub(&may_answer, 1);
        say_bulk(t, h.words[1]);
    }
}

TEST("a few callers never wait for one another; many share writes, and none waits for long")
{
    enum { FEW = 5, MANY = 40 };
    static struct question many[FEW + MANY];
    may_answer = 0;
    CHECK(metric_open());
    settings.timeout_ms = 2000;
    begin(serve_when_told);
    CHECK(wait_up(true, 2000));
    uint64_t before = writes();
    for (size_t i = 0; i < FEW; i++) {
        ask_words(&many[i], "ECHO", "first");
        loop_turn(loop, 0);
    }
    CHECK_INT(writes() - before, FEW);
    uint64_t began_ms = loop_now_ms(loop);
    for (size_t i = FEW; i < FEW + MANY; i++) {
        ask_words(&many[i], "ECHO", "then");
        loop_turn(loop, 0);
    }
    CHECK(writes() - before <= FEW + (loop_now_ms(loop) - began_ms)); /* one each millisecond */
    for (unsigned i = 0; i < 4; i++)
        loop_turn(loop, 2);
    uint64_t all = writes();
    CHECK(all - before > FEW); /* unanswered as everything is */
    turns(5);
    CHECK_INT(writes(), all);
    may_answer = FEW + MANY;
    turns_until(&many[FEW + MANY - 1].times, 2000);
    for (size_t i = 0; i < FEW + MANY; i++)
        CHECK_INT(many[i].times, 1);
    end();
}

TEST("what was held back beyond its deadline is late, and the server is not blamed for it")
{
    enum { FEW = 5 };
    struct question few[FEW], held;
    may_answer = 0;
    begin(serve_when_told);
    CHECK(wait_up(true, 2000));
    for (size_t i = 0; i < FEW; i++) {
        ask_words(&few[i], "ECHO", "first");
        loop_turn(loop, 0);
    }
    ask_words(&held, "ECHO", "held");
    loop_turn(loop, 0);
    may_answer = FEW;
    usleep(300000); /* somebody else keeps the loop */
    loop_turn(loop, 0);
    for (size_t i = 0; i < FEW; i++)
        CHECK(few[i].times == 1 && few[i].answer == RESP_GIVEN);
    CHECK(held.times == 1 && held.answer == RESP_LATE);
    CHECK(resp_is_up(client, STR_NONE));
    may_answer = 2; /* it went out all the same */
    check_given("next");
    end();
}

static unsigned char_at;
static void serve_slowly(struct talk *t)
{
    static const char REPLY[] = "*4\r\n$5\r\nhello\r\n:-42\r\n*2\r\n$-1\r\n+OK\r\n-ERR x\r\n";
    struct heard h;
    while (hear(t, &h)) {
        if (greet(t, &h))
            continue;
        for (size_t i = 0; i + 1 < sizeof REPLY; i++) {
            talk_say_bytes(t, str_of(REPLY + i, 1));
            if (i % 3 == char_at % 3)
                talk_pause(1);
        }
    }
}

static void answered_list(struct resp_ask *a)
{
    struct question *q = CONTAINER_OF(a, struct question, ask);
    const struct resp_value *v = a->value;
    q->times++;
    if (!CHECK(v && v->kind == RESP_LIST && v->count == 4))
        return;
    CHECK_STR(v->list[0].text, STR("hello"));
    CHECK_INT(v->list[1].integer, -42);
    CHECK(v->list[2].kind == RESP_LIST && v->list[2].count == 2 && v->list[2].list[0].kind == RESP_NIL);
    CHECK(v->list[2].list[1].kind == RESP_STATUS && v->list[3].kind == RESP_FAULT);
    CHECK_STR(v->list[3].text, STR("ERR x"));
}

TEST("a reply that comes byte by byte is the same reply")
{
    begin(serve_slowly);
    for (char_at = 0; char_at < 3; char_at++) {
        struct question q = { .ask.answered = answered_list, .args = { STR("LIST") } };
        resp_command(client, &q.ask, STR_NONE, q.args, 1);
        turns_until(&q.times, 1000);
        CHECK_INT(q.times, 1);
    }
    end();
}

TEST("password and database are said before anything else, and not shown anywhere")
{
    char path[] = "/tmp/test_redis.XXXXXX";
    int fd = mkstemp(path);
    CHECK(write(fd, "hunter2\n", 8) == 8);
    close(fd);
    settings.user = STR("bartizan");
    settings.password = (struct secret_source){ .file = str_c(path), .is_set = true };
    settings.database = 3;
    begin(serve_echo);
    check_given("x");
    CHECK_STR(str_c(sent_all), STR("AUTH bartizan hunter2|SELECT 3|PING|ECHO x"));
    end();
    unlink(path);
    settings.password = (struct secret_source){ .file = STR("/nowhere"), .is_set = true };
    settings.urls = (struct store_urls){ &url, 1 };
    setup.store = &settings;
    loop = loop_new();
    problems_init(&problems, STR("test"), STR(""));
    CHECK(!resp_client_new(&(struct resp_options){ .loop = loop, .setup = &setup }, &problems));
    CHECK_INT(problems.errors, 1);
    problems_finish(&problems);
    loop_free(loop);
    settings = (struct store_settings){ .timeout_ms = 0 };
}

/* ---- scripts ---- */

static atomic_int knows_script;
static void serve_scripts(struct talk *t)
{
    struct heard h;
    while (hear(t, &h)) {
        if (greet(t, &h))
            continue;
        if (is_word(&h, "EVALSHA") && !knows_script) {
            talk_say(t, "-NOSCRIPT No matching script. Please use EVAL.\r\n");
        } else {
            knows_script = 1;
            say_bulk(t, h.words[h.count - 1]);
        }
    }
}

TEST("a script is called by its name, and sent in full when the server has forgotten it")
{
    struct resp_script script;
    resp_script_init(&script, STR("return ARGV[1]"));
    CHECK_STR(str_of(script.call + 18, 40), STR("098e0f0d1448c0a81dafe820f66d460eb09263da"));
    knows_script = 0;
    begin(serve_scripts);
    for (int i = 0; i < 2; i++) {
        struct question q = { .ask.answered = answered, .args = { STR("{k}a"), STR("value") } };
        resp_call(client, &q.ask, &script, q.args, 2, 1);
        turns_until(&q.times, 1000);
        CHECK_INT(q.answer, RESP_GIVEN);
        CHECK_STR(str_c(q.text), STR("value"));
    }
    CHECK_STR(str_c(sent_all),
              STR("PING|EVALSHA 098e0f0d1448c0a81dafe820f66d460eb09263da 1 {k}a value|EVAL return ARGV[1] 1 {k}a "
                  "value|EVALSHA 098e0f0d1448c0a81dafe820f66d460eb09263da 1 {k}a value"));
    end();
}

/* ---- trouble ---- */

TEST("nobody there: the first ask is told at once that it failed, later ones without waiting, and recovery is noticed")
{
    struct question q;
    server_start(&server, serve_echo, NULL, NULL);
    uint16_t port = server.port;
    server_stop(&server);
    server.listener = 0;
    begin_at(port);
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK_STR(str_c(q.text), STR("connection refused"));
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK(q.took_us < 50000);
    turns(700); /* tries stand half a second apart by now */
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) }, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) == 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 10) == 0);
    server = (struct server){ .serve = serve_echo, .listener = fd, .port = port };
    CHECK(pthread_create(&server.thread, NULL, server_accept, &server) == 0);
    CHECK(wait_up(true, 2000));
    check_given("again");
    end();
}

static atomic_int mode;
enum { MODE_FINE, MODE_SILENT, MODE_LOADING, MODE_READONLY, MODE_CLOSE, MODE_LATE, MODE_RESET, MODE_REFUSE_PING, MODE_FULL };
static atomic_int refused_writes;

static void serve_moody(struct talk *t)
{
    struct heard h;
    while (hear(t, &h)) {
        int now = mode;
        if (now == MODE_SILENT) {
            talk_wait_gone(t);
            return;
        }
        if (now == MODE_LATE)
            talk_pause(300);
        if (now == MODE_CLOSE && !is_word(&h, "PING"))
            return;
        if (now == MODE_RESET && !is_word(&h, "PING")) {
            talk_reset(t);
            return;
        }
        if (now == MODE_LOADING)
            talk_say(t, "-LOADING Redis is loading the dataset in memory\r\n");
        else if (now == MODE_REFUSE_PING)
            talk_say(t, "-NOPERM this user has no permissions to run the 'ping' command\r\n");
        else if (greet(t, &h))
            continue;
        else if (now == MODE_READONLY)
            talk_say(t, "-READONLY You can't write against a read only replica.\r\n");
        else if (now == MODE_FULL && ++refused_writes)
            talk_say(t, "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
        else
            say_bulk(t, h.words[1]);
    }
}

TEST("a server that falls silent: the deadline holds, the next asks do not wait, and the connection is made anew")
{
    struct question q, r;
    mode = MODE_FINE;
    begin(serve_moody);
    check_given("x");
    mode = MODE_SILENT;
    ask(&q, "ECHO", "late");
    CHECK_INT(q.answer, RESP_LATE);
    CHECK(q.took_us >= 190000 && q.took_us < 400000);
    CHECK(!resp_is_up(client, STR_NONE));
    ask(&r, "ECHO", "x");
    CHECK_INT(r.answer, RESP_DOWN);
    CHECK(r.took_us < 50000);
    turns(1200);
    CHECK(server.gone >= 1);
    mode = MODE_FINE;
    CHECK(wait_up(true, 2000));
    check_given("back");
    end();
}

TEST("late answers are passed over, and belong to nobody else")
{
    struct question q;
    mode = MODE_FINE;
    begin(serve_moody);
    check_given("x");
    mode = MODE_LATE;
    ask(&q, "ECHO", "late");
    CHECK_INT(q.answer, RESP_LATE);
    mode = MODE_FINE;
    CHECK(wait_up(true, 2000));
    check_given("next");
    CHECK_INT(server.connections, 1);
    end();
}

TEST("a server that loads its data, has lost its role, or may not be pinged")
{
    struct question q;
    mode = MODE_LOADING;
    begin(serve_moody);
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK_STR(str_c(q.text), STR("the server is loading its data"));
    mode = MODE_FINE;
    CHECK(wait_up(true, 2000));
    check_given("x");
    mode = MODE_LOADING;
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK(!resp_is_up(client, STR_NONE));
    mode = MODE_FINE;
    CHECK(wait_up(true, 1000));
    mode = MODE_READONLY;
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK_STR(str_c(q.text), STR("the server is a replica"));
    int connections = server.connections;
    uint64_t until_us = loop_now_exact_us() + 1000000;
    while (loop_now_exact_us() < until_us) /* it is asked all the time, and dialled with pauses */
        ask(&q, "ECHO", "x");
    CHECK(server.connections - connections < 12);
    mode = MODE_REFUSE_PING;
    CHECK(wait_up(true, 2000));
    end();
}

TEST("a server without memory answers a PING well, and is not asked without pause all the same")
{
    struct question q;
    mode = MODE_FULL;
    refused_writes = 0;
    begin(serve_moody);
    uint64_t until_us = loop_now_exact_us() + 1000000;
    while (loop_now_exact_us() < until_us) {
        ask(&q, "ECHO", "x");
        CHECK_INT(q.answer, RESP_DOWN);
    }
    CHECK(refused_writes >= 2 && refused_writes < 8);
    mode = MODE_FINE;
    CHECK(wait_up(true, 1000));
    check_given("x");
    end();
}

TEST("a connection that ends: what was sent is lost, and the next ask waits for the next connection")
{
    struct question q;
    static const int MODES[] = { MODE_CLOSE, MODE_RESET };
    for (size_t i = 0; i < ARRAY_LEN(MODES); i++) {
        mode = MODE_FINE;
        begin(serve_moody);
        check_given("x");
        mode = MODES[i];
        ask(&q, "ECHO", "lost");
        CHECK_INT(q.answer, RESP_LOST);
        mode = MODE_FINE;
        check_given("waits for the next connection");
        CHECK_INT(server.connections, 2);
        end();
    }
}

static void serve_and_close(struct talk *t)
{
    struct heard h;
    if (hear(t, &h))
        greet(t, &h);
}

TEST("a server that greets and closes is not dialled without pause")
{
    begin(serve_and_close);
    turns(1000);
    CHECK(server.connections >= 2 && server.connections < 15);
    end();
}

static void serve_refusing(struct talk *t)
{
    struct heard h;
    while (hear(t, &h))
        talk_say(t, is_word(&h, "AUTH") ? "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
                                        : "-NOAUTH Authentication required.\r\n");
}

TEST("a password that is wrong, or missing, is told")
{
    struct question q;
    begin(serve_refusing);
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK_STR(str_c(q.text), STR("the server wants a password"));
    end();
    CHECK(setenv("TEST_REDIS_PASSWORD", "wrong", 1) == 0);
    settings.password = (struct secret_source){ .env = STR("TEST_REDIS_PASSWORD"), .is_set = true };
    begin(serve_refusing);
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK_STR(str_c(q.text), STR("the server refused user or password"));
    end();
}

/* ---- hostile replies ---- */

static const char *poison;
static size_t poison_len;

static void serve_poison(struct talk *t)
{
    struct heard h;
    while (hear(t, &h)) {
        if (greet(t, &h))
            continue;
        talk_say_bytes(t, str_of(poison, poison_len));
        talk_wait_gone(t);
        return;
    }
}

TEST("replies that are too long, too deep or no replies end the connection before memory is taken")
{
    static const char *const POISONS[] = {
        "*4294967296\r\n",
        "*2147483647\r\n",
        "*1000000\r\n",
        "*-2\r\n:1\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "$-2\r\n",
        "$99999999999999999999\r\n",
        "$x\r\n",
        ":12a\r\n",
        ":99999999999999999999\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "%1\r\n+a\r\n+b\r\n",
        "~1\r\n+a\r\n",
        ",1.5\r\n",
        "#t\r\n",
        "(12345678901234567890\r\n",
        "=7\r\ntxt:abc\r\n",
        ">2\r\n+message\r\n+x\r\n",
        "+fine\r\n+and one more\r\n",
        "\r\n",
    };
    struct question q;
    for (size_t i = 0; i < ARRAY_LEN(POISONS); i++) {
        poison = POISONS[i];
        poison_len = strlen(poison);
        settings.timeout_ms = 1000;
        begin(serve_poison);
        CHECK(wait_up(true, 1000));
        ask(&q, "ECHO", "x");
        if (!CHECK(i == 19 ? q.answer == RESP_GIVEN : q.answer == RESP_LOST))
            printf("    %s answered %u %s\n", poison, q.answer, q.text);
        turns(20);
        CHECK(server.gone == 1);
        end();
    }
}

TEST("a reply without end is cut at its ceiling, and one that stays below arrives whole")
{
    struct question q;
    char *big = malloc(RESP_REPLY_BYTES + 65536);
    memset(big, 'x', RESP_REPLY_BYTES + 65536);
    memcpy(big, "$1073741824\r\n", 13);
    poison = big;
    poison_len = RESP_REPLY_BYTES + 65536;
    settings.timeout_ms = 1000;
    begin(serve_poison);
    CHECK(wait_up(true, 1000));
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_LOST);
    CHECK_STR(str_c(q.text), STR("a reply that is too long"));
    end();
    memcpy(big, "+xxxxxxxxxxxx", 13);
    settings.timeout_ms = 1000;
    begin(serve_poison);
    CHECK(wait_up(true, 1000));
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_LOST);
    end();
    int head = snprintf(big, 32, "$%d\r\n", RESP_REPLY_BYTES - 1024);
    big[head] = 'x';
    memcpy(big + head + RESP_REPLY_BYTES - 1024, "\r\n", 2);
    poison_len = (size_t)head + RESP_REPLY_BYTES - 1024 + 2;
    settings.timeout_ms = 1000;
    begin(serve_poison);
    CHECK(wait_up(true, 1000));
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_GIVEN);
    end();
    free(big);
}

/* ---- ceilings, cancelling, freeing ---- */

TEST("an ask that is cancelled is not answered, and the next reply is the next one's")
{
    struct question q, r;
    mode = MODE_FINE;
    begin(serve_moody);
    check_given("x");
    ask_words(&q, "ECHO", "cancelled");
    loop_turn(loop, 0);
    ask_words(&r, "ECHO", "kept");
    resp_cancel(&q.ask);
    resp_cancel(&q.ask);
    turns_until(&r.times, 1000);
    CHECK_INT(q.times, 0);
    CHECK_STR(str_c(r.text), STR("kept"));
    end();
}

TEST("more than may be under way is refused at once")
{
    static struct question many[RESP_SENT_MAX + 100];
    unsigned refused = 0;
    mode = MODE_FINE;
    settings.timeout_ms = 1000;
    begin(serve_moody);
    check_given("x");
    mode = MODE_SILENT;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        ask_words(&many[i], "ECHO", "x");
    turns(20);
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        refused += many[i].times && many[i].answer == RESP_DOWN;
    CHECK(refused >= 100 && refused <= 102);
    turns(1300);
    unsigned answered_all = 0;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        answered_all += many[i].times;
    CHECK_INT(answered_all, ARRAY_LEN(many));
    end();
}

TEST("a client that goes answers nothing any more")
{
    struct question q, r;
    mode = MODE_FINE;
    begin(serve_moody);
    check_given("x");
    ask_words(&q, "ECHO", "sent");
    loop_turn(loop, 0);
    ask_words(&r, "ECHO", "waiting");
    end();
    CHECK_INT(q.times + r.times, 0);
    CHECK(!q.ask.is_open && !r.ask.is_open);
}

static unsigned changes;
static bool last_change;
static void changed(void *user, bool is_up)
{
    CHECK(user == &changes);
    changes++;
    last_change = is_up;
}

static void ask_again(struct resp_ask *a)
{
    struct question *q = CONTAINER_OF(a, struct question, ask);
    if (++q->times < 5)
        resp_command(client, a, STR_NONE, q->args, 2);
}

TEST("changes are told, and whoever is answered may ask again with the same ask")
{
    mode = MODE_FINE;
    changes = 0;
    begin(serve_moody);
    resp_client_watch(client, changed, &changes);
    CHECK(wait_up(true, 1000));
    CHECK(changes == 1 && last_change);
    struct question q = { .ask.answered = ask_again, .args = { STR("ECHO"), STR("x") } };
    resp_command(client, &q.ask, STR_NONE, q.args, 2);
    turns(200);
    CHECK_INT(q.times, 5);
    mode = MODE_SILENT;
    struct question late;
    ask(&late, "ECHO", "x");
    CHECK(changes == 2 && !last_change);
    end();
}

/* ---- redirections ---- */

static uint16_t other_port;

static void serve_first_node(struct talk *t)
{
    struct heard h;
    char text[256];
    while (hear(t, &h)) {
        if (greet(t, &h))
            continue;
        if (is_word(&h, "CLUSTER")) {
            /* it has them all, says it; the second one has "foo" */
            snprintf(text, sizeof text, "*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$9\r\n127.0.0.1\r\n:%u\r\n$1\r\na\r\n", server.port);
            talk_say(t, text);
        } else if (str_eq(h.words[1], STR("foo")) || str_eq(h.words[1], STR("loop"))) {
            snprintf(text, sizeof text, "-MOVED %u 127.0.0.1:%u\r\n", resp_slot(h.words[1]), other_port);
            talk_say(t, text);
        } else if (str_eq(h.words[1], STR("moving"))) {
            snprintf(text, sizeof text, "-ASK %u 127.0.0.1:%u\r\n", resp_slot(h.words[1]), other_port);
            talk_say(t, text);
        } else if (str_eq(h.words[1], STR("half"))) {
            static atomic_int times;
            talk_say(t, atomic_fetch_add(&times, 1) % 3 < 2 ? "-TRYAGAIN Multiple keys request during rehashing of slot\r\n"
                                                            : "+whole\r\n");
        } else if (str_eq(h.words[1], STR("away"))) {
            talk_say(t, "-MOVED 1 169.254.169.254:80\r\n");
        } else if (str_eq(h.words[1], STR("rubbish"))) {
            talk_say(t, "-MOVED 99999 x\r\n");
        } else if (str_eq(h.words[1], STR("empty")) || str_eq(h.words[1], STR("unnamed"))) {
            /* the two ways in which a node says "the host by which you know me" */
            snprintf(text, sizeof text, "-MOVED %u %s:%u\r\n", resp_slot(h.words[1]),
                     str_eq(h.words[1], STR("empty")) ? "" : "?", other_port);
            talk_say(t, text);
        } else {
            say_bulk(t, h.words[1]);
        }
    }
}

static void serve_second_node(struct talk *t)
{
    struct heard h;
    char text[256];
    bool is_asking = false;
    while (hear(t, &h)) {
        if (greet(t, &h))
            continue;
        if (is_word(&h, "ASKING")) {
            talk_say(t, "+OK\r\n");
            is_asking = true;
            continue;
        }
        if (str_eq(h.words[1], STR("loop")))
            snprintf(text, sizeof text, "-MOVED %u 127.0.0.1:%u\r\n", resp_slot(h.words[1]), server.port);
        else if (str_eq(h.words[1], STR("moving")) && !is_asking)
            snprintf(text, sizeof text, "-MOVED %u 127.0.0.1:%u\r\n", resp_slot(h.words[1]), server.port);
        else
            snprintf(text, sizeof text, "+second\r\n");
        is_asking = false;
        talk_say(t, text);
    }
}

TEST("MOVED, ASK and TRYAGAIN are followed, within bounds, and not to where nobody should be sent")
{
    struct question q;
    server_start(&other, serve_second_node, NULL, NULL);
    other_port = other.port;
    settings.cluster = true;
    begin(serve_first_node);
    ask(&q, "ECHO", "plain");
    CHECK_STR(str_c(q.text), STR("plain"));
    ask(&q, "ECHO", "foo");
    CHECK_STR(str_c(q.text), STR("second"));
    ask(&q, "ECHO", "foo"); /* the way is known now */
    CHECK_STR(str_c(q.text), STR("second"));
    ask(&q, "ECHO", "moving");
    CHECK_STR(str_c(q.text), STR("second"));
    CHECK(strstr(sent_all, "ECHO moving|ASKING|ECHO moving") != NULL);
    ask(&q, "ECHO", "half");
    CHECK_STR(str_c(q.text), STR("whole"));
    ask(&q, "ECHO", "empty");
    ask(&q, "ECHO", "unnamed");
    CHECK_STR(str_c(q.text), STR("second"));
    CHECK(strstr(sent_all, "ECHO empty|ECHO empty|ECHO unnamed|ECHO unnamed") != NULL); /* by the connections that there are */
    ask(&q, "ECHO", "loop");
    CHECK_INT(q.answer, RESP_DOWN);
    ask(&q, "ECHO", "away");
    CHECK_INT(q.answer, RESP_DOWN);
    ask(&q, "ECHO", "rubbish");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK(resp_is_up(client, STR("plain")));
    end();
    server_stop(&other);
}

/* ---- sentinels ---- */

static atomic_int master_port, master_role_ok;

static void serve_sentinel(struct talk *t)
{
    struct heard h;
    char text[128];
    while (hear(t, &h)) {
        if (greet(t, &h))
            continue;
        if (!master_port)
            snprintf(text, sizeof text, "*-1\r\n");
        else
            snprintf(text, sizeof text, "*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%d\r\n", master_port > 9999 ? 5 : 4, master_port);
        talk_say(t, text);
    }
}

static void serve_master(struct talk *t)
{
    struct heard h;
    while (hear(t, &h)) {
        if (is_word(&h, "ROLE"))
            talk_say(t, master_role_ok ? "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n" : "*2\r\n$5\r\nslave\r\n:0\r\n");
        else if (!greet(t, &h))
            talk_say(t, t->server == &other ? "+old\r\n" : "+new\r\n");
    }
}

TEST("sentinels tell the master, a change of it is followed, and one who is no master is not served")
{
    static struct server sentinel, second;
    static struct store_url urls[2];
    static struct store_sentinel by;
    struct question q;
    server_start(&sentinel, serve_sentinel, NULL, NULL);
    server_start(&other, serve_master, NULL, NULL);
    server_start(&second, serve_master, NULL, NULL);
    urls[0] = (struct store_url){ .text = STR("redis://127.0.0.1"), .host = STR("127.0.0.1"), .port = 1 };
    urls[1] = (struct store_url){ .text = STR("redis://127.0.0.1"), .host = STR("127.0.0.1"), .port = sentinel.port };
    by = (struct store_sentinel){ .master = STR("limits"), .urls = { urls, 2 } };
    settings.sentinel = &by;
    master_port = 0;
    master_role_ok = 1;
    begin_at(1);
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    ask(&q, "ECHO", "x");
    CHECK(q.answer == RESP_DOWN && q.took_us < 50000);
    master_port = other.port;
    CHECK(wait_up(true, 2000));
    ask(&q, "ECHO", "x");
    CHECK_STR(str_c(q.text), STR("old"));
    CHECK(strstr(sent_all, "SENTINEL get-master-addr-by-name limits") && strstr(sent_all, "ROLE|PING"));
    master_port = second.port;
    turns(1500);
    CHECK(wait_up(true, 1000));
    ask(&q, "ECHO", "x");
    CHECK_STR(str_c(q.text), STR("new"));
    CHECK_INT(other.gone, 1);
    master_role_ok = 0;
    master_port = other.port;
    turns(1500);
    CHECK(!resp_is_up(client, STR_NONE));
    ask(&q, "ECHO", "x");
    CHECK_STR(str_c(q.text), STR("the server is not the master any more"));
    end();
    server_stop(&sentinel);
    server_stop(&other);
    server_stop(&second);
}

/* ---- a managed identity ---- */

static struct world house; /* fetches tokens, one after the other */
static unsigned tokens;
static struct deferred token_comes;
static struct ask_fetch *token_asked;
static struct timer token_timer;
static struct ask_timer *token_timer_asked;
static char token_answer[512];

static uint64_t house_now(struct world *w)
{
    (void)w;
    return loop_now_ms(loop);
}

static int64_t house_wall(struct world *w)
{
    (void)w;
    return 1700000000000;
}

/* The first time there is none. */
static void token_arrives(struct deferred *d)
{
    static const char CLAIMS[] = "{\"oid\":\"11111111-2222-3333-4444-555555555555\"}";
    char payload[128];
    (void)d;
    size_t len = base64url_encode(payload, CLAIMS, sizeof CLAIMS - 1);
    snprintf(token_answer, sizeof token_answer,
             "{\"access_token\":\"h.%.*s.s%u\",\"expires_in\":\"4\",\"token_type\":\"Bearer\"}", (int)len, payload, tokens);
    token_asked->ask.is_open = false;
    token_asked->ok = true;
    token_asked->status = tokens++ ? 200 : 500;
    token_asked->answer = str_c(token_answer);
    token_asked->ask.answered(&token_asked->ask);
}

static void house_fetch(struct world *w, struct ask_fetch *f)
{
    (void)w;
    token_asked = f;
    f->ask.is_open = true;
    loop_defer(loop, &token_comes);
}

static void house_rings(struct timer *t)
{
    (void)t;
    token_timer_asked->ask.is_open = false;
    token_timer_asked->ask.answered(&token_timer_asked->ask);
}

static void house_timer(struct world *w, struct ask_timer *a)
{
    (void)w;
    token_timer_asked = a;
    a->ask.is_open = true;
    timer_set(loop, &token_timer, a->in_ms);
}

static void house_cancel(struct world *w, struct ask *a)
{
    (void)w;
    if (!a->is_open)
        return;
    a->is_open = false;
    if (token_timer_asked && a == &token_timer_asked->ask)
        timer_cancel(&token_timer);
    else
        deferred_cancel(&token_comes);
}

TEST("an identity's token is the password: waited for, and sent again on the living connection when there is a new one")
{
    static struct identity_policy policy = { .managed = MANAGED_IMDS, .source = MANAGED_IMDS };
    struct question q;
    policy.url = STR("http://169.254.169.254/token");
    house = (struct world){
        .now_ms = house_now, .wall_ms = house_wall, .fetch = house_fetch, .timer = house_timer, .cancel = house_cancel
    };
    deferred_init(&token_comes, token_arrives);
    timer_init(&token_timer, house_rings);
    tokens = 0;
    settings.identity = &policy;
    world_of_client = &house;
    begin(serve_echo);
    world_of_client = NULL;
    ask(&q, "ECHO", "x");
    CHECK_INT(q.answer, RESP_DOWN);
    CHECK_STR(str_c(q.text), STR("there is no token to log in with yet"));
    CHECK(wait_up(true, 3000)); /* tokens are asked for again after a second */
    check_given("x");
    CHECK(strncmp(sent_all, "AUTH 11111111-2222-3333-4444-555555555555 h.", 44) == 0 && strstr(sent_all, ".s1|PING|ECHO x"));
    int connections = server.connections;
    unsigned before = tokens;
    turns(4500);
    CHECK(tokens > before && strstr(sent_all, ".s2") && resp_is_up(client, STR_NONE));
    CHECK_INT(server.connections, connections);
    check_given("x");
    end();
}
