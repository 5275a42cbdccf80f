/* fuzz_zone.c - files of any bytes as a time zone: refused, or of use for every year. */
#include "filters/limit/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    const char *why;
    arena_init(&a, 1 << 20);
    struct zone *z = zone_read(&a, str_of((const char *)data, size), &why);
    for (int64_t year = 1960; z && year < 2200; year += 7)
        zone_offset(z, days_of_date(year, (unsigned)(year % 12) + 1, 31) * 86400);
    arena_finish(&a);
    return 0;
}
