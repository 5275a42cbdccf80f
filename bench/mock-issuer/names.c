/* names.c - how Entra names its tenants and issuers: both token formats, templates included. */
#include "names.h"

#include <openssl/rand.h>

static const struct {
    const char *word, *tid;
} shared_tenants[] = {
    { "common", "{tenantid}" },
    { "organizations", "{tenantid}" },
    { "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad" },
};

static bool is_guid(const char *word)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strlen(word) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] == 'x' ? hex_value(word[i]) < 0 : word[i] != shape[i])
            return false;
    return true;
}

const char *tenant_resolve(const struct mock *mock, const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(shared_tenants); i++)
        if (strcmp(word, shared_tenants[i].word) == 0)
            return shared_tenants[i].tid;
    if (is_guid(word))
        return word;
    return strchr(word, '.') ? setting_text(mock, "tenant") : NULL;
}

void issuer_v1(const struct mock *mock, const char *tid, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%s/%s/", setting_text(mock, "v1_base"), tid);
}

void issuer_v2(const struct mock *mock, const char *tid, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%s/%s/v2.0", setting_text(mock, "v2_base"), tid);
}

void issuer_generic(const struct mock *mock, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%s/generic", setting_text(mock, "generic_base"));
}

void guid_random(char out[37])
{
    unsigned char b[16];

    if (RAND_bytes(b, sizeof b) != 1)
        NOTREACHED("no random bytes");
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
             b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}
