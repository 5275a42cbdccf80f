/* factory.h - makes tokens, good ones and every wrong kind that a test may want. */
#ifndef MOCK_ISSUER_FACTORY_H
#define MOCK_ISSUER_FACTORY_H

#include "mock.h"

/* `spec` says what differs from a plain token; its members are the table in factory.c. Returns the token
 * (malloc'd) and what is in it as {"kid", "header", "claims"} (new reference, `report` may be NULL); or
 * NULL with a sentence in `*complaint`. */
char *factory_token(struct mock *mock, const json_t *spec, json_t **report, const char **complaint);

#endif
