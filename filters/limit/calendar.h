/* calendar.h - the hours, days and months of a time zone, as the periods of quotas.
 *
 * A period begins when the clocks of the zone first show its first moment, however often they show it, so that periods follow
 * one another without gap or overlap through every change of the clocks. */
#ifndef FILTERS_LIMIT_CALENDAR_H
#define FILTERS_LIMIT_CALENDAR_H

#include "filters/limit/zone.h"

enum calendar_unit { CALENDAR_HOUR, CALENDAR_DAY, CALENDAR_MONTH, CALENDAR_UNITS };
extern const char *const CALENDAR_WORDS[CALENDAR_UNITS + 1]; /* hour, day, month */
bool calendar_unit_parse(struct str word, enum calendar_unit *unit) MUST_USE;

/* Changed as time goes on: one for each policy, in the process that uses it. */
struct calendar {
    const struct zone *zone; /* NULL: UTC */
    enum calendar_unit unit;
    uint64_t periods_ms[3]; /* as of struct limit_op; what was computed last */
};

/* Begin of the period that `wall_ms` is in, of the next one, and of the one after it; computed only when the period is over. */
const uint64_t *calendar_periods(struct calendar *c, int64_t wall_ms);

#endif
