/* log.h - what the operator reads on standard error. Lower case, no full stop, the subject first.
 *
 * error: someone must act; warning: someone should; info: start, stop, reload; debug: off by default.
 * Rooms below core never log: they return what happened. Never pass a token, a key, a prompt or an answer. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "proxy/base/str.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

extern enum log_level log_level; /* the most talkative level that is written; LOG_LEVEL_INFO by default */
extern bool log_json;            /* one JSON object a line instead of text */

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   (log_level >= LOG_LEVEL_DEBUG ? log_write(LOG_LEVEL_DEBUG, __VA_ARGS__) : (void)0)

/* One line, written by one write(2); control bytes in it are replaced, so that no input forges a line. */
void log_write(enum log_level level, const char *format, ...) PRINTF(2, 3) COLD;
/* May what happens again and again be logged now? Then `*told_ms`, 0 at first, is set to now. */
bool log_is_due(uint64_t *told_ms, uint64_t now_ms, uint64_t every_ms) MUST_USE;
bool log_level_parse(struct str word, enum log_level *out) MUST_USE;

#endif
