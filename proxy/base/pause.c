/* pause.c - pauses that double, and differ by chance (xorshift64). */
#include "proxy/base/pause.h"

static const uint64_t WISH_MAX_MS = 3600 * 1000;

void pause_init(struct pause *p, uint64_t first_ms, uint64_t last_ms, uint64_t seed)
{
    p->first_ms = p->next_ms = first_ms;
    p->last_ms = last_ms;
    p->random = seed ? seed : 1;
}

uint64_t pause_jitter(struct pause *p, uint64_t ms, unsigned part)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return ms - ms / part + p->random % (2 * ms / part + 1);
}

uint64_t pause_failed(struct pause *p, uint64_t wished_ms)
{
    uint64_t pause = pause_jitter(p, p->next_ms, 10), wish = wished_ms < WISH_MAX_MS ? wished_ms : WISH_MAX_MS;
    p->next_ms = p->next_ms * 2 < p->last_ms ? p->next_ms * 2 : p->last_ms;
    return wish > pause ? wish : pause;
}

void pause_over(struct pause *p)
{
    p->next_ms = p->first_ms;
}
