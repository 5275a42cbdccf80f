/* findings.c - what rules have found, told to the journal without what it was. */
#include "proxy/core/exchange.h"
#include "proxy/core/setup_parts.h"

#include "proxy/base/hmac.h"

#include <openssl/crypto.h>

/* A journal's line has room for as many. */
enum { FINDINGS_BYTES_MAX = 2400, HASH_BYTES = 8, KEY_BYTES_MAX = 4096, KEY_BYTES_MIN = 16 };

void setup_check_keys(struct setup *s, struct problems *problems)
{
    char why[160];
    if (!s->journal_key.is_set) {
        if (!secret_set(&s->find_key, hmac_process_key()))
            problem(problems, s->journal_key.span, "out of memory");
    } else if (!secret_source_load(&s->journal_key, &s->find_key, KEY_BYTES_MAX, why)) {
        problem(problems, s->journal_key.span, "\"journal_key\": %s", why);
    } else if (s->find_key.len < KEY_BYTES_MIN) {
        problem(problems, s->journal_key.span, "\"journal_key\" is shorter than %d bytes", KEY_BYTES_MIN);
    }
}

/* The same find has the same hash, and without the key nobody can try what it was. */
static bool add_hash(const struct exchange *x, struct str matched, struct buf *out)
{
    unsigned char mac[HMAC_BYTES];
    char text[2 * HASH_BYTES];
    if (!matched.len)
        return true;
    if (!hmac_sha256(secret_reveal(&x->setup->find_key), matched, mac))
        return false;
    hex_encode(text, mac, HASH_BYTES);
    OPENSSL_cleanse(mac, sizeof mac);
    return buf_add(out, STR("\",\"hash\":\"")) && buf_add(out, str_of(text, sizeof text));
}

static bool add_member(struct buf *out, struct str name, struct str value)
{
    return buf_add(out, name) && buf_add_json(out, value);
}

void exchange_report(struct exchange *x, struct str rule, struct str category, struct str place, struct str action,
                     struct str matched)
{
    struct buf b;
    buf_init(&b, FINDINGS_BYTES_MAX - x->findings.len);
    bool ok = (!x->findings.len || buf_add(&b, STR(","))) && add_member(&b, STR("{\"rule\":\""), rule) &&
              add_member(&b, STR("\",\"category\":\""), category) && add_member(&b, STR("\",\"place\":\""), place) &&
              add_member(&b, STR("\",\"action\":\""), action) && add_hash(x, matched, &b) && buf_add(&b, STR("\"}"));
    char *room = (char *)(uintptr_t)x->findings.at; /* ours, and whole from the first finding on */
    if (ok && (room || (room = arena_bytes(&x->arena, FINDINGS_BYTES_MAX)))) {
        memcpy(room + x->findings.len, buf_str(&b).at, buf_len(&b));
        x->findings = str_of(room, x->findings.len + buf_len(&b));
    } /* beyond the ceiling the first findings stay */
    buf_finish(&b);
}
