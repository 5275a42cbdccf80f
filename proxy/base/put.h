/* put.h - bytes one behind the other, into room that the caller knows to be there. */
#ifndef BASE_PUT_H
#define BASE_PUT_H

#include "proxy/base/str.h"

enum { PUT_U64_MAX = 20 /* digits */ };

static inline char *put_str(char *at, struct str s)
{
    memcpy(at, s.at, s.len);
    return at + s.len;
}

/* In decimal. The end of it. */
char *put_u64(char *at, uint64_t n);

#endif
