/* findings.c - what rules have found, told to the journal without what it was. */
#include "proxy/core/exchange.h"
#include "proxy/core/finding_place.h"
#include "proxy/core/setup_parts.h"

#include "proxy/base/hmac.h"

#include <openssl/crypto.h>

/* A journal's line has room for as many. */
enum { FINDINGS_BYTES_MAX = 2400, HASH_BYTES = 8, KEY_BYTES_MAX = 4096, KEY_BYTES_MIN = 16, PATH_BYTES_MAX = 160 };
enum { SCRATCH_BYTES = 64 * 1024 };

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

static bool add_number(struct buf *out, struct str name, size_t value)
{
    return buf_add(out, name) && buf_add_u64(out, value);
}

/* Whose it is, unless the filter has said so. */
static bool add_place(struct buf *out, const struct finding *f)
{
    if (!add_member(out, STR("\",\"place\":\""), f->place))
        return false;
    if (f->place.len || (!f->text && !f->of))
        return true;
    return f->text ? buf_addf(out, "%s %u", TEXT_SOURCES[f->text->source], f->text->message)
                   : buf_addf(out, "%s %u", TEXT_CHANNELS[f->of->channel], f->of->choice);
}

static bool add_path(struct buf *out, const struct jsonx *json, uint32_t node)
{
    struct buf path;
    buf_init(&path, PATH_BYTES_MAX);
    bool is_whole = finding_path(json, node, &path); /* or as far as there is room for it */
    bool ok = add_member(out, STR(",\"path\":\""), buf_str(&path)) && buf_add(out, is_whole ? STR("\"") : STR("…\""));
    buf_finish(&path);
    return ok;
}

static bool add_bytes(struct buf *out, size_t start, size_t end)
{
    return end <= start || (add_number(out, STR(",\"offset\":"), start) && add_number(out, STR(",\"length\":"), end - start));
}

/* In the string that was sent, of which `value` may be what has become. */
static bool add_string(struct buf *out, const struct jsonx *json, uint32_t node, struct str value, const struct finding *f)
{
    size_t start = f->start, end = f->end;
    struct arena plain;
    arena_init(&plain, json->nodes[node].end - json->nodes[node].start + SCRATCH_BYTES);
    struct str sent = end > start ? jsonx_string(json, node, &plain) : STR_NONE; /* a label may be of a whole object */
    if (sent.at)
        finding_origin(sent, value, &start, &end);
    else
        start = end = 0;
    arena_finish(&plain);
    return add_path(out, json, node) && add_bytes(out, start, end) &&
           add_number(out, STR(",\"at\":"), start ? jsonx_where(json, node, start) : json->nodes[node].start);
}

static bool add_bearings(struct buf *out, const struct exchange *x, const struct finding *f)
{
    if (f->text && x->json.count)
        return add_string(out, &x->json, f->text->node, f->text->value, f);
    if (f->of && f->of->json)
        return add_string(out, f->of->json, f->of->node, f->of->fresh, f);
    return add_bytes(out, f->start, f->end);
}

void exchange_find(struct exchange *x, const struct finding *f)
{
    struct buf b;
    if (x->findings_full)
        return;
    buf_init(&b, FINDINGS_BYTES_MAX - x->findings.len);
    bool ok = (!x->findings.len || buf_add(&b, STR(","))) && add_member(&b, STR("{\"rule\":\""), f->rule) &&
              add_member(&b, STR("\",\"category\":\""), f->category) && add_place(&b, f) && buf_add(&b, STR("\"")) &&
              add_bearings(&b, x, f) && add_member(&b, STR(",\"action\":\""), f->action) && add_hash(x, f->matched, &b) &&
              buf_add(&b, STR("\"}"));
    char *room = (char *)(uintptr_t)x->findings.at; /* ours, and whole from the first finding on */
    if (ok && (room || (room = arena_bytes(&x->arena, FINDINGS_BYTES_MAX)))) {
        memcpy(room + x->findings.len, buf_str(&b).at, buf_len(&b));
        x->findings = str_of(room, x->findings.len + buf_len(&b));
    } else {
        x->findings_full = true; /* the first ones stay */
    }
    buf_finish(&b);
}

void exchange_report(struct exchange *x, struct str rule, struct str category, struct str place, struct str action,
                     struct str matched)
{
    const struct finding f = { .rule = rule, .category = category, .action = action, .place = place, .matched = matched };
    exchange_find(x, &f);
}
