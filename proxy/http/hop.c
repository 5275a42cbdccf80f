/* hop.c - the fields that end here (RFC 9110 §7.6.1). */
#include "proxy/http/hop.h"

#include "proxy/http/parse.h"

static const bool HOP[HTTP_FIELD_OTHER + 1] = {
    [HTTP_FIELD_CONNECTION] = true, [HTTP_FIELD_KEEP_ALIVE] = true,        [HTTP_FIELD_TE] = true,
    [HTTP_FIELD_TRAILER] = true,    [HTTP_FIELD_TRANSFER_ENCODING] = true, [HTTP_FIELD_UPGRADE] = true,
};

bool http_field_is_hop(const struct http_head *h, const struct http_field *f)
{
    return HOP[f->known] || (f->known == HTTP_FIELD_OTHER && str_starts_nocase(f->name, STR("proxy-"))) ||
           http_field_has_token(h, HTTP_FIELD_CONNECTION, f->name);
}
