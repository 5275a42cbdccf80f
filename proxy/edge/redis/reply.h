/* reply.h - replies out of bytes, as they come: hiredis' reader under ceilings of our own.
 *
 * A server may be broken or hostile: a reply that is too long, too deep or has too many values ends the connection before memory
 * is taken for it. RESP2 only. */
#ifndef EDGE_REDIS_REPLY_H
#define EDGE_REDIS_REPLY_H

#include "proxy/edge/redis/redis.h"

struct redisReader;

enum { RESP_FEW = 64 };

struct resp_reader {
    struct redisReader *hiredis; /* owned; NULL when closed */
    struct str fresh;            /* borrowed: was fed, and not looked at yet */
    struct resp_value few[RESP_FEW];
    struct arena arena;          /* of the reply that is being read, or was given last */
    struct resp_value root;
    size_t values;
    const char *why; /* a constant, of RESP_BAD */
};

enum resp_event { RESP_MORE, RESP_REPLY, RESP_BAD /* for good */ };

bool resp_reader_open(struct resp_reader *r) MUST_USE;
void resp_reader_close(struct resp_reader *r); /* harmless on one that is closed or zeroed */

/* The bytes stay until RESP_MORE is said. */
void resp_reader_feed(struct resp_reader *r, struct str bytes);
/* The next whole reply; it stays until the next call of any of these. */
enum resp_event resp_reader_next(struct resp_reader *r, const struct resp_value **out);

#endif
