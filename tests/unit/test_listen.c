/* test_listen.c - who may come in: listening sockets and the gate behind them. */
#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proxy/edge/gate.h"
#include "proxy/edge/listen.h"
#include "tests/harness/check.h"

static struct ip_address v4(uint32_t number)
{
    number = htonl(number);
    return ip_of_bytes(&number, true);
}

TEST("the gate counts exactly, whoever leaves in whatever order")
{
    enum { MAX = 500, ADDRESSES = 60, EACH = 12 };
    struct gate *g = gate_new(MAX, EACH);
    unsigned counts[ADDRESSES] = { 0 };
    size_t total = 0, wrong = 0;
    uint32_t random = 1;
    for (int i = 0; i < 200000; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned who = (random >> 8) % ADDRESSES;
        struct ip_address ip = v4(0x0a000000u + who * 77);
        if ((random >> 24) % 2) {
            bool in = gate_enter(g);
            wrong += in != (total < MAX);
            if (!in)
                continue;
            bool from = gate_enter_from(g, &ip);
            wrong += from != (counts[who] < EACH);
            if (from) {
                total++;
                counts[who]++;
            } else {
                gate_leave(g);
            }
        } else if (counts[who]) {
            gate_leave_from(g, &ip);
            gate_leave(g);
            counts[who]--;
            total--;
        }
        wrong += gate_count_from(g, &ip) != counts[who];
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(gate_count(g), total);
    gate_free(g);
}

TEST("an IPv6 caller counts by its network")
{
    struct gate *g = gate_new(10, 1);
    struct ip_address a = { .bytes = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1 } }, b = a, c = a;
    b.bytes[15] = 9;
    c.bytes[7] = 2;
    CHECK(gate_enter_from(g, &a) && !gate_enter_from(g, &b) && gate_enter_from(g, &c));
    gate_free(g);
}

static struct loop *loop;
static int accepted_fds[16];
static size_t accepted_count;
static struct ip_address accepted_from;

static void accepted(struct listening *l, int fd, const struct ip_address *from, uint16_t port)
{
    (void)l;
    (void)port;
    accepted_from = *from;
    if (accepted_count < 16)
        accepted_fds[accepted_count++] = fd;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static void close_accepted(void)
{
    while (accepted_count)
        close(accepted_fds[--accepted_count]);
}

TEST("connections are accepted with their address, on several sockets of one port")
{
    const char *why = NULL;
    struct ip_address here = v4(INADDR_LOOPBACK);
    int one = listen_open_tcp(&here, 0, true, &why);
    uint16_t port = listen_port(one);
    int two = listen_open_tcp(&here, port, true, &why);
    CHECK(one >= 0 && two >= 0 && listen_port(two) == port);
    loop = loop_new();
    struct listening a = { .accepted = accepted }, b = { .accepted = accepted };
    CHECK(listen_start(&a, loop, one) && listen_start(&b, loop, two));
    int clients[8];
    for (int i = 0; i < 8; i++)
        clients[i] = connect_to(port);
    for (int i = 0; i < 10 && accepted_count < 8; i++)
        loop_turn(loop, 50);
    CHECK_INT(accepted_count, 8);
    CHECK(accepted_from.is_v4 && memcmp(accepted_from.bytes, here.bytes, 16) == 0);
    for (int i = 0; i < 8; i++)
        close(clients[i]);
    close_accepted();
    listen_stop(&a);
    listen_stop(&b);
    loop_free(loop);
}

TEST("without descriptors the listener rests and does not spin, and goes on when there are some")
{
    const char *why = NULL;
    struct ip_address here = v4(INADDR_LOOPBACK);
    loop = loop_new();
    struct listening l = { .accepted = accepted };
    int fd = listen_open_tcp(&here, 0, true, &why);
    CHECK(listen_start(&l, loop, fd));
    int client = connect_to(listen_port(fd));
    struct rlimit before, none;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = before;
    none.rlim_cur = (rlim_t)client + 1;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    int turns = 0;
    for (uint64_t start_ms = loop_now_exact_us() / 1000; loop_now_exact_us() / 1000 < start_ms + 60; turns++)
        loop_turn(loop, 20);
    CHECK(accepted_count == 0 && turns < 10);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    for (int i = 0; i < 10 && !accepted_count; i++)
        loop_turn(loop, 50);
    CHECK_INT(accepted_count, 1);
    close(client);
    close_accepted();
    listen_stop(&l);
    loop_free(loop);
}

TEST("a UNIX socket has its mode, replaces a dead one, and spares a living one and other files")
{
    char folder[] = "/tmp/bartizan-listen-XXXXXX", path[64];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/s", folder);
    const char *why = NULL;
    struct stat st;
    int fd = listen_open_unix(str_c(path), 0660, &why);
    CHECK(fd >= 0 && stat(path, &st) == 0 && (st.st_mode & 0777) == 0660);
    CHECK(listen_open_unix(str_c(path), 0660, &why) == -1);
    CHECK_STR(str_c(why), STR("somebody listens there"));
    close(fd);
    fd = listen_open_unix(str_c(path), 0600, &why);
    CHECK(fd >= 0);
    close(fd);
    unlink(path);
    FILE *file = fopen(path, "w");
    CHECK(file && fclose(file) == 0);
    CHECK(listen_open_unix(str_c(path), 0600, &why) == -1 && access(path, F_OK) == 0);
    unlink(path);
    rmdir(folder);
}
