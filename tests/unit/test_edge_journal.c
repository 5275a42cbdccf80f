/* test_edge_journal.c - audit lines are whole, wait within a bound, and follow a rotation. */
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/edge/journal.h"
#include "tests/harness/check.h"

static char path[] = "/tmp/test-journal-XXXXXX";

static size_t read_all(const char *name, char *out, size_t size)
{
    int fd = open(name, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, out, size);
    if (fd >= 0)
        close(fd);
    return n > 0 ? (size_t)n : 0;
}

TEST("the lines of a turn are written at its end, a rotation splits between turns")
{
    char why[160], text[4096], old[64];
    struct loop *loop = loop_new();
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    struct journal *j = journal_open(loop, str_c(path), why);
    CHECK(j != NULL);
    CHECK(journal_add(j, STR("{\"a\":1}")) && journal_add(j, STR("{\"b\":2}")));
    CHECK_INT(read_all(path, text, sizeof text), 0);
    loop_turn(loop, 0);
    CHECK_STR(str_of(text, read_all(path, text, sizeof text)), STR("{\"a\":1}\n{\"b\":2}\n"));
    snprintf(old, sizeof old, "%s.1", path);
    CHECK(rename(path, old) == 0);
    CHECK(journal_add(j, STR("before")));
    CHECK(journal_reopen(j));
    CHECK(journal_add(j, STR("after")));
    journal_close(j, 0);
    CHECK_STR(str_of(text, read_all(old, text, sizeof text)), STR("{\"a\":1}\n{\"b\":2}\nbefore\n"));
    CHECK_STR(str_of(text, read_all(path, text, sizeof text)), STR("after\n"));
    unlink(old);
    unlink(path);
    loop_free(loop);
}

TEST("a place that cannot be opened is told, nowhere takes everything")
{
    char why[160];
    struct loop *loop = loop_new();
    CHECK(!journal_open(loop, STR("/no/such/folder/x"), why));
    CHECK_STR(str_c(why), STR("/no/such/folder/x: No such file or directory"));
    struct journal *j = journal_open(loop, STR("insecure_none"), why);
    CHECK(j && journal_add(j, STR("x")) && !journal_is_stuck(j));
    journal_close(j, 0);
    loop_free(loop);
}

/* Two writers and one pipe as standard output: every line arrives whole. */
static void write_lines(char who, unsigned n)
{
    char why[160], line[3000];
    struct loop *loop = loop_new();
    struct journal *j = journal_open(loop, STR("stdout"), why);
    for (unsigned i = 0; j && i < n; i++) {
        memset(line, who, sizeof line);
        if (!journal_add(j, str_of(line, 1 + i * 37 % sizeof line)))
            _exit(1);
        while (journal_is_stuck(j))
            loop_turn(loop, 5);
        if (i % 3 == 0)
            loop_turn(loop, 0);
    }
    journal_close(j, 5000);
    loop_free(loop);
}

TEST("two processes on one pipe never tear a line")
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    pid_t pids[2];
    for (int w = 0; w < 2; w++)
        if ((pids[w] = fork()) == 0) {
            dup2(ends[1], STDOUT_FILENO);
            close(ends[0]);
            close(ends[1]);
            write_lines((char)('a' + w), 3000);
            _exit(0);
        }
    close(ends[1]);
    char piece[65536];
    unsigned lines = 0, torn = 0;
    char in_line = 0;
    ssize_t n;
    while ((n = read(ends[0], piece, sizeof piece)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            torn += in_line && piece[i] != '\n' && piece[i] != in_line;
            lines += piece[i] == '\n';
            in_line = piece[i] == '\n' ? 0 : piece[i];
        }
    close(ends[0]);
    for (int w = 0; w < 2; w++) {
        int status = 1;
        CHECK(waitpid(pids[w], &status, 0) == pids[w] && status == 0);
    }
    CHECK_INT(lines, 6000);
    CHECK_INT(torn, 0);
}

TEST("a file that is standard output and takes a log too keeps the lines of both, and may be emptied")
{
    char why[160], text[256], name[] = "/tmp/test-journal-XXXXXX";
    struct loop *loop = loop_new();
    fflush(stdout);
    int fd = mkstemp(name), kept = dup(STDOUT_FILENO);
    CHECK(fd >= 0 && kept >= 0);
    dup2(fd, STDOUT_FILENO);
    struct journal *j = journal_open(loop, STR("stdout"), why);
    bool ok = j && write(fd, "log 1\n", 6) == 6 && journal_add(j, STR("line 1"));
    loop_turn(loop, 0);
    ok = ok && write(fd, "log 2\n", 6) == 6 && journal_add(j, STR("line 2"));
    loop_turn(loop, 0);
    char before[256];
    size_t before_len = read_all(name, before, sizeof before);
    ok = ok && truncate(name, 0) == 0 && journal_add(j, STR("line 3")); /* copied, and emptied in its place */
    journal_close(j, 0);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(fd);
    CHECK(ok);
    CHECK_STR(str_of(before, before_len), STR("log 1\nline 1\nlog 2\nline 2\n"));
    CHECK_STR(str_of(text, read_all(name, text, sizeof text)), STR("line 3\n"));
    unlink(name);
    loop_free(loop);
}

TEST("a stopped reader fills the buffer up to its bound, then lines are refused; when he reads again all arrives")
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    char why[160], line[1000], piece[65536];
    struct loop *loop = loop_new();
    struct journal *j = journal_open(loop, STR("stdout"), why);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(ends[1]);
    memset(line, 'x', sizeof line);
    unsigned added = 0, stuck_after = 0;
    while (added < 5000 && journal_add(j, str_of(line, sizeof line - 1))) {
        added++;
        if (!stuck_after && journal_is_stuck(j))
            stuck_after = added;
        loop_turn(loop, 0);
    }
    CHECK(added < 1200 && added > 1040 && stuck_after > 780 && stuck_after < 900);
    CHECK(!journal_add(j, str_of(line, sizeof line)));
    size_t got = 0;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 1000 && got < added * sizeof line; i++) {
        ssize_t n = read(ends[0], piece, sizeof piece);
        got += n > 0 ? (size_t)n : 0;
        loop_turn(loop, 5);
    }
    CHECK_INT(got, added * sizeof line);
    CHECK(!journal_is_stuck(j));
    journal_close(j, 0);
    close(ends[0]);
    loop_free(loop);
}
