/* shelf.c - small documents that all workers share. */
#include "proxy/edge/shelf.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proxy/base/hash.h"

/* One answer, under a sequence lock: `turn` is odd while it is written. */
struct paper {
    _Atomic uint64_t turn;
    struct paper_head {
        uint64_t version, fetched_ms, retry_after_ms;
        uint64_t failure; /* const char *: the same program, so the same address in every worker */
        uint64_t hash;    /* over the bytes */
        uint32_t len, status;
        uint64_t ok;
    } head;
    uint64_t head_hash; /* over the head */
};

struct shelf {
    _Atomic uint64_t claim;   /* 0, or who fetches and until when; see claim_of */
    _Atomic uint64_t attempt; /* how many have ended */
    struct paper good;        /* the last 2xx answer: bytes */
    struct paper last;        /* the last attempt when it was not: error */
    char bytes[SHELF_BYTES];
    char error[SHELF_ERROR_BYTES];
};

struct shelves {
    size_t size;
    unsigned count;
    struct shelf at[];
};

/* Process ids fit in 22 bits on Linux (PID_MAX_LIMIT), and 42 bits of milliseconds are 139 years. */
enum { UNTIL_BITS = 42, TAKE_OVER_LOOKS = 1000 };

static uint64_t claim_of(pid_t pid, uint64_t until_ms)
{
    return (uint64_t)pid << UNTIL_BITS | (until_ms & ((UINT64_C(1) << UNTIL_BITS) - 1));
}

static bool claim_holds(uint64_t claim, uint64_t now_ms)
{
    if (!claim || (claim & ((UINT64_C(1) << UNTIL_BITS) - 1)) <= now_ms)
        return false;
    return kill((pid_t)(claim >> UNTIL_BITS), 0) == 0 || errno != ESRCH;
}

static bool claim_is_mine(uint64_t claim)
{
    return claim && (pid_t)(claim >> UNTIL_BITS) == getpid();
}

struct shelves *shelves_new(unsigned count)
{
    size_t size = sizeof(struct shelves) + count * sizeof(struct shelf);
    struct shelves *s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s == MAP_FAILED)
        return NULL;
    madvise(s, size, MADV_DONTDUMP);
    hash_str(STR("")); /* draws the key that all workers share */
    s->size = size;
    s->count = count;
    return s;
}

void shelves_free(struct shelves *s)
{
    if (s)
        munmap(s, s->size);
}

void shelves_wipe(struct shelves *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->count; i++) {
        struct shelf *shelf = &s->at[i];
        if (atomic_load(&shelf->good.turn))
            explicit_bzero(shelf->bytes, sizeof shelf->bytes);
        if (atomic_load(&shelf->last.turn))
            explicit_bzero(shelf->error, sizeof shelf->error);
        explicit_bzero(&shelf->good.head, sizeof shelf->good.head);
        explicit_bzero(&shelf->last.head, sizeof shelf->last.head);
    }
}

unsigned shelves_count(const struct shelves *s)
{
    return s ? s->count : 0;
}

static struct shelf *shelf_at(struct shelves *s, unsigned number)
{
    assert(number >= 1 && number <= s->count);
    return &s->at[number - 1];
}

static uint64_t hash_of_head(const struct paper_head *head)
{
    return hash_str(str_of((const char *)head, sizeof *head));
}

static void paper_write(struct paper *p, char *at, size_t size, const struct shelf_document *d)
{
    assert(d->bytes.len <= size);
    uint64_t turn = atomic_load(&p->turn) | 1; /* odd already when a writer was killed */
    atomic_store(&p->turn, turn);
    atomic_thread_fence(memory_order_seq_cst);
    if (d->bytes.len < p->head.len && p->head.len <= size)
        explicit_bzero(at + d->bytes.len, p->head.len - d->bytes.len);
    if (d->bytes.len)
        memcpy(at, d->bytes.at, d->bytes.len);
    p->head = (struct paper_head){ .version = d->version,
                                   .fetched_ms = d->fetched_ms,
                                   .retry_after_ms = d->retry_after_ms,
                                   .failure = (uint64_t)(uintptr_t)d->failure,
                                   .hash = hash_str(d->bytes),
                                   .len = (uint32_t)d->bytes.len,
                                   .status = d->status,
                                   .ok = d->ok };
    p->head_hash = hash_of_head(&p->head);
    atomic_thread_fence(memory_order_seq_cst);
    atomic_store(&p->turn, turn + 1);
}

enum paper_answer { PAPER_EMPTY, PAPER_BUSY, PAPER_READ };

/* The head alone when `copy` is NULL. PAPER_EMPTY also for one that is not whole. */
static enum paper_answer paper_read(const struct paper *p, const char *at, size_t size, struct paper_head *head,
                                    struct buf *copy)
{
    uint64_t turn = atomic_load(&p->turn);
    if (turn & 1)
        return PAPER_BUSY;
    if (!turn)
        return PAPER_EMPTY;
    atomic_thread_fence(memory_order_seq_cst);
    struct paper_head seen = p->head;
    uint64_t head_hash = p->head_hash;
    if (seen.len > size)
        return PAPER_EMPTY;
    if (copy) {
        buf_clear(copy);
        if (!buf_add(copy, str_of(at, seen.len)))
            return PAPER_EMPTY;
    }
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&p->turn) != turn)
        return PAPER_BUSY;
    if (hash_of_head(&seen) != head_hash || (copy && hash_str(buf_str(copy)) != seen.hash))
        return PAPER_EMPTY;
    *head = seen;
    return PAPER_READ;
}

