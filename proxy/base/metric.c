/* metric.c - rows of cells in shared memory, and the directory that says which series a cell belongs to. */
#include "proxy/base/metric.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "proxy/base/hash.h"

enum { NAME_BYTES = 100, INDEX_SLOTS = 4096, BUCKETS_MAX = 17, NAMES_ROOM = METRIC_NAMES_MAX + METRIC_FOUND_MAX };

typedef _Atomic uint64_t cell;

struct histogram {
    cell buckets[BUCKETS_MAX]; /* the last one that is used has no upper bound */
    cell sum;
};

struct row {
    cell scalars[METRIC_SERIES_MAX];
    struct histogram histograms[METRIC_HISTOGRAMS_MAX];
};

struct name {
    _Atomic unsigned len; /* 0 until the text stands */
    char text[NAME_BYTES];
};

/* Slots are found by hashing a series' key and never given up, so that a slot's number is the same in every row. */
struct memory {
    cell scalar_keys[METRIC_SERIES_MAX];
    cell histogram_keys[METRIC_HISTOGRAMS_MAX];
    _Atomic uint16_t index[INDEX_SLOTS]; /* hash of a name → its number */
    _Atomic unsigned names_count, found_count, rows_used;
    struct name names[NAMES_ROOM];
    struct row rows[METRIC_ROWS];
};

static struct memory *memory; /* NULL: nothing is counted */
static struct row *mine;

static struct words {
    const char *(*word)(unsigned i);
    unsigned count;
} words[LABEL_COUNT];

const struct metric_row METRICS[METRIC_COUNT] = {
#define METRIC(NAME, kind_, name_, help_, a, b, c)                                                                     \
    [METRIC_##NAME] = {                                                                                                \
        .name = (name_), .help = (help_), .kind = KIND_##kind_, .labels = { LABEL_##a, LABEL_##b, LABEL_##c }          \
    },
#include "proxy/base/metrics.def"
};

static const struct label_row {
    const char *word;
    enum { NUMBER, WORDS, NAMES } source;
} LABELS[LABEL_COUNT] = {
#define LABEL(NAME, word, source) [LABEL_##NAME] = { word, source },
#include "proxy/base/metrics.def"
};

/* Upper bounds as the GenAI conventions advise them; microseconds, tokens. */
static const struct bounds {
    uint64_t at[BUCKETS_MAX - 1];
    unsigned count;
} BOUNDS[] = {
    [KIND_DURATION] = { { 10000, 20000, 40000, 80000, 160000, 320000, 640000, 1280000, 2560000, 5120000, 10240000,
                          20480000, 40960000, 81920000 },
                        14 },
    [KIND_LATENCY] = { { 1000, 5000, 10000, 20000, 40000, 60000, 80000, 100000, 250000, 500000, 750000, 1000000,
                         2500000, 5000000, 7500000, 10000000 },
                       16 },
    [KIND_TOKENS] = { { 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864 },
                      14 },
};

/* ---- counting ---- */

static uint64_t key_of(const unsigned *series)
{
    uint64_t key = series[0] + 1;
    for (unsigned i = 1; i <= METRIC_LABELS_MAX; i++)
        key = key << 16 | (series[i] & 0xffff);
    return key;
}

/* The slot of `key` among `n` (a power of two), taken for it when `may_take`; n when there is none. */
static unsigned slot_of(cell *keys, unsigned n, uint64_t key, bool may_take)
{
    unsigned start = (unsigned)((key * 0x9e3779b97f4a7c15u) >> 40);
    for (unsigned i = 0; i < n; i++) {
        unsigned slot = (start + i) & (n - 1);
        uint64_t there = atomic_load_explicit(&keys[slot], memory_order_relaxed);
        if (there == 0) {
            if (!may_take)
                return n;
            if (atomic_compare_exchange_strong(&keys[slot], &there, key))
                return slot;
        }
        if (there == key)
            return slot;
    }
    return n;
}

