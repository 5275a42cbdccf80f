/* zone.h - a time zone of the system's database: how far its clocks are from UTC at any time.
 *
 * Read from the TZif file (RFC 9636) and its rule for the years after the last entry, without the process's TZ, so that
 * several zones live side by side and nothing is looked up while requests are served. */
#ifndef FILTERS_LIMIT_ZONE_H
#define FILTERS_LIMIT_ZONE_H

#include "proxy/base/arena.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

struct zone;

/* A zone by its name in the database, such as Europe/Berlin; NULL with a reason in *why. Lives in the arena. */
struct zone *zone_load(struct arena *a, const char *directory, struct str name, const char **why) MUST_USE;
/* The same from the bytes of a file. */
struct zone *zone_read(struct arena *a, struct str file, const char **why) MUST_USE;

/* Seconds east of UTC. */
int64_t zone_offset(const struct zone *z, int64_t utc_s);

/* Days since 1970-01-01 of a day in the proleptic Gregorian calendar, and back. Months count from 1. */
int64_t days_of_date(int64_t year, unsigned month, unsigned day);
void date_of_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);

#endif
