/* names.h - how Entra names its tenants and issuers: both token formats, templates included. */
#ifndef MOCK_ISSUER_NAMES_H
#define MOCK_ISSUER_NAMES_H

#include "mock.h"

#define NAME_MAX_BYTES 512

/* The GUID of a tenant named by GUID or domain; "{tenantid}" for common and organizations, the consumers'
 * GUID for consumers; NULL when there is no such tenant. */
const char *tenant_resolve(const struct mock *mock, const char *word);

/* v1: "{base}/{tid}/", with the slash at the end; v2: "{base}/{tid}/v2.0", without. */
void issuer_v1(const struct mock *mock, const char *tid, char out[NAME_MAX_BYTES]);
void issuer_v2(const struct mock *mock, const char *tid, char out[NAME_MAX_BYTES]);
void issuer_generic(const struct mock *mock, char out[NAME_MAX_BYTES]);

/* A random GUID, for trace ids and the like. */
void guid_random(char out[37]);

#endif