/* Plain: nobody else writes to this row. Atomic only so that a reader never sees half a number. */
static void cell_add(cell *c, uint64_t n)
{
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

static cell *scalar_of(const unsigned *series)
{
    if (!mine)
        return NULL;
    assert(series[0] < METRIC_COUNT && METRICS[series[0]].kind <= KIND_GAUGE);
    unsigned slot = slot_of(memory->scalar_keys, METRIC_SERIES_MAX, key_of(series), true);
    if (slot < METRIC_SERIES_MAX)
        return &mine->scalars[slot];
    if (series[0] != METRIC_SERIES_LOST) /* whose slot metric_open took */
        COUNT(METRIC_SERIES_LOST);
    return NULL;
}

void metric_add(uint64_t n, const unsigned *series)
{
    cell *c = scalar_of(series);
    if (c)
        cell_add(c, n);
}

void metric_set(uint64_t n, const unsigned *series)
{
    cell *c = scalar_of(series);
    if (c)
        atomic_store_explicit(c, n, memory_order_relaxed);
}

void metric_observe(uint64_t value, const unsigned *series)
{
    if (!mine)
        return;
    assert(series[0] < METRIC_COUNT && METRICS[series[0]].kind > KIND_GAUGE);
    unsigned slot = slot_of(memory->histogram_keys, METRIC_HISTOGRAMS_MAX, key_of(series), true);
    if (slot == METRIC_HISTOGRAMS_MAX) {
        COUNT(METRIC_SERIES_LOST);
        return;
    }
    const struct bounds *b = &BOUNDS[METRICS[series[0]].kind];
    unsigned bucket = 0;
    while (bucket < b->count && value > b->at[bucket])
        bucket++;
    cell_add(&mine->histograms[slot].buckets[bucket], 1);
    cell_add(&mine->histograms[slot].sum, value);
}

/* ---- names ---- */

static struct str name_text(unsigned number)
{
    unsigned len = atomic_load_explicit(&memory->names[number].len, memory_order_acquire);
    return str_of(memory->names[number].text, len);
}

/* Takes the next number and writes the name; 0 when there are too many. Two processes may give one name two numbers for
 * a moment: the second is dropped unused. */
static unsigned name_write(struct str name, bool found)
{
    if (found && atomic_fetch_add(&memory->found_count, 1) >= METRIC_FOUND_MAX) {
        atomic_fetch_sub(&memory->found_count, 1);
        return METRIC_OTHER;
    }
    unsigned room = found ? NAMES_ROOM : METRIC_NAMES_MAX;
    unsigned number = atomic_load(&memory->names_count);
    do {
        if (number >= room)
            return METRIC_OTHER;
    } while (!atomic_compare_exchange_weak(&memory->names_count, &number, number + 1));
    memcpy(memory->names[number].text, name.at, name.len);
    atomic_store_explicit(&memory->names[number].len, (unsigned)name.len, memory_order_release);
    return number;
}

static unsigned name_number(struct str name, bool found)
{
    if (!memory || name.len == 0)
        return METRIC_OTHER;
    name = str_first(name, NAME_BYTES);
    unsigned number = METRIC_OTHER;
    uint64_t hash = hash_str(name);
    for (unsigned i = 0; i < INDEX_SLOTS; i++) {
        _Atomic uint16_t *at = &memory->index[(hash + i) & (INDEX_SLOTS - 1)];
        uint16_t there = atomic_load_explicit(at, memory_order_acquire);
        if (there == 0) {
            number = number ? number : name_write(name, found);
            if (!number || atomic_compare_exchange_strong(at, &there, (uint16_t)number))
                return number;
        }
        if (str_eq(name_text(there), name))
            return there;
    }
    return METRIC_OTHER;
}

unsigned metric_name(struct str name)
{
    return name_number(name, false);
}

unsigned metric_name_found(struct str name)
{
    return name_number(name, true);
}

void metric_label_words(enum metric_label label, const char *(*word)(unsigned i), unsigned count)
{
    words[label] = (struct words){ word, count };
}

/* ---- the memory ---- */

bool metric_open(void)
{
    assert(!memory);
    void *at = mmap(NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return false;
    memory = at;
    mine = &memory->rows[0];
    memory->rows_used = 1;
    memory->names_count = 1;
    memcpy(memory->names[METRIC_OTHER].text, "other", 5);
    memory->names[METRIC_OTHER].len = 5;
    COUNT_N(0, METRIC_SERIES_LOST);
    return true;
}

void metric_close(void)
{
    if (memory)
        munmap(memory, sizeof *memory);
    memory = NULL;
    mine = NULL;
}

void metric_clear_gauges(unsigned row)
{
    assert(row < METRIC_ROWS);
    for (unsigned slot = 0; memory && slot < METRIC_SERIES_MAX; slot++) {
        uint64_t key = atomic_load(&memory->scalar_keys[slot]);
        if (key && METRICS[(key >> 16 * METRIC_LABELS_MAX) - 1].kind == KIND_GAUGE)
            atomic_store(&memory->rows[row].scalars[slot], 0);
    }
}

void metric_take_row(unsigned row)
{
    assert(row < METRIC_ROWS);
    if (!memory)
        return;
    unsigned used = atomic_load(&memory->rows_used);
    while (used <= row && !atomic_compare_exchange_weak(&memory->rows_used, &used, row + 1))
        ;
    metric_clear_gauges(row);
    mine = &memory->rows[row];
}

/* ---- reading ---- */

static uint64_t scalar_sum(unsigned slot)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < atomic_load(&memory->rows_used); r++)
        sum += atomic_load_explicit(&memory->rows[r].scalars[slot], memory_order_relaxed);
    return sum;
}

static uint64_t histogram_sum(unsigned slot, size_t bucket)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < atomic_load(&memory->rows_used); r++) {
        struct histogram *h = &memory->rows[r].histograms[slot];
        sum += atomic_load_explicit(bucket < BUCKETS_MAX ? &h->buckets[bucket] : &h->sum, memory_order_relaxed);
    }
    return sum;
}

