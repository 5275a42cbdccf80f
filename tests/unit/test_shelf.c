/* test_shelf.c - shared documents, with real processes beside this one. */
#include "proxy/edge/shelf.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/loop/loop.h"
#include "tests/harness/check.h"

enum { CLAIM_MS = 1000 };

static struct buf copy;
static struct shelf_document got;

static enum shelf_answer ask(struct shelves *s, uint64_t newer_than, uint64_t now_ms, struct shelf_asker *asker)
{
    return shelf_ask(s, 1, newer_than, now_ms, CLAIM_MS, asker, &copy, &got);
}

static bool fill(struct shelves *s, uint64_t now_ms, unsigned status, struct str bytes)
{
    struct shelf_document d = { .ok = true, .status = status, .bytes = bytes };
    return shelf_fill(s, 1, now_ms, &d);
}

static struct shelves *begin(void)
{
    buf_init(&copy, SHELF_BYTES);
    return shelves_new(2);
}

static void end(struct shelves *s)
{
    buf_wipe(&copy);
    got = (struct shelf_document){ 0 }; /* its bytes lay in the copy */
    shelves_free(s);
}

TEST("the first who asks fetches, the others wait and are given what it found")
{
    struct shelf_asker first = { 0 }, second = { 0 }, late = { 0 };
    struct shelves *s = begin();
    CHECK_INT(ask(s, 0, 100, &first), SHELF_MINE);
    CHECK_INT(ask(s, 0, 101, &second), SHELF_WAIT);
    CHECK(fill(s, 110, 200, STR("keys")));
    CHECK_INT(ask(s, 0, 111, &second), SHELF_GIVEN);
    CHECK_STR(got.bytes, STR("keys"));
    CHECK_INT(got.status, 200);
    CHECK_INT(got.fetched_ms, 110);
    CHECK_INT(ask(s, 0, 5000, &late), SHELF_GIVEN);
    end(s);
}

TEST("who wants a newer one than it has seen fetches again, and the shelves do not touch each other")
{
    struct shelf_asker a = { 0 }, b = { 0 }, c = { 0 };
    struct shelves *s = begin();
    CHECK_INT(ask(s, 0, 100, &a), SHELF_MINE);
    CHECK(fill(s, 110, 200, STR("first")));
    CHECK_INT(ask(s, 0, 120, &b), SHELF_GIVEN);
    uint64_t seen = got.version;
    CHECK_INT(ask(s, seen, 130, &c), SHELF_MINE);
    CHECK_INT(ask(s, 0, 131, &b), SHELF_GIVEN); /* the old one, meanwhile */
    CHECK(fill(s, 140, 200, STR("the second")));
    CHECK_INT(ask(s, seen, 150, &b), SHELF_GIVEN);
    CHECK_STR(got.bytes, STR("the second"));
    CHECK(got.version > seen);
    struct shelf_asker other = { 0 };
    CHECK_INT(shelf_ask(s, 2, 0, 150, CLAIM_MS, &other, &copy, &got), SHELF_MINE);
    end(s);
}

TEST("a failure is told to those who waited, not to those who come a second later, and keeps the document")
{
    struct shelf_asker first = { 0 }, waiting = { 0 }, soon = { 0 }, late = { 0 }, any = { 0 };
    struct shelves *s = begin();
    CHECK_INT(ask(s, 0, 100, &first), SHELF_MINE);
    CHECK(fill(s, 110, 200, STR("keys")));
    first = (struct shelf_asker){ 0 };
    CHECK_INT(ask(s, 1, 1000, &first), SHELF_MINE);
    CHECK_INT(ask(s, 1, 1001, &waiting), SHELF_WAIT);
    struct shelf_document d = { .failure = "silent" };
    CHECK(shelf_fill(s, 1, 1100, &d));
    CHECK_INT(ask(s, 1, 9000, &waiting), SHELF_FAILED);
    CHECK(!got.ok);
    CHECK_STR(str_c(got.failure), STR("silent"));
    CHECK_INT(ask(s, 1, 1500, &soon), SHELF_FAILED);
    CHECK_INT(ask(s, 0, 1500, &any), SHELF_GIVEN);
    CHECK_STR(got.bytes, STR("keys"));
    CHECK_INT(ask(s, 1, 1100 + SHELF_ERROR_SHARED_MS, &late), SHELF_MINE);
    end(s);
}

