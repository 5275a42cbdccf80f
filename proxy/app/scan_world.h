/* scan_world.h - a world without anybody in it: the clock goes, answers are gathered, and whoever asks gets no. */
#ifndef APP_SCAN_WORLD_H
#define APP_SCAN_WORLD_H

#include "proxy/core/world.h"

struct scan_world {
    struct world world;
    struct list asks;
    struct buf answer; /* what would have been sent to the caller; owned */
};

void scan_world_init(struct scan_world *w, size_t answer_bytes_max);
void scan_world_finish(struct scan_world *w);
void scan_world_turn(struct world *world); /* answers what was asked */

#endif
