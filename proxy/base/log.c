/* log.c - one line, one write. */
#include "proxy/base/log.h"

#include "proxy/base/buf.h"

#include <stdarg.h>
#include <time.h>
#include <unistd.h>

enum log_level log_level = LOG_LEVEL_INFO;
bool log_json;

static const char *const LEVELS[] = { "error", "warning", "info", "debug" };

bool log_level_parse(struct str word, enum log_level *out)
{
    for (size_t i = 0; i < ARRAY_LEN(LEVELS); i++)
        if (str_eq(word, str_c(LEVELS[i]))) {
            *out = (enum log_level)i;
            return true;
        }
    return false;
}

void log_write(enum log_level level, const char *format, ...)
{
    char text[2048];
    va_list args;
    if (level > log_level)
        return;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0)
        return;
    struct str said = str_of(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);

    struct timespec now;
    struct tm utc;
    char stamp[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);

    struct buf line;
    buf_init(&line, 16 * 1024);
    bool ok = log_json ? buf_addf(&line, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"pid\":%d,\"message\":\"", stamp,
                                  now.tv_nsec / 1000000, LEVELS[level], (int)getpid())
                       : buf_addf(&line, "%s.%03ldZ %d %s: ", stamp, now.tv_nsec / 1000000, (int)getpid(),
                                  LEVELS[level]);
    ok = ok && buf_add_json(&line, said) && buf_add(&line, log_json ? STR("\"}\n") : STR("\n"));
    if (ok && write(STDERR_FILENO, buf_str(&line).at, buf_len(&line)) < 0)
        (void)0; /* nowhere left to say so */
    buf_finish(&line);
}

bool log_is_due(uint64_t *told_ms, uint64_t now_ms, uint64_t every_ms)
{
    if (*told_ms && now_ms - *told_ms < every_ms)
        return false;
    *told_ms = now_ms;
    return true;
}
