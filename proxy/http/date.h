/* date.h - a point in time as HTTP writes it. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "proxy/base/str.h"

/* Seconds since 1970 out of any of the three forms that a recipient must take (RFC 9110 §5.6.7); `now_s` tells the
 * century where a year has two digits. The name of the day is not held against the date. False for anything else, days
 * that no month has too. */
bool http_date_read(struct str s, int64_t now_s, int64_t *wall_s) MUST_USE;

#endif
