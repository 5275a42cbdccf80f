/* fetch_retry.c - when a server that was asked for a document wants to be asked again. */
#include "proxy/edge/fetch.h"

#include "proxy/http/date.h"

bool fetch_parse_retry_after(struct str value, int64_t wall_s, uint64_t *ms)
{
    uint64_t seconds;
    int64_t at_s;
    if (!value.at)
        return false;
    if (!str_to_u64(value, &seconds)) {
        if (!http_date_read(value, wall_s, &at_s))
            return false;
        seconds = at_s > wall_s ? (uint64_t)(at_s - wall_s) : 0;
    }
    *ms = seconds < FETCH_RETRY_AFTER_MAX_MS / 1000 ? seconds * 1000 : FETCH_RETRY_AFTER_MAX_MS;
    return true;
}
