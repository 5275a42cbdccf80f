/* test_supervise.c - the real supervisor and its workers, on the loopback: ready, crash, reload, journal, drain, stop.
 */
#include "proxy/app/supervise.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proxy/app/cli.h"
#include "tests/harness/check.h"

static char folder[64], config[96], journal[96], logfile[96];
static uint16_t port, admin_port, model_port;
static pid_t gateway;
static int model_fd;

static void nap(unsigned ms)
{
    nanosleep(&(struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 }, NULL);
}

/* A chat request, for the model server. */
#define CHAT_BODY "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define CHAT(more)                                                                                                     \
    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" more                 \
    "Content-Length: 57\r\n\r\n" CHAT_BODY
static_assert(sizeof CHAT_BODY - 1 == 57, "the length that CHAT says");
static const struct timeval PATIENCE = { .tv_sec = 10 };

static int open_listener(uint16_t *out)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 16) == 0 &&
          getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &PATIENCE, sizeof PATIENCE);
    *out = ntohs(at.sin_port);
    return fd;
}

static uint16_t free_port(void)
{
    uint16_t p;
    close(open_listener(&p));
    return p;
}

static int dial_to(uint16_t to)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(to), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &PATIENCE, sizeof PATIENCE);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool send_text(int fd, const char *text)
{
    return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* The status of the next answer on the connection, -1 without one; its whole text in `answer`. */
static char answer[1 << 20];
static int read_answer(int fd, bool until_close)
{
    size_t n = 0;
    ssize_t got;
    while (n < sizeof answer - 1 && (got = recv(fd, answer + n, sizeof answer - 1 - n, 0)) > 0) {
        n += (size_t)got;
        answer[n] = '\0';
        if (!until_close && strstr(answer, "\r\n\r\n"))
            break;
    }
    answer[n] = '\0';
    return n > 12 ? (int)strtol(answer + 9, NULL, 10) : -1;
}

static int get(uint16_t from, const char *path)
{
    char text[256];
    int fd = dial_to(from);
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    int status = fd >= 0 && send_text(fd, text) ? read_answer(fd, true) : -1;
    if (fd >= 0)
        close(fd);
    return status;
}

/* The value of a series without labels, or with them as written. */
static long figure(const char *series)
{
    char wanted[160];
    if (get(admin_port, "/metrics") != 200)
        return -1;
    snprintf(wanted, sizeof wanted, "\n%s ", series);
    const char *at = strstr(answer, wanted);
    return at ? strtol(at + strlen(wanted), NULL, 10) : 0;
}

static void write_config(const char *rate, const char *more)
{
    char fresh[112];
    snprintf(fresh, sizeof fresh, "%s.new", config);
    FILE *f = fopen(fresh, "w");
    CHECK(f != NULL);
    fprintf(f,
            "listen: [ { address: '127.0.0.1:%u' } ]\nadmin: 127.0.0.1:%u\njournal: %s\nworkers: 2\ndrain: 5s\n"
            "pools: { models: { endpoints: [ 'http://127.0.0.1:%u' ] } }\n"
            "routes:\n  all:\n    match: { path: '/v1/*' }\n    insecure_anonymous: true\n"
            "    limit: [ { requests: { rate: %s, by: route } } ]\n    select: models\n%s",
            port, admin_port, journal, model_port, rate, more);
    fclose(f);
    CHECK(rename(fresh, config) == 0);
}

static bool wait_for(bool (*so)(void), unsigned ms)
{
    for (unsigned waited = 0; waited < ms; waited += 20, nap(20))
        if (so())
            return true;
    return so();
}

static bool is_ready(void)
{
    return get(admin_port, "/readyz") == 200;
}

static void start_gateway(void)
{
    snprintf(folder, sizeof folder, "/tmp/test-supervise-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(config, sizeof config, "%s/c.yaml", folder);
    snprintf(journal, sizeof journal, "%s/journal", folder);
    snprintf(logfile, sizeof logfile, "%s/log", folder);
    model_fd = open_listener(&model_port);
    port = free_port();
    admin_port = free_port();
    write_config("1000/min", "");
    fflush(NULL);
    if ((gateway = fork()) == 0) {
        int log = open(logfile, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(log, STDERR_FILENO);
        close(model_fd);
        alarm(60); /* whatever the test does: nothing stays behind */
        exit(supervise(config));
    }
    CHECK(wait_for(is_ready, 20000));
}

static bool log_has(const char *text)
{
    static char all[1 << 18];
    int fd = open(logfile, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, all, sizeof all - 1);
    close(fd);
    all[n > 0 ? n : 0] = '\0';
    return strstr(all, text) != NULL;
}

static int end_gateway(void)
{
    int status = 0;
    CHECK(waitpid(gateway, &status, 0) == gateway);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code != EXIT_FINE || log_has("Sanitizer")) {
        char command[160];
        snprintf(command, sizeof command, "%s", logfile);
        FILE *f = fopen(command, "r");
        for (int c; f && (c = fgetc(f)) != EOF;)
            putchar(c);
        if (f)
            fclose(f);
    }
    CHECK(!log_has("Sanitizer"));
    close(model_fd);
    unlink(config);
    unlink(journal);
    unlink(logfile);
    CHECK(rmdir(folder) == 0);
    return code;
}

/* A worker's pid: a child of the gateway. */
static pid_t some_worker(void)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)gateway, (int)gateway);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    return n > 0 ? (pid_t)strtol(text, NULL, 10) : -1;
}

