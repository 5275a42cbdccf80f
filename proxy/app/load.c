/* load.c - reading a configuration file whole, under a ceiling. */
#include "proxy/app/load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filters/list.h"
#include "proxy/app/cli.h"
#include "proxy/base/log.h"

enum { FILE_BYTES_MAX = 4 * 1024 * 1024, PRINTED_MAX = 8 * 1024 * 1024 };

/* False with errno set. */
static bool read_whole(const char *path, struct buf *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool ok = false;
    if (fd < 0)
        return false;
    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        goto out;
    }
    for (;;) {
        char *at = buf_reserve(out, 64 * 1024);
        if (!at) {
            errno = EFBIG;
            goto out;
        }
        ssize_t got = read(fd, at, 64 * 1024);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            goto out;
        if (got == 0)
            break;
        buf_grew(out, (size_t)got);
    }
    ok = true;
out:;
    int error = errno;
    close(fd);
    errno = error;
    return ok;
}

struct setup *load_setup(const char *path, struct problems *problems)
{
    struct buf text;
    struct setup *s = NULL;
    buf_init(&text, FILE_BYTES_MAX);
    if (read_whole(path, &text)) {
        problems_init(problems, str_c(path), buf_str(&text));
        s = setup_read(str_c(path), buf_str(&text), &LANGUAGE, problems);
    } else {
        int error = errno;
        problems_init(problems, str_c(path), STR_NONE);
        problem(problems, (struct span){ 0 }, "cannot be read: %s", strerror(error));
        if (error == ENOENT && strcmp(path, CLI_FILE_DEFAULT) == 0)
            problem_hint(problems, "name one, as `bartizan --help` shows; config/examples has some to begin with");
    }
    buf_finish(&text);
    return s;
}

/* Whoever reads the log as JSON gets no line that is none. */
static void print_as_log(const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *it = &problems->list[i];
        char place[32] = "";
        if (it->span.line)
            snprintf(place, sizeof place, ":%u:%u", it->span.line, it->span.column);
        log_write(it->severity == SEVERITY_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s%s: %s%s%s", problems->file,
                  place, it->message, it->hint ? "; " : "", it->hint ? it->hint : "");
    }
}

void load_print(const struct problems *problems)
{
    struct buf out;
    if (log_json) {
        print_as_log(problems);
        return;
    }
    buf_init(&out, PRINTED_MAX);
    (void)!problems_print(problems, &out);
    if (buf_len(&out))
        fwrite(out.data + out.start, 1, buf_len(&out), stderr);
    if (problems->errors > problems->count)
        fprintf(stderr, "%s: and more: %zu errors in all\n", problems->file, problems->errors);
    buf_finish(&out);
}

struct setup *load_setup_aloud(const char *path)
{
    struct problems problems;
    struct setup *s = load_setup(path, &problems);
    load_print(&problems);
    problems_finish(&problems);
    return s;
}
