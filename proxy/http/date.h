/* date.h - a point in time as HTTP writes it, and when to come back. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "proxy/http/message.h"

enum { HTTP_RETRY_AFTER_MAX_MS = 24 * 3600 * 1000 };

/* Seconds since 1970 out of any of the three forms that a recipient must take (RFC 9110 §5.6.7); `now_s` tells the
 * century where a year has two digits. The name of the day is not held against the date. False for anything else, days
 * that no month has too. */
bool http_date_read(struct str s, int64_t now_s, int64_t *wall_s) MUST_USE;

/* How long an answer asks to wait: the larger of Retry-After, seconds or a date (RFC 9110 §10.2.3), and of Azure's and the SDKs'
 * retry-after-ms; a fraction is taken in both. A date that is over is 0, what is above HTTP_RETRY_AFTER_MAX_MS is that. False when
 * neither says anything: missing, negative, no number of 64 bits. */
bool http_retry_after_read(const struct http_head *h, int64_t wall_s, uint64_t *ms) MUST_USE;

#endif