static int ask_model(void)
{
    int fd = dial_to(port);
    bool ok = fd >= 0 && send_text(fd, CHAT("Connection: close\r\n"));
    int status = ok ? read_answer(fd, true) : -1;
    if (fd >= 0)
        close(fd);
    return status;
}

/* The model server answers the next request that reaches it after `ms`. */
static void serve_one(unsigned ms)
{
    char head[4096];
    int fd = accept(model_fd, NULL, NULL);
    CHECK(fd >= 0 && recv(fd, head, sizeof head, 0) > 0);
    nap(ms);
    CHECK(send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));
    close(fd);
}

static bool has_restarted(void)
{
    return figure("bartizan_worker_restarts_total") == 1 && figure("bartizan_workers") == 2;
}

TEST("a worker that is killed is replaced within a second, and the others never notice")
{
    start_gateway();
    CHECK_INT(get(port, "/nowhere"), 404);
    CHECK_INT(get(admin_port, "/nowhere"), 404);
    CHECK_INT(get(admin_port, "/livez"), 200);
    CHECK_INT(figure("bartizan_workers"), 2);
    pid_t worker = some_worker();
    CHECK(worker > 0 && kill(worker, SIGKILL) == 0);
    CHECK(wait_for(has_restarted, 1000));
    for (int i = 0; i < 20; i++)
        CHECK_INT(get(port, "/nowhere"), 404);
    CHECK(log_has("ended by signal 9"));
    CHECK(kill(gateway, SIGTERM) == 0);
    CHECK_INT(end_gateway(), EXIT_FINE);
}

static bool second_is_used(void)
{
    return figure("bartizan_generation") == 2 && figure("bartizan_workers_draining") == 0;
}
static bool one_drains(void)
{
    return figure("bartizan_workers_draining") == 1;
}
static bool has_failed(void)
{
    return figure("bartizan_reloads_total{result=\"failed\"}") == 1;
}

TEST("a changed file is used, a bad one changes nothing, a running request finishes with what it began with")
{
    start_gateway();
    int fd = dial_to(port);
    CHECK(send_text(fd, CHAT("")));
    int model = accept(model_fd, NULL, NULL);
    char head[4096];
    CHECK(recv(model, head, sizeof head, 0) > 0);

    write_config("1000/min", "nonsense: 1\n");
    CHECK(wait_for(has_failed, 3000));
    CHECK(log_has("has no setting \"nonsense\""));
    CHECK_INT(figure("bartizan_generation"), 1);
    CHECK_INT(get(port, "/nowhere"), 404);

    write_config("2/min", "");
    CHECK(kill(gateway, SIGHUP) == 0);
    bool used = false;
    for (int i = 0; i < 150 && !used; i++) { /* all the while nobody is turned away */
        CHECK_INT(get(port, "/nowhere"), 404);
        used = figure("bartizan_generation") == 2;
        nap(10);
    }
    CHECK(used);
    CHECK_INT(figure("bartizan_workers"), 2);
    CHECK(wait_for(one_drains, 2000)); /* the one that has the running request */
    CHECK(send_text(model, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));
    CHECK_INT(read_answer(fd, true), 200);
    CHECK(strstr(answer, "connection: close") || strstr(answer, "Connection: close"));
    close(fd);
    close(model);
    CHECK(wait_for(second_is_used, 3000));
    CHECK(kill(gateway, SIGTERM) == 0);
    CHECK_INT(end_gateway(), EXIT_FINE);
}

static bool more_are_coming(void)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)gateway, (int)gateway);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && read(fd, text, sizeof text - 1) >= 0);
    close(fd);
    size_t n = 0;
    for (const char *at = text; (at = strchr(at, ' ')); at++)
        n++;
    return n > 2;
}
static bool two_have_failed(void)
{
    return figure("bartizan_reloads_total{result=\"failed\"}") == 2;
}

