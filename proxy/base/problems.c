/* problems.c - keeping complaints, and printing them under the line they speak of. */
#include "proxy/base/problems.h"

#include <stdarg.h>

enum { KEPT_MAX = 100, WORD_MAX = 64, FAR = 4 };

void problems_init(struct problems *p, struct str file, struct str text)
{
    *p = (struct problems){ .file = strndup(file.at ? file.at : "", file.len) };
    if (text.at && (p->text = malloc(text.len + 1))) {
        memcpy(p->text, text.at, text.len);
        p->text_len = text.len;
    }
}

void problems_finish(struct problems *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i].message);
        free(p->list[i].hint);
        free(p->list[i].file);
        free(p->list[i].line);
    }
    free(p->list);
    free(p->file);
    free(p->text);
    *p = (struct problems){ 0 };
}

PRINTF(4, 0)
static void remember(struct problems *p, enum severity severity, struct span span, const char *format, va_list args)
{
    p->errors += severity == SEVERITY_ERROR;
    if (p->count == KEPT_MAX)
        return;
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 8;
        struct problem *list = realloc(p->list, room * sizeof *list);
        if (!list)
            return;
        p->list = list;
        p->room = room;
    }
    char *message;
    if (vasprintf(&message, format, args) < 0)
        return;
    p->list[p->count++] = (struct problem){ .severity = severity, .span = span, .message = message };
}

void problem(struct problems *p, struct span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    remember(p, SEVERITY_ERROR, span, format, args);
    va_end(args);
}

void problem_warn(struct problems *p, struct span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    remember(p, SEVERITY_WARNING, span, format, args);
    va_end(args);
}

void problem_hint(struct problems *p, const char *format, ...)
{
    if (!p->count)
        return;
    char *hint;
    va_list args;
    va_start(args, format);
    if (vasprintf(&hint, format, args) < 0)
        hint = NULL;
    va_end(args);
    free(p->list[p->count - 1].hint);
    p->list[p->count - 1].hint = hint;
}

unsigned words_distance(struct str a, struct str b)
{
    unsigned rows[3][WORD_MAX + 1];
    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return FAR;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned swap = ascii_lower(a.at[i - 1]) != ascii_lower(b.at[j - 1]);
            unsigned best = last[j - 1] + swap;
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1])
                best = before[j - 2] + 1 < best ? before[j - 2] + 1 : best;
            now[j] = best;
        }
    }
    unsigned distance = rows[a.len % 3][b.len];
    return distance > FAR ? FAR : distance;
}

/* Short words are near to many: "redact" is no "report", and whoever writes "uk" does not mean "dk". */
struct nearest nearest_to(struct str word)
{
    return (struct nearest){ .word = word, .distance = word.len < 3 ? 1 : word.len < 4 ? 2 : word.len < 7 ? 3 : FAR };
}

void nearest_look(struct nearest *n, const char *word)
{
    unsigned distance = words_distance(n->word, str_c(word));
    if (distance >= n->distance)
        return;
    n->distance = distance;
    n->found = word;
}

/* What other programs call what is one of our words, or what people do. */
static const struct {
    const char *said, *meant;
} SYNONYMS[] = { { "block", "refuse" },   { "deny", "refuse" },           { "reject", "refuse" },          { "redact", "mask" },
                 { "hide", "mask" },      { "anonymise", "pseudonymise" }, { "anonymize", "pseudonymise" }, { "pseudonymize", "pseudonymise" },
                 { "log", "report" },     { "audit", "report" },          { "monitor", "report" },         { "warn", "report" },
                 { "detect", "report" },  { "disable", "off" },           { "disabled", "off" },           { "ignore", "off" },
                 { "ssn", "national_id" }, { "credit_card", "card" },      { "phone_number", "phone" },     { "mail", "email" },
                 { "ip_address", "ip" },  { "uk", "gb" } };

static const char *synonym_of(struct str word, const char *const *words, size_t n)
{
    for (size_t s = 0; s < sizeof SYNONYMS / sizeof *SYNONYMS; s++)
        for (size_t i = 0; str_eq_nocase(word, str_c(SYNONYMS[s].said)) && i < n; i++)
            if (strcmp(words[i], SYNONYMS[s].meant) == 0)
                return words[i];
    return NULL;
}

void problem_hint_near(struct problems *p, struct str word, const char *const *words, size_t n)
{
    struct nearest nearest = nearest_to(word);
    const char *synonym = synonym_of(word, words, n);
    for (size_t i = 0; !synonym && i < n; i++)
        nearest_look(&nearest, words[i]);
    if (synonym)
        problem_hint(p, "did you mean \"%s\"?", synonym);
    else if (nearest.found)
        problem_hint(p, "did you mean \"%s\"?", nearest.found);
}

static struct str line_of(struct str rest, unsigned line)
{
    struct str text = STR_NONE;
    for (unsigned i = 0; i < line && rest.at; i++)
        text = str_cut(&rest, '\n');
    while (text.len && text.at[text.len - 1] == '\r')
        text.len--;
    return text;
}

