/* media.h - what a Content-Type says. */
#ifndef HTTP_MEDIA_H
#define HTTP_MEDIA_H

#include "proxy/base/str.h"

/* The media type without its parameters; *charset is the value of a charset parameter, at == NULL without one, empty
 * when there are several: the next reader may take another of them. */
struct str media_type(struct str value, struct str *charset);
/* application/json or application/…+json, in any case. */
bool media_is_json(struct str type);

#endif