uint64_t metric_read(const unsigned *series)
{
    if (!memory)
        return 0;
    uint64_t key = key_of(series);
    if (METRICS[series[0]].kind <= KIND_GAUGE) {
        unsigned slot = slot_of(memory->scalar_keys, METRIC_SERIES_MAX, key, false);
        return slot < METRIC_SERIES_MAX ? scalar_sum(slot) : 0;
    }
    unsigned slot = slot_of(memory->histogram_keys, METRIC_HISTOGRAMS_MAX, key, false);
    return slot < METRIC_HISTOGRAMS_MAX ? histogram_sum(slot, BUCKETS_MAX) : 0;
}

/* A label's value, with what would end it escaped. */
static bool write_value(struct buf *out, enum metric_label label, unsigned value)
{
    const struct label_row *row = &LABELS[label];
    if (row->source == NUMBER)
        return buf_addf(out, "%u", value);
    if (row->source == WORDS)
        return buf_add(out, value < words[label].count ? str_c(words[label].word(value)) : STR("other"));
    struct str text = value < NAMES_ROOM ? name_text(value) : STR("other");
    bool ok = true;
    for (size_t i = 0; ok && i < text.len; i++) {
        char c = text.at[i];
        if (c == '\\' || c == '"')
            ok = buf_add(out, STR("\\"));
        ok = ok && buf_add(out, (unsigned char)c < ' ' ? STR("?") : str_of(&text.at[i], 1));
    }
    return ok;
}

/* {route="chat",status="200"}, with `le` as the last one when there is one. */
static bool write_labels(struct buf *out, uint64_t key, const char *le)
{
    const struct metric_row *m = &METRICS[(key >> 16 * METRIC_LABELS_MAX) - 1];
    char before = '{';
    bool ok = true;
    for (unsigned i = 0; ok && i < METRIC_LABELS_MAX && m->labels[i] != LABEL_NONE; i++) {
        unsigned value = (unsigned)(key >> 16 * (METRIC_LABELS_MAX - 1 - i)) & 0xffff;
        ok = buf_addf(out, "%c%s=\"", before, LABELS[m->labels[i]].word) && write_value(out, m->labels[i], value) &&
             buf_add(out, STR("\""));
        before = ',';
    }
    if (ok && le) {
        ok = buf_addf(out, "%cle=\"%s\"", before, le);
        before = ',';
    }
    return ok && (before == '{' || buf_add(out, STR("}")));
}

static bool write_histogram(struct buf *out, const struct metric_row *m, uint64_t key, unsigned slot)
{
    const struct bounds *b = &BOUNDS[m->kind];
    bool is_time = m->kind != KIND_TOKENS;
    uint64_t count = 0;
    for (unsigned i = 0; i <= b->count; i++) {
        char le[32];
        if (i == b->count)
            snprintf(le, sizeof le, "+Inf");
        else
            snprintf(le, sizeof le, "%.10g", is_time ? (double)b->at[i] / 1e6 : (double)b->at[i]);
        count += histogram_sum(slot, i);
        if (!buf_addf(out, "%s_bucket", m->name) || !write_labels(out, key, le) ||
            !buf_addf(out, " %llu\n", (unsigned long long)count))
            return false;
    }
    uint64_t sum = histogram_sum(slot, BUCKETS_MAX);
    bool ok = buf_addf(out, "%s_sum", m->name) && write_labels(out, key, NULL);
    ok = ok && (is_time ? buf_addf(out, " %llu.%06llu\n", (unsigned long long)(sum / 1000000),
                                   (unsigned long long)(sum % 1000000))
                        : buf_addf(out, " %llu\n", (unsigned long long)sum));
    return ok && buf_addf(out, "%s_count", m->name) && write_labels(out, key, NULL) &&
           buf_addf(out, " %llu\n", (unsigned long long)count);
}

static bool write_family(struct buf *out, enum metric metric)
{
    const struct metric_row *m = &METRICS[metric];
    static const char *const TYPES[] = { [KIND_COUNTER] = "counter",
                                         [KIND_GAUGE] = "gauge",
                                         [KIND_DURATION] = "histogram",
                                         [KIND_LATENCY] = "histogram",
                                         [KIND_TOKENS] = "histogram" };
    bool is_scalar = m->kind <= KIND_GAUGE;
    cell *keys = is_scalar ? memory->scalar_keys : memory->histogram_keys;
    unsigned n = is_scalar ? METRIC_SERIES_MAX : METRIC_HISTOGRAMS_MAX, shown = 0;
    bool ok = buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, TYPES[m->kind]);
    for (unsigned slot = 0; ok && slot < n; slot++) {
        uint64_t key = atomic_load(&keys[slot]);
        if (!key || (key >> 16 * METRIC_LABELS_MAX) - 1 != metric)
            continue;
        shown++;
        ok = is_scalar ? buf_add(out, str_c(m->name)) && write_labels(out, key, NULL) &&
                             buf_addf(out, " %lld\n", (long long)scalar_sum(slot))
                       : write_histogram(out, m, key, slot);
    }
    if (ok && !shown && is_scalar && m->labels[0] == LABEL_NONE)
        ok = buf_addf(out, "%s 0\n", m->name);
    return ok;
}

bool metric_write(struct buf *out)
{
    for (unsigned m = 0; memory && m < METRIC_COUNT; m++)
        if (!write_family(out, (enum metric)m))
            return false;
    return true;
}
