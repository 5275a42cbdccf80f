/* test_edge_admin.c - what operators and their probes get, also beside those who say nothing. */
#include "proxy/edge/admin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/harness/check.h"

static struct loop *loop;
static struct admin *admin;

static bool always(void *user)
{
    (void)user;
    return true;
}

static void begin(void)
{
    static const uint8_t HERE[4] = { 127, 0, 0, 1 };
    char why[160] = "";
    struct address at = { .ip = ip_of_bytes(HERE, true) };
    loop = loop_new();
    admin = admin_new(loop, &(struct admin_options){ .address = &at, .is_ready = always }, why);
    if (!CHECK(admin))
        printf("  %s\n", why);
}

static void end(void)
{
    admin_free(admin);
    loop_free(loop);
}

static int visitor(const char *says)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(admin_port(admin)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
    socklen_t len = sizeof error;
    CHECK(fd >= 0 && (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS));
    loop_turn(loop, 1);
    CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0);
    CHECK(send(fd, says, strlen(says), MSG_NOSIGNAL) == (ssize_t)strlen(says)); /* fails where nobody took it */
    return fd;
}

/* What one that has spoken gets within some turns of the loop: the status, 0 for nothing. */
static int answer_of(int fd)
{
    char text[4096];
    ssize_t got = -1;
    for (int turn = 0; turn < 100 && got < 0; turn++) {
        loop_turn(loop, 1);
        got = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    }
    text[got > 0 ? got : 0] = '\0';
    int status = 0;
    return sscanf(text, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

#define PROBE "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"

TEST("a probe is answered beside any number of others who say nothing, or never come to an end")
{
    int slow[100];
    begin();
    for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
        slow[i] = visitor(i % 2 ? "GET /metrics HTTP/1.1\r\nHost: " : "");
        loop_turn(loop, 0);
        if (i % 10 == 9) {
            int probe = visitor(PROBE);
            if (!CHECK_INT(answer_of(probe), 200))
                printf("  beside %zu\n", i + 1);
            close(probe);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(slow); i++)
        close(slow[i]);
    end();
}

TEST("one that asks again and again stays while others who say nothing come and go")
{
    int slow[100], regular;
    begin();
    regular = visitor(PROBE);
    CHECK_INT(answer_of(regular), 200);
    for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
        slow[i] = visitor("G");
        loop_turn(loop, 0);
        if (i % 10 == 9) {
            CHECK(send(regular, PROBE, strlen(PROBE), MSG_NOSIGNAL) > 0);
            CHECK_INT(answer_of(regular), 200);
        }
    }
    close(regular);
    for (size_t i = 0; i < ARRAY_LEN(slow); i++)
        close(slow[i]);
    end();
}

TEST("what is there is for reading, and nothing else is there")
{
    static const struct {
        const char *says;
        int status;
    } ROWS[] = {
        { PROBE, 200 },
        { "HEAD /readyz HTTP/1.1\r\nHost: x\r\n\r\n", 200 },
        { "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", 405 },
        { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404 },
    };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        int fd = visitor(ROWS[i].says);
        CHECK_INT(answer_of(fd), ROWS[i].status);
        close(fd);
    }
    end();
}
