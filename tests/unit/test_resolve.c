/* test_resolve.c - names to addresses, with a lookup that the test steers. */
#include "proxy/edge/resolve.h"

#include <stdatomic.h>
#include <unistd.h>

#include "tests/harness/check.h"

static atomic_int lookups;
static atomic_int answer_with;   /* enum lookup_answer */
static atomic_int last_byte = 1; /* of the address given */
static atomic_bool held;         /* the lookup does not return while it is */

static enum lookup_answer steered(const char *host, struct addresses *out)
{
    (void)host;
    atomic_fetch_add(&lookups, 1);
    while (atomic_load(&held))
        usleep(500);
    *out = (struct addresses){ .count = 2 };
    for (size_t i = 0; i < 2; i++)
        out->at[i] = ip_of_bytes((const uint8_t[]){ 10, 0, (uint8_t)i, (uint8_t)last_byte }, true);
    return (enum lookup_answer)atomic_load(&answer_with);
}

struct waiter {
    struct lookup lookup;
    unsigned told;
    struct addresses found;
    const char *why;
};

static void told(struct lookup *l, const struct addresses *found, const char *why)
{
    struct waiter *w = CONTAINER_OF(l, struct waiter, lookup);
    w->told++;
    w->found = found ? *found : (struct addresses){ .count = 0 };
    w->why = why;
}

static struct loop *loop;
static struct post *post;
static struct resolver *resolver;

static void begin(lookup_fn *lookup)
{
    loop = loop_new();
    post = post_new(loop, 16);
    resolver = resolver_new(loop, post, lookup);
    lookups = 0;
    answer_with = LOOKUP_FOUND;
    last_byte = 1;
    held = false;
}

static void end(void)
{
    held = false;
    resolver_free(resolver);
    post_free(post);
    loop_free(loop);
}

static enum resolve_answer ask(struct waiter *w, const char *host)
{
    *w = (struct waiter){ .lookup = { .done = told } };
    list_init(&w->lookup.link);
    return resolve(resolver, str_c(host), &w->lookup, &w->found, &w->why);
}

static void wait_for(const struct waiter *w)
{
    for (unsigned i = 0; i < 200 && !w->told; i++)
        loop_turn(loop, 10);
}

static uint8_t host_part(const struct addresses *a)
{
    return a->at[0].bytes[15];
}

TEST("a literal address of either family is answered at once, without a lookup")
{
    struct waiter w;
    begin(steered);
    CHECK_INT(ask(&w, "127.0.0.1"), RESOLVE_FOUND);
    CHECK_INT(w.found.count, 1);
    CHECK(w.found.is_literal && ip_is_loopback(&w.found.at[0]));
    CHECK_INT(ask(&w, "::1"), RESOLVE_FOUND);
    CHECK(w.found.is_literal && ip_is_loopback(&w.found.at[0]));
    CHECK_INT(lookups, 0);
    end();
}

TEST("many who wait for a name share one lookup, and the answer is remembered")
{
    struct waiter first, second, third;
    begin(steered);
    CHECK_INT(ask(&first, "model.test"), RESOLVE_ASKED);
    CHECK_INT(ask(&second, "model.test"), RESOLVE_ASKED);
    CHECK_INT(first.told, 0);
    wait_for(&second);
    CHECK_INT(first.told, 1);
    CHECK_INT(second.told, 1);
    CHECK_INT(second.found.count, 2);
    CHECK(!second.found.is_literal);
    CHECK_INT(ask(&third, "model.test"), RESOLVE_FOUND);
    CHECK_INT(lookups, 1);
    end();
}

TEST("whoever cancelled is not told")
{
    struct waiter first, second;
    begin(steered);
    CHECK_INT(ask(&first, "model.test"), RESOLVE_ASKED);
    CHECK_INT(ask(&second, "model.test"), RESOLVE_ASKED);
    resolve_cancel(&first.lookup);
    wait_for(&second);
    CHECK_INT(first.told, 0);
    CHECK_INT(second.told, 1);
    resolve_cancel(&second.lookup);
    end();
}

TEST("a name that does not exist is refused for a while without asking again")
{
    struct waiter w;
    begin(steered);
    answer_with = LOOKUP_NONE;
    CHECK_INT(ask(&w, "nowhere.test"), RESOLVE_ASKED);
    wait_for(&w);
    CHECK_INT(w.told, 1);
    CHECK_INT(w.found.count, 0);
    CHECK_STR(str_c(w.why), STR("the name has no address"));
    CHECK_INT(ask(&w, "nowhere.test"), RESOLVE_FAILED);
    CHECK_INT(lookups, 1);
    end();
}

TEST("names that are none are refused without a lookup")
{
    struct waiter w;
    char longest[300];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    begin(steered);
    CHECK_INT(ask(&w, ""), RESOLVE_FAILED);
    CHECK_INT(ask(&w, longest), RESOLVE_FAILED);
    CHECK_INT(lookups, 0);
    end();
}

TEST("the table of names is bounded and the oldest makes room")
{
    struct waiter w;
    char host[32];
    begin(steered);
    for (unsigned i = 0; i < RESOLVE_NAMES_MAX + 20; i++) {
        snprintf(host, sizeof host, "host-%u.test", i);
        CHECK_INT(ask(&w, host), RESOLVE_ASKED);
        wait_for(&w);
    }
    CHECK_INT(lookups, RESOLVE_NAMES_MAX + 20);
    CHECK_INT(ask(&w, "host-100.test"), RESOLVE_FOUND);
    CHECK_INT(ask(&w, "host-0.test"), RESOLVE_ASKED);
    wait_for(&w);
    end();
}

TEST("the loop goes on while a lookup takes its time, and its end is safe when nobody waits any more")
{
    struct waiter w;
    begin(steered);
    held = true;
    CHECK_INT(ask(&w, "slow.test"), RESOLVE_ASKED);
    loop_turn(loop, 0);
    CHECK_INT(w.told, 0);
    CHECK_INT(host_part(&w.found), 0);
    resolve_cancel(&w.lookup);
    end(); /* frees the resolver while the helper thread may still be in the lookup */
    CHECK_INT(w.told, 0);
}

TEST("the system's own lookup finds the loopback")
{
    struct waiter w;
    begin(NULL);
    CHECK_INT(ask(&w, "localhost"), RESOLVE_ASKED);
    wait_for(&w);
    CHECK_INT(w.told, 1);
    CHECK(w.found.count >= 1 && ip_is_loopback(&w.found.at[0]));
    end();
}