TEST("a reload that was asked for while another one was failing is not forgotten")
{
    start_gateway();
    char good[sizeof journal];
    memcpy(good, journal, sizeof good);
    snprintf(journal, sizeof journal, "%s/nowhere/journal", folder); /* found out by the workers */
    write_config("1000/min", "");
    memcpy(journal, good, sizeof good);
    nap(20); /* so that the file is not of the same moment in which it is read */
    CHECK(kill(gateway, SIGHUP) == 0);
    for (int i = 0; i < 2000 && !more_are_coming(); i++)
        nap(1);
    CHECK(kill(gateway, SIGHUP) == 0);
    CHECK(wait_for(two_have_failed, 3000));
    CHECK_INT(figure("bartizan_generation"), 1);
    CHECK_INT(get(port, "/nowhere"), 404);
    CHECK(kill(gateway, SIGTERM) == 0);
    CHECK_INT(end_gateway(), EXIT_FINE);
}

TEST("what is counted goes on through crashes and reloads, limits hold over all workers")
{
    start_gateway();
    write_config("3/min", "");
    CHECK(wait_for(second_is_used, 3000));
    close(model_fd); /* nobody answers: 502, which counts as well */
    model_fd = -1;
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask_model(), 502);
    for (int i = 0; i < 10; i++)
        CHECK_INT(ask_model(), 429);
    kill(some_worker(), SIGKILL);
    CHECK(wait_for(has_restarted, 1000));
    CHECK_INT(ask_model(), 429);
    CHECK_INT(figure("bartizan_requests_total{route=\"all\",status=\"429\",reason=\"over-limit\"}"), 11);
    CHECK_INT(figure("bartizan_requests_total{route=\"all\",status=\"502\",reason=\"upstream-unreachable\"}"), 3);
    CHECK(kill(gateway, SIGTERM) == 0);
    CHECK_INT(end_gateway(), EXIT_FINE);
}

TEST("a limit that only reports refuses nobody and is told about")
{
    start_gateway();
    write_config("1/min, report_only: true", "");
    CHECK(wait_for(second_is_used, 3000));
    close(model_fd);
    model_fd = -1;
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask_model(), 502);
    CHECK_INT(figure("bartizan_reported_total{stage=\"limit\",rule=\"requests\"}"), 2);
    char text[4096] = "";
    int fd = open(journal, O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    CHECK(strstr(text, "{\"rule\":\"requests:all.0|route=all\",\"category\":\"requests\",") != NULL);
    CHECK(kill(gateway, SIGTERM) == 0);
    CHECK_INT(end_gateway(), EXIT_FINE);
}

TEST("SIGTERM refuses who comes, lets finish who is there, and ends; the second one does not wait")
{
    start_gateway();
    fflush(NULL);
    pid_t model = fork();
    if (model == 0) {
        serve_one(700);
        _exit(0);
    }
    int fd = dial_to(port);
    CHECK(send_text(fd, CHAT("")));
    nap(200);
    CHECK(kill(gateway, SIGTERM) == 0);
    nap(150);
    CHECK_INT(get(admin_port, "/readyz"), 503);
    CHECK_INT(get(admin_port, "/livez"), 200);
    CHECK(dial_to(port) < 0);
    CHECK_INT(read_answer(fd, true), 200);
    close(fd);
    waitpid(model, NULL, 0);
    CHECK_INT(end_gateway(), EXIT_FINE);

    start_gateway();
    fd = dial_to(port);
    CHECK(send_text(fd, CHAT("")));
    nap(200);
    CHECK(kill(gateway, SIGTERM) == 0);
    nap(100);
    CHECK(kill(gateway, SIGTERM) == 0);
    CHECK_INT(read_answer(fd, true), -1); /* cut, long before the five seconds of draining */
    CHECK_INT(end_gateway(), EXIT_FINE);
    close(fd);
}

static bool journal_is_there(void)
{
    struct stat st;
    get(port, "/nowhere");
    nap(50);
    return stat(journal, &st) == 0 && st.st_size > 0;
}

TEST("SIGUSR1 reopens the journal after it was moved")
{
    start_gateway();
    CHECK(journal_is_there());
    char moved[112];
    snprintf(moved, sizeof moved, "%s.1", journal);
    CHECK(rename(journal, moved) == 0);
    CHECK(kill(gateway, SIGUSR1) == 0);
    CHECK(wait_for(journal_is_there, 2000));
    unlink(moved);
    CHECK(kill(gateway, SIGTERM) == 0);
    CHECK_INT(end_gateway(), EXIT_FINE);
}