TEST("an answer that is not 2xx is told with status, advice and the beginning of its bytes")
{
    static char much[SHELF_ERROR_BYTES + 100];
    struct shelf_asker first = { 0 }, waiting = { 0 };
    struct shelves *s = begin();
    memset(much, 'x', sizeof much);
    CHECK_INT(ask(s, 0, 100, &first), SHELF_MINE);
    CHECK_INT(ask(s, 0, 100, &waiting), SHELF_WAIT);
    struct shelf_document d = { .ok = true, .status = 429, .retry_after_ms = 7000, .bytes = { much, sizeof much } };
    CHECK(shelf_fill(s, 1, 110, &d));
    CHECK_INT(ask(s, 0, 111, &waiting), SHELF_FAILED);
    CHECK(got.ok);
    CHECK_INT(got.status, 429);
    CHECK_INT(got.retry_after_ms, 7000);
    CHECK_INT(got.bytes.len, SHELF_ERROR_BYTES);
    end(s);
}

TEST("a document of the largest size is shared, a larger one is told as a failure")
{
    static char much[SHELF_BYTES + 1];
    struct shelf_asker first = { 0 }, next = { 0 };
    struct shelves *s = begin();
    CHECK_INT(ask(s, 0, 100, &first), SHELF_MINE);
    CHECK(fill(s, 110, 200, str_of(much, SHELF_BYTES)));
    CHECK_INT(ask(s, 0, 111, &next), SHELF_GIVEN);
    CHECK_INT(got.bytes.len, SHELF_BYTES);
    first = next = (struct shelf_asker){ 0 };
    CHECK_INT(ask(s, got.version, 200, &first), SHELF_MINE);
    CHECK(!fill(s, 210, 200, str_of(much, sizeof much)));
    CHECK_INT(ask(s, 1, 211, &next), SHELF_FAILED);
    CHECK(!got.ok);
    end(s);
}

TEST("a claim falls when its time has passed, and whoever held it may not fill any more")
{
    struct shelf_asker first = { 0 }, second = { 0 };
    struct shelves *s = begin();
    pid_t child = fork();
    if (child == 0)
        _exit(ask(s, 0, 100, &first) == SHELF_MINE && pause() == 0);
    while (ask(s, 0, 100, &second) == SHELF_MINE) { /* the child was not there yet */
        shelf_release(s, 1);
        usleep(1000);
    }
    CHECK_INT(ask(s, 0, 100 + CLAIM_MS - 1, &second), SHELF_WAIT);
    CHECK(!fill(s, 500, 200, STR("not mine")));
    CHECK_INT(ask(s, 0, 100 + CLAIM_MS, &second), SHELF_MINE);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    end(s);
}

TEST("a claim falls at once when its worker has died")
{
    struct shelf_asker first = { 0 }, second = { 0 };
    struct shelves *s = begin();
    pid_t child = fork();
    if (child == 0)
        _exit(ask(s, 0, 100, &first) == SHELF_MINE ? 0 : 1);
    int status = 1;
    waitpid(child, &status, 0);
    CHECK_INT(status, 0);
    CHECK_INT(ask(s, 0, 101, &second), SHELF_MINE);
    end(s);
}

TEST("whoever gives up lets the next one fetch")
{
    struct shelf_asker first = { 0 }, second = { 0 };
    struct shelves *s = begin();
    CHECK_INT(ask(s, 0, 100, &first), SHELF_MINE);
    CHECK_INT(ask(s, 0, 100, &second), SHELF_WAIT);
    shelf_release(s, 1);
    CHECK_INT(ask(s, 0, 105, &second), SHELF_MINE);
    end(s);
}

