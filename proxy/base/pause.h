/* pause.h - how long to leave a server alone that has failed, so that those who ask it do not all come again at once. */
#ifndef BASE_PAUSE_H
#define BASE_PAUSE_H

#include <stdint.h>

struct pause {
    uint64_t first_ms, last_ms;
    uint64_t next_ms; /* the pause after the next failure */
    uint64_t random;
};

/* The first pause, and the longest: each failure doubles it. */
void pause_init(struct pause *p, uint64_t first_ms, uint64_t last_ms, uint64_t seed);
/* `ms`, more or less by up to a `part`th of it: 10 for ±10 %. */
uint64_t pause_jitter(struct pause *p, uint64_t ms, unsigned part);
/* The pause after this failure: the server's own wish is granted as far as an hour; 0 when it has none. */
uint64_t pause_failed(struct pause *p, uint64_t wished_ms);
/* It works again. */
void pause_over(struct pause *p);

#endif