static void tell(const struct paper_head *head, const struct buf *copy, struct shelf_document *out)
{
    *out = (struct shelf_document){ .version = head->version,
                                    .fetched_ms = head->fetched_ms,
                                    .ok = head->ok,
                                    .status = head->status,
                                    .retry_after_ms = head->retry_after_ms,
                                    .bytes = buf_str(copy),
                                    .failure = (const char *)(uintptr_t)head->failure };
}

void shelves_take_over(struct shelves *s, unsigned number, struct shelves *from, unsigned other)
{
    struct shelf *to = shelf_at(s, number), *old = shelf_at(from, other);
    struct paper_head head;
    struct shelf_document d;
    struct buf copy;
    enum paper_answer answer = PAPER_BUSY;
    buf_init(&copy, SHELF_BYTES);
    for (int i = 0; i < TAKE_OVER_LOOKS && answer == PAPER_BUSY; i++) /* a copy takes its writer some microseconds */
        answer = paper_read(&old->good, old->bytes, sizeof old->bytes, &head, &copy);
    if (answer == PAPER_READ) {
        tell(&head, &copy, &d);
        d.version = atomic_load(&to->attempt) + 1;
        paper_write(&to->good, to->bytes, sizeof to->bytes, &d);
        atomic_store(&to->attempt, d.version);
    }
    buf_wipe(&copy);
}

enum shelf_answer shelf_ask(struct shelves *s, unsigned number, uint64_t newer_than, uint64_t now_ms, uint64_t claim_ms,
                            struct shelf_asker *asker, struct buf *copy, struct shelf_document *out)
{
    struct shelf *shelf = shelf_at(s, number);
    struct paper_head head;
    uint64_t claim = atomic_load(&shelf->claim),
             attempt = atomic_load(&shelf->attempt); /* before the papers are read */
    bool is_claimed = claim_holds(claim, now_ms);

    enum paper_answer good = paper_read(&shelf->good, shelf->bytes, sizeof shelf->bytes, &head, NULL);
    if (good == PAPER_READ && head.version > newer_than)
        good = paper_read(&shelf->good, shelf->bytes, sizeof shelf->bytes, &head, copy);
    if (good == PAPER_READ && head.version > newer_than) {
        tell(&head, copy, out);
        return SHELF_GIVEN;
    }
    if (good == PAPER_BUSY && is_claimed)
        return SHELF_WAIT;

    if (paper_read(&shelf->last, shelf->error, sizeof shelf->error, &head, copy) == PAPER_READ &&
        head.version == attempt &&
        ((asker->has_waited && head.version > asker->attempt) || now_ms < head.fetched_ms + SHELF_ERROR_SHARED_MS)) {
        tell(&head, copy, out);
        return SHELF_FAILED;
    }
    if (!asker->has_waited)
        *asker = (struct shelf_asker){ .has_waited = true, .attempt = attempt };
    if (is_claimed || !atomic_compare_exchange_strong(&shelf->claim, &claim, claim_of(getpid(), now_ms + claim_ms)))
        return SHELF_WAIT;
    if (atomic_load(&shelf->attempt) == attempt)
        return SHELF_MINE;
    shelf_release(s, number); /* another one has claimed, filled and gone while we looked */
    return SHELF_WAIT;
}

bool shelf_fill(struct shelves *s, unsigned number, uint64_t now_ms, struct shelf_document *document)
{
    struct shelf *shelf = shelf_at(s, number);
    if (!claim_is_mine(atomic_load(&shelf->claim)))
        return false;
    bool fits = document->bytes.len <= SHELF_BYTES;
    struct shelf_document d = *document;
    if (!fits)
        d = (struct shelf_document){ .failure = "the answer is too large to be shared" };
    d.fetched_ms = now_ms;
    uint64_t attempt = atomic_load(&shelf->attempt) + 1;
    d.version = attempt;
    if (d.ok && d.status / 100 == 2) {
        paper_write(&shelf->good, shelf->bytes, sizeof shelf->bytes, &d);
    } else {
        d.bytes = str_first(d.bytes, SHELF_ERROR_BYTES);
        paper_write(&shelf->last, shelf->error, sizeof shelf->error, &d);
    }
    atomic_store(&shelf->attempt, attempt);
    document->version = d.version;
    document->fetched_ms = now_ms;
    shelf_release(s, number);
    return fits;
}

void shelf_release(struct shelves *s, unsigned number)
{
    struct shelf *shelf = shelf_at(s, number);
    uint64_t claim = atomic_load(&shelf->claim);
    if (claim_is_mine(claim))
        atomic_compare_exchange_strong(&shelf->claim, &claim, 0);
}
