/* main.c - guard: what the filters of texts cost by themselves, in CPU time of this process, on made-up texts. */
#include "filters.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "texts.h"

static const char HELP[] =
    "guard - what the guard's filters cost a KB of made-up text, without a proxy around them\n\n"
    "usage: guard [--rounds N] [--only WORD] [--text KIND] [--bytes N]\n"
    "       guard --print KIND [--bytes N] [--seed N]      a made-up text\n"
    "       guard --print-rules N                          a made-up rule file\n\n"
    "Prints one JSON object a line: median and least nanoseconds of CPU time a KB (1,024 bytes), or a piece where it comes in\n"
    "pieces. Rounds go through all filters in turn. Texts are of 2 KB, and prose also of 200 KB.\n\nFilters:\n";

enum { TEXTS_AT_ONCE_BYTES = 256 * 1024, ROUND_NS = 20 * 1000 * 1000, ROUNDS_MAX = 99 };

struct options {
    unsigned rounds;
    size_t bytes;
    uint64_t seed;
    const char *only, *text;
};

/* Several texts of the same kind, so that no branch learns one by heart. */
struct sample {
    struct buf bytes;
    struct str at[TEXTS_AT_ONCE_BYTES / 64];
    size_t count;
};

static void help(FILE *to)
{
    fputs(HELP, to);
    for (size_t i = 0; i < MEASURED_COUNT; i++)
        fprintf(to, "  %-22s%s\n", MEASURED[i].word, MEASURED[i].about);
    fputs("\nTexts:\n", to);
    for (size_t i = 0; i < MADE_KINDS; i++)
        fprintf(to, "  %-22s%s\n", TEXTS_MADE[i].word, TEXTS_MADE[i].about);
}

static uint64_t number(const char *text)
{
    uint64_t n;
    if (!str_to_u64(str_c(text), &n)) {
        fprintf(stderr, "guard: not a number: %s\n", text);
        exit(2);
    }
    return n;
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sample_make(struct sample *s, enum text_kind kind, size_t bytes)
{
    size_t ends[ARRAY_LEN(s->at)];
    buf_clear(&s->bytes);
    for (s->count = 0; s->count < ARRAY_LEN(s->at) && (s->count < 4 || buf_len(&s->bytes) < TEXTS_AT_ONCE_BYTES); s->count++) {
        text_make(kind, s->count + 1, bytes, &s->bytes);
        ends[s->count] = buf_len(&s->bytes);
    }
    for (size_t i = 0; i < s->count; i++) {
        size_t from = i ? ends[i - 1] : 0;
        s->at[i] = str_of(buf_str(&s->bytes).at + from, ends[i] - from);
    }
}

struct figure {
    double rounds[ROUNDS_MAX];
    size_t found, texts;
};

static void measure(struct measured *m, const struct sample *s, double *out, struct figure *f)
{
    uint64_t began = cpu_ns(), took;
    double units = 0;
    do {
        for (size_t i = 0; i < s->count; i++) {
            f->found += m->run(m, s->at[i]);
            f->texts++;
            units += m->by_event ? (double)m->pieces : (double)s->at[i].len / 1024;
        }
    } while ((took = cpu_ns() - began) < ROUND_NS);
    *out = (double)took / units;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static bool chosen(const struct options *o, const struct measured *m, enum text_kind kind)
{
    return (!o->only || strcmp(o->only, m->word) == 0) && (m->everywhere || kind == MADE_prose);
}

static void measure_all(const struct options *o, enum text_kind kind, size_t bytes)
{
    static struct sample sample;
    static struct figure figures[64];
    sample.bytes.ceiling_bytes = 64 << 20;
    sample_make(&sample, kind, bytes);
    memset(figures, 0, sizeof figures);
    for (unsigned round = 0; round < o->rounds; round++)
        for (size_t i = 0; i < MEASURED_COUNT; i++)
            if (chosen(o, &MEASURED[i], kind))
                measure(&MEASURED[i], &sample, &figures[i].rounds[round], &figures[i]);
    for (size_t i = 0; i < MEASURED_COUNT; i++) {
        if (!chosen(o, &MEASURED[i], kind))
            continue;
        qsort(figures[i].rounds, o->rounds, sizeof(double), compare);
        printf("{\"filter\":\"%s\",\"text\":\"%s\",\"bytes\":%zu,\"per\":\"%s\",\"ns\":%.1f,\"ns_least\":%.1f,\"found\":%.3f}\n",
               MEASURED[i].word, TEXTS_MADE[kind].word, bytes, MEASURED[i].by_event ? "piece" : "kb",
               figures[i].rounds[o->rounds / 2], figures[i].rounds[0], (double)figures[i].found / (double)figures[i].texts);
        fflush(stdout);
    }
}

static bool open_all_chosen(const struct options *o)
{
    for (size_t i = 0; i < MEASURED_COUNT; i++) {
        if (o->only && strcmp(o->only, MEASURED[i].word) != 0)
            continue;
        if (!MEASURED[i].open(&MEASURED[i])) {
            fprintf(stderr, "guard: %s cannot be made ready\n", MEASURED[i].word);
            return false;
        }
    }
    return true;
}

static void print(const struct buf *text)
{
    fwrite(buf_str(text).at, 1, buf_len(text), stdout);
}

static int print_text(const struct options *o, const char *word)
{
    struct buf text;
    buf_init(&text, 64 << 20);
    for (size_t i = 0; i < MADE_KINDS; i++) {
        if (strcmp(word, TEXTS_MADE[i].word) != 0)
            continue;
        text_make((enum text_kind)i, o->seed, o->bytes ? o->bytes : 2048, &text);
        print(&text);
        return 0;
    }
    help(stderr);
    return 2;
}

static int print_rules(const char *count)
{
    struct buf rules;
    buf_init(&rules, 64 << 20);
    rules_make(number(count), false, &rules);
    print(&rules);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        { "rounds", 1, NULL, 'r' }, { "only", 1, NULL, 'o' },  { "text", 1, NULL, 't' },        { "bytes", 1, NULL, 'b' },
        { "seed", 1, NULL, 's' },   { "print", 1, NULL, 'p' }, { "print-rules", 1, NULL, 'P' }, { "help", 0, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct options o = { .rounds = 5, .seed = 1 };
    const char *printed = NULL, *rules = NULL;
    for (int c; (c = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1;) {
        switch (c) {
        case 'r': o.rounds = (unsigned)number(optarg); break;
        case 'o': o.only = optarg; break;
        case 't': o.text = optarg; break;
        case 'b': o.bytes = number(optarg); break;
        case 's': o.seed = number(optarg); break;
        case 'p': printed = optarg; break;
        case 'P': rules = optarg; break;
        case 'h': help(stdout); return 0;
        default: help(stderr); return 2;
        }
    }
    if (rules)
        return print_rules(rules);
    if (printed)
        return print_text(&o, printed);
    o.rounds = o.rounds < 1 ? 1 : o.rounds > ROUNDS_MAX ? ROUNDS_MAX : o.rounds;
    if (!open_all_chosen(&o))
        return 1;
    for (size_t i = 0; i < MADE_KINDS; i++) {
        if (o.text && strcmp(o.text, TEXTS_MADE[i].word) != 0)
            continue;
        measure_all(&o, (enum text_kind)i, o.bytes ? o.bytes : 2048);
        if (i == MADE_prose && !o.bytes)
            measure_all(&o, MADE_prose, 200 * 1024);
    }
    return 0;
}