void problem_elsewhere(struct problems *p, struct str file, struct str text)
{
    struct problem *last = p->count ? &p->list[p->count - 1] : NULL;
    struct str line = last ? line_of(text, last->span.line) : STR_NONE;
    if (!last || last->file)
        return;
    last->file = strndup(file.at ? file.at : "", file.len);
    last->line = strndup(line.at ? line.at : "", line.len);
}

void problems_take(struct problems *p, const struct problems *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct problem *it = &other->list[i];
        struct str text = str_of(other->text, other->text_len);
        (it->severity == SEVERITY_ERROR ? problem : problem_warn)(p, it->span, "%s", it->message);
        if (p->count == KEPT_MAX)
            continue; /* perhaps not the one made last */
        if (it->hint)
            problem_hint(p, "%s", it->hint);
        if (!it->file) {
            problem_elsewhere(p, str_c(other->file), text);
        } else {
            problem_elsewhere(p, str_c(it->file), STR_NONE);
            free(p->list[p->count - 1].line);
            p->list[p->count - 1].line = it->line ? strdup(it->line) : NULL;
        }
    }
}

void problems_hide(struct problems *p, struct span span)
{
    size_t i = 0;
    if (!p->text || !span.line)
        return;
    for (unsigned line = 1; line < span.line && i < p->text_len; i++)
        line += p->text[i] == '\n';
    for (unsigned column = 1; i < p->text_len && p->text[i] != '\n'; i++) {
        /* what goes on in further lines has a span of one character: then the whole rest of the line is hidden */
        if (column >= span.column && (span.len == 1 || column < span.column + span.len))
            p->text[i] = '*';
        column += i + 1 < p->text_len && ((unsigned char)p->text[i + 1] & 0xc0) != 0x80;
    }
}

static int by_place(const void *a, const void *b)
{
    const struct problem *p = *(const struct problem *const *)a, *q = *(const struct problem *const *)b;
    const struct span *x = &p->span, *y = &q->span;
    if (p->file || q->file) {
        int order = p->file && q->file ? strcmp(p->file, q->file) : (p->file != NULL) - (q->file != NULL);
        if (order)
            return order;
    }
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

/* As a terminal may see it: no control characters, and of a URL no user and password. */
static bool add_shown(struct buf *out, struct str text)
{
    size_t hide_from = 0, hide_until = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (i >= hide_until && str_starts(str_from(text, i), STR("://"))) {
            hide_from = i + 3;
            for (size_t k = hide_from; k < text.len && !str_has(STR(" \t\"'"), text.at[k]); k++)
                hide_until = text.at[k] == '@' ? k : hide_until;
        }
        bool is_hidden = i >= hide_from && i < hide_until, is_control = (c < ' ' && c != '\t') || c == 0x7f;
        if (!buf_add(out, is_hidden ? STR("*") : is_control ? STR("?") : str_first(str_from(text, i), 1)))
            return false;
    }
    return true;
}

static bool print_one(const struct problems *p, const struct problem *it, struct buf *out)
{
    static const char *const NAMES[] = { "error", "warning" };
    const char *file = it->file ? it->file : p->file;
    bool ok = it->span.line ? buf_addf(out, "%s:%u:%u: ", file, it->span.line, it->span.column) : buf_addf(out, "%s: ", file);
    ok = ok && buf_addf(out, "%s: ", NAMES[it->severity]) && add_shown(out, str_c(it->message)) && buf_add(out, STR("\n"));
    struct str line = !it->span.line ? STR_NONE : it->line ? str_c(it->line) : line_of(str_of(p->text, p->text_len), it->span.line);
    if (!line.at || line.len > 400)
        return ok && (!it->hint || buf_addf(out, "      %s\n", it->hint));
    ok = ok && buf_addf(out, "%5u | ", it->span.line) && add_shown(out, line) && buf_add(out, STR("\n      | "));
    for (unsigned i = 1; ok && i < it->span.column; i++)
        ok = buf_add(out, i <= line.len && line.at[i - 1] == '\t' ? STR("\t") : STR(" "));
    ok = ok && buf_add(out, STR("^"));
    for (unsigned i = 1; ok && i < it->span.len && i < 80; i++)
        ok = buf_add(out, STR("~"));
    return ok && buf_addf(out, "%s%s\n", it->hint ? " " : "", it->hint ? it->hint : "");
}

bool problems_print(const struct problems *p, struct buf *out)
{
    const struct problem *sorted[KEPT_MAX];
    for (size_t i = 0; i < p->count; i++)
        sorted[i] = &p->list[i];
    if (p->count)
        qsort(sorted, p->count, sizeof *sorted, by_place);
    bool ok = true;
    for (size_t i = 0; ok && i < p->count; i++)
        ok = print_one(p, sorted[i], out);
    return ok;
}
