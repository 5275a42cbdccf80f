/* known.c - what this gateway has heard of the shared store's buckets: one word for each and each server that told it. */
#include "proxy/edge/store/known.h"

#include "proxy/edge/store/table.h"

#define FAR_NS ((uint64_t)1 << 62)

static struct table table_for(const struct known *k)
{
    return table_part(k->memory, k->op->kind == LIMIT_RATE ? PART_KNOWN_RATES : PART_KNOWN_QUOTAS);
}

static uint64_t hash_for(const struct known *k, uint64_t server)
{
    uint64_t h = (k->hash ^ server) * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
    return h ? h : 1;
}

/* ---- levels as words: a rate on this machine's clock, which is the same for all workers ---- */

static uint64_t word_of(const struct known *k, struct level l)
{
    if (k->op->kind == LIMIT_QUOTA)
        return quota_word(l.y, l.x);
    int64_t us = (int64_t)l.x - k->ahead_us + (l.y > 0);
    return us < 0 ? 0 : (uint64_t)us < FAR_NS / 1000 ? (uint64_t)us * 1000 : FAR_NS;
}

static bool level_of(const struct known *k, uint64_t word, struct level *out)
{
    if (k->op->kind == LIMIT_RATE) {
        int64_t us = (int64_t)(word / 1000) + k->ahead_us;
        *out = (struct level){ us < 0 ? 0 : (uint64_t)us, 0 };
        return word > k->now.us * 1000;
    }
    for (size_t i = 0; i < ARRAY_LEN(k->op->periods_ms); i++)
        if (quota_word_ends(word, k->op->periods_ms[i])) {
            *out = (struct level){ quota_word_used(word), k->op->periods_ms[i] };
            return out->x > 0;
        }
    return false;
}

/* ---- telling and finding ---- */

void known_tell(const struct known *k, struct level level, uint32_t *at)
{
    struct table t = table_for(k);
    struct asking a = { k->memory, k->row, k->now };
    uint64_t hash = hash_for(k, k->server), word = word_of(k, level), value;
    bool is_spent = k->op->kind == LIMIT_RATE ? word > k->now.us * 1000 : level.x > 0;
    for (unsigned i = 0; i < TABLE_TRIES; i++) {
        value = atomic_load_explicit(&t.at[*at].value, memory_order_acquire);
        if (atomic_load_explicit(&t.at[*at].hash, memory_order_acquire) != hash || table_is_taken(value)) {
            uint32_t place = is_spent ? table_find_or_insert(&a, &t, hash, &value) : table_find(&t, hash, &value);
            if (place == TABLE_NOWHERE)
                return;
            *at = place;
        }
        if (value == word || atomic_compare_exchange_strong(&t.at[*at].value, &value, word))
            return;
    }
}

bool known_find(const struct known *k, struct level *level, bool *is_old)
{
    struct table t = table_for(k);
    uint64_t met = atomic_load(&k->memory->met), word;
    *is_old = false;
    if (k->server && table_find(&t, hash_for(k, k->server), &word) != TABLE_NOWHERE)
        return level_of(k, word, level);
    for (uint64_t i = 0; i < TABLE_SERVERS && i < met; i++) {
        uint64_t server = atomic_load(&k->memory->servers[(met - 1 - i) % TABLE_SERVERS]);
        *is_old = server != k->server;
        if (*is_old && table_find(&t, hash_for(k, server), &word) != TABLE_NOWHERE)
            return level_of(k, word, level);
    }
    return false;
}

/* ---- who tells ---- */

void known_meet(struct store *memory, uint64_t server, int64_t ahead_us)
{
    atomic_store(&memory->ahead_us, ahead_us);
    atomic_store(&memory->has_clock, true);
    for (unsigned i = 0; i < TABLE_TRIES; i++) {
        uint64_t met = atomic_load(&memory->met);
        if (met && atomic_load(&memory->servers[(met - 1) % TABLE_SERVERS]) == server)
            return;
        _Atomic uint64_t *place = &memory->servers[met % TABLE_SERVERS];
        uint64_t before = atomic_load(place);
        if (before == server || atomic_compare_exchange_strong(place, &before, server))
            atomic_compare_exchange_strong(&memory->met, &met, met + 1); /* or another worker did, who met it as well */
    }
}

uint64_t known_server(const struct store *memory, int64_t *ahead_us)
{
    uint64_t met = atomic_load(&memory->met);
    if (atomic_load(&memory->has_clock))
        *ahead_us = atomic_load(&memory->ahead_us);
    return met ? atomic_load(&memory->servers[(met - 1) % TABLE_SERVERS]) : 0;
}