TEST("another table begins with the document, its age and a version of its own, and goes its own way")
{
    struct shelf_asker a = { 0 }, b = { 0 }, c = { 0 };
    struct shelves *s = begin(), *next = shelves_new(3);
    shelves_take_over(next, 3, s, 1); /* nothing there: nothing is taken */
    CHECK_INT(shelf_ask(next, 3, 0, 100, CLAIM_MS, &b, &copy, &got), SHELF_MINE);
    shelf_release(next, 3);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(ask(s, got.version, 100, &a), SHELF_MINE);
        CHECK(fill(s, 110, 200, STR("keys")));
        CHECK_INT(ask(s, 0, 111, &a), SHELF_GIVEN);
    }
    shelves_take_over(next, 3, s, 1);
    shelves_wipe(s);
    CHECK_INT(shelf_ask(next, 3, 0, 500, CLAIM_MS, &c, &copy, &got), SHELF_GIVEN);
    CHECK_STR(got.bytes, STR("keys"));
    CHECK_INT(got.status, 200);
    CHECK_INT(got.fetched_ms, 110);
    CHECK_INT(shelf_ask(next, 3, got.version, 500, CLAIM_MS, &c, &copy, &got), SHELF_MINE);
    struct shelf_document d = { .ok = true, .status = 200, .bytes = STR("newer keys") };
    CHECK(shelf_fill(next, 3, 510, &d));
    CHECK_INT(shelf_ask(next, 3, 0, 511, CLAIM_MS, &c, &copy, &got), SHELF_GIVEN);
    CHECK_STR(got.bytes, STR("newer keys"));
    shelves_free(next);
    end(s);
}

TEST("what is left after wiping is nobody's document")
{
    struct shelf_asker first = { 0 }, second = { 0 };
    struct shelves *s = begin();
    CHECK_INT(ask(s, 0, 100, &first), SHELF_MINE);
    CHECK(fill(s, 110, 200, STR("a token")));
    shelves_wipe(s);
    CHECK_INT(ask(s, 0, 120, &second), SHELF_MINE);
    end(s);
}

/* Two writers who are killed anywhere, and a reader who must never see a document that nobody wrote whole. */
static void write_for_ever(struct shelves *s)
{
    static char page[20000];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that falls leaves nobody spinning */
    for (;;) {
        struct shelf_asker asker = { 0 };
        uint64_t now_ms = loop_now_exact_us() / 1000;
        if (shelf_ask(s, 1, UINT64_MAX, now_ms, CLAIM_MS, &asker, &copy, &got) != SHELF_MINE)
            continue;
        memset(page, 'a' + (int)(now_ms % 26), sizeof page);
        struct shelf_document d = { .ok = true, .status = 200, .bytes = { page, sizeof page - now_ms % 5000 } };
        bool filled = shelf_fill(s, 1, now_ms, &d);
        (void)filled;
    }
}

TEST("writers killed anywhere never leave half a document, nor a shelf that cannot be filled")
{
    struct shelves *s = begin();
    unsigned given = 0, torn = 0, rounds = 30;
    for (unsigned round = 0; round < rounds; round++) {
        pid_t writers[2];
        for (size_t i = 0; i < 2; i++)
            if ((writers[i] = fork()) == 0)
                write_for_ever(s);
        uint64_t until_us = loop_now_exact_us() + 15000 + round * 137, at_most_us = until_us + 2000000, now_us;
        while ((now_us = loop_now_exact_us()) < until_us || (given < 2 * (round + 1) && now_us < at_most_us)) {
            struct shelf_asker asker = { .has_waited = true };
            if (shelf_ask(s, 1, 0, now_us / 1000, CLAIM_MS, &asker, &copy, &got) == SHELF_MINE)
                shelf_release(s, 1);
            if (!got.bytes.len)
                continue;
            given++;
            for (size_t i = 1; i < got.bytes.len; i++)
                torn += got.bytes.at[i] != got.bytes.at[0];
            got.bytes.len = 0;
        }
        for (size_t i = 0; i < 2; i++) {
            kill(writers[i], SIGKILL);
            waitpid(writers[i], NULL, 0);
        }
    }
    CHECK(given > rounds);
    CHECK_INT(torn, 0);
    struct shelf_asker last = { 0 };
    CHECK_INT(ask(s, UINT64_MAX, loop_now_exact_us() / 1000, &last), SHELF_MINE);
    CHECK(fill(s, loop_now_exact_us() / 1000, 200, STR("the end")));
    end(s);
}
