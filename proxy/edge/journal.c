/* journal.c - whole audit lines to a place that others write to as well. */
#include "proxy/edge/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/base/buf.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/loop/timer.h"

enum { RETRY_MS = 10, FILE_MODE = 0640 };
static_assert(JOURNAL_LINE_BYTES <= PIPE_BUF, "a line is one write");

struct journal {
    struct loop *loop;
    char *path; /* owned; NULL: standard output, or nowhere */
    int fd;     /* owned; -1: nowhere */
    bool is_file;
    bool may_block; /* a description that others share: its flags are not ours to change */
    bool is_torn;   /* the file ends in the middle of a line, which is first in `waiting` */
    bool complained;
    struct buf waiting;
    struct deferred flush;
    struct timer retry;
};

/* A description of our own for standard output, so that not waiting concerns nobody else. Not of a file, where nobody
 * waits: a log that goes to the same one (`> all.log 2>&1`) would not see how far we are, and write over it. All who share
 * it append instead, so that after somebody emptied it (copytruncate) it begins with a line and not with a hole. */
static int own_stdout(bool *may_block)
{
    struct stat st;
    bool is_file = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
    int fd = is_file ? -1 : open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int flags = is_file ? fcntl(STDOUT_FILENO, F_GETFL) : -1;
    if (flags >= 0)
        (void)fcntl(STDOUT_FILENO, F_SETFL, flags | O_APPEND);
    *may_block = fd < 0 && !is_file;
    return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

static int open_place(const struct journal *j, bool *is_file, bool *may_block)
{
    *may_block = false;
    int fd = j->path ? open(j->path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, FILE_MODE)
                     : own_stdout(may_block);
    struct stat st;
    *is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    return fd;
}

/* Of a file everything; else as many whole lines as the kernel keeps together. */
static size_t next_piece(const struct journal *j)
{
    struct str all = buf_str(&j->waiting);
    if (j->is_file || all.len <= PIPE_BUF)
        return all.len;
    size_t end = PIPE_BUF;
    while (end > 0 && all.at[end - 1] != '\n')
        end--;
    assert(end > 0);
    return end;
}

static bool would_block(const struct journal *j)
{
    struct pollfd p = { .fd = j->fd, .events = POLLOUT };
    return j->may_block && (poll(&p, 1, 0) <= 0 || !(p.revents & POLLOUT));
}

/* After a short write (a disk that is full) the line is written again, whole, behind the torn piece: another process
 * may have appended in between. */
static void take_written(struct journal *j, size_t written, size_t piece)
{
    struct str all = buf_str(&j->waiting);
    size_t whole = written;
    while (written < piece && whole > 0 && all.at[whole - 1] != '\n')
        whole--;
    j->is_torn = whole < written;
    buf_take(&j->waiting, whole);
}

/* True when all is written. */
static bool write_out(struct journal *j)
{
    while (buf_len(&j->waiting) > 0) {
        if (would_block(j) || (j->is_torn && write(j->fd, "\n", 1) != 1))
            return false;
        j->is_torn = false;
        size_t piece = next_piece(j);
        ssize_t n = write(j->fd, buf_str(&j->waiting).at, piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (!j->complained && errno != EAGAIN)
                log_error("journal: cannot be written: %s", strerror(errno));
            j->complained |= errno != EAGAIN;
            return false;
        }
        take_written(j, (size_t)n, piece);
    }
    j->complained = false;
    return true;
}

static void flush_now(struct journal *j)
{
    bool done = write_out(j);
    if (done && buf_len(&j->waiting) == 0)
        timer_cancel(&j->retry);
    else if (!timer_is_set(&j->retry))
        timer_set(j->loop, &j->retry, RETRY_MS);
    GAUGE_SET(buf_len(&j->waiting), METRIC_JOURNAL_WAITING);
}

static void flush_turn(struct deferred *d)
{
    flush_now(CONTAINER_OF(d, struct journal, flush));
}

static void flush_again(struct timer *t)
{
    flush_now(CONTAINER_OF(t, struct journal, retry));
}

bool journal_add(struct journal *j, struct str line)
{
    if (j->fd < 0)
        return true;
    assert(!str_has(line, '\n'));
    bool ok = line.len < JOURNAL_LINE_BYTES && buf_len(&j->waiting) + line.len < JOURNAL_WAITING_BYTES &&
              buf_reserve(&j->waiting, line.len + 1) && buf_add(&j->waiting, line) && buf_add(&j->waiting, STR("\n"));
    if (!ok) {
        COUNT(METRIC_JOURNAL_STUCK);
        return false;
    }
    COUNT(METRIC_JOURNAL_LINES);
    loop_at_flush(j->loop, &j->flush);
    return true;
}

bool journal_is_stuck(const struct journal *j)
{
    return buf_len(&j->waiting) >= JOURNAL_STUCK_BYTES;
}

struct journal *journal_open(struct loop *loop, struct str where, char why[160])
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j) {
        snprintf(why, 160, "no memory");
        return NULL;
    }
    j->loop = loop;
    j->fd = -1;
    buf_init(&j->waiting, JOURNAL_WAITING_BYTES + JOURNAL_LINE_BYTES);
    deferred_init(&j->flush, flush_turn);
    timer_init(&j->retry, flush_again);
    if (str_eq(where, STR("insecure_none")))
        return j;
    bool is_path = !str_eq(where, STR("stdout"));
    j->path = is_path ? strndup(where.at, where.len) : NULL;
    if (!is_path || j->path)
        j->fd = open_place(j, &j->is_file, &j->may_block);
    if (j->fd >= 0)
        return j;
    snprintf(why, 160, "%s: %s", is_path && j->path ? j->path : "standard output", strerror(errno));
    journal_close(j, 0);
    return NULL;
}

bool journal_reopen(struct journal *j)
{
    if (!j->path)
        return true;
    bool is_file, may_block;
    int fd = open_place(j, &is_file, &may_block);
    if (fd < 0) {
        log_error("journal: cannot be reopened, the old file stays in use: %s: %s", j->path, strerror(errno));
        return false;
    }
    (void)write_out(j); /* what was said before the rotation belongs into the old file */
    close(j->fd);
    j->fd = fd;
    j->is_file = is_file;
    j->may_block = may_block;
    j->is_torn = false;
    return true;
}

void journal_close(struct journal *j, uint64_t wait_ms)
{
    if (!j)
        return;
    for (uint64_t waited = 0; j->fd >= 0 && !write_out(j) && waited < wait_ms; waited += RETRY_MS)
        poll(NULL, 0, RETRY_MS);
    if (buf_len(&j->waiting) > 0)
        log_error("journal: %zu bytes are lost, nothing took them", buf_len(&j->waiting));
    if (j->fd >= 0)
        close(j->fd);
    deferred_cancel(&j->flush);
    timer_cancel(&j->retry);
    buf_finish(&j->waiting);
    free(j->path);
    free(j);
}
