/* stage_store.c - the shared store itself, over a server that is played. */
#include "tests/play/stage_store.h"

#include "tests/unit/store_stage.h"

static bool is_shared;

bool stage_store_is_shared(void)
{
    return is_shared;
}

bool stage_store_until(uint64_t now_ms)
{
    unsigned scripts = stage_scripts, told = stage_told;
    if (!is_shared)
        return false;
    stage_wait_us(now_ms * 1000 > stage_us ? now_ms * 1000 - stage_us : 0);
    return scripts != stage_scripts || told != stage_told;
}

static void begin(uint64_t now_ms)
{
    if (is_shared)
        return;
    is_shared = true;
    stage_us = now_ms * 1000;
    stage_begin_now(0);
    stage_wait_us(0);
}

static void go(bool late)
{
    for (unsigned i = 0; i < STAGE_ALL; i++)
        if (stage_clients[i].is_up)
            stage_cut(&stage_clients[i], late);
}

static void come_back(bool empty)
{
    if (empty) {
        model_clear(stage_server);
        stage_run++;
    }
    for (unsigned i = 0; i < STAGE_ALL; i++)
        if (!stage_clients[i].is_up)
            stage_connect(&stage_clients[i]);
}

bool stage_store_does(struct str how, uint64_t now_ms)
{
    if (str_eq(how, STR("is shared")))
        begin(now_ms);
    else if (!is_shared)
        return false;
    else if (str_eq(how, STR("is gone")) || str_eq(how, STR("is late")))
        go(str_eq(how, STR("is late")));
    else if (str_eq(how, STR("comes back")) || str_eq(how, STR("comes back empty")))
        come_back(str_eq(how, STR("comes back empty")));
    else
        return false;
    (void)stage_store_until(now_ms);
    return true;
}

void stage_store_ask(struct ask_store *ask)
{
    shared_ask(stage_workers[0], ask);
}

void stage_store_finish(void)
{
    if (is_shared)
        stage_end();
}
