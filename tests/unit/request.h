/* request.h - an exchange that has read one request's body, for tests of what is done with its texts. */
#ifndef UNIT_REQUEST_H
#define UNIT_REQUEST_H

#include "proxy/core/rewrite.h"
#include "tests/harness/check.h"

static struct exchange x;
static struct setup setup;

static void begin(const char *path, const char *body)
{
    struct jsonx_error error;
    const char *why = NULL, *allow = NULL;
    x = (struct exchange){ .setup = &setup };
    arena_init(&x.arena, 1 << 20);
    buf_init(&x.body, 1 << 20);
    jsonx_init(&x.json);
    CHECK(buf_add(&x.body, str_c(body)));
    CHECK(jsonx_index(&x.json, buf_str(&x.body), &JSONX_LIMITS_DEFAULT, &error));
    x.dialect = dialect_recognise(METHOD_POST, str_c(path), STR_NONE, &x.arena, &x.call, &allow);
    if (CHECK(x.dialect != NULL))
        CHECK(x.dialect->read_request(&x.json, &x.arena, &x.call, &why));
}

static void end(void)
{
    buf_finish(&x.body);
    jsonx_finish(&x.json);
    arena_finish(&x.arena);
}

#endif
