/* disguise.c - values in the order in which they were found, each with what stands for it. */
#include "filters/detect/disguise.h"

#include "filters/detect/near.h"

enum { VALUES_MAX = 8000, ROUNDS_MAX = 12, NAME_WORDS_MAX = 6, FORMS_MAX = 4 };

struct value {
    struct str original, stand_in;
    const struct sensitive *row;
    unsigned attempt, number; /* of the placeholder */
    bool inside;              /* was found within a word */
    bool is_word;             /* of a name: a part of others */
    bool is_family;
    bool is_silent;           /* a part that is too common to be looked for by itself */
    uint32_t parts[NAME_WORDS_MAX], parts_count; /* of a name: values that are words */
};

/* A find: its place in the text that begins at `text`. */
struct find {
    const char *text;
    size_t start, end;
    uint32_t value;
};

struct disguise {
    struct arena *arena;
    struct disguise_options options;
    struct value *values;
    size_t count, room;
    uint32_t *slots, slots_count; /* by original; value + 1 */
    struct find *finds;           /* in the order of texts */
    size_t finds_count, finds_room, finds_at;
    struct replacer there, back;
    struct replacement *there_words, *back_words;
    size_t back_room;
};

struct disguise *disguise_new(struct arena *a, const struct disguise_options *options)
{
    struct disguise *d = arena_new(a, struct disguise);
    if (d) {
        d->arena = a;
        d->options = *options;
    }
    return d;
}

size_t disguise_count(const struct disguise *d)
{
    return d->count;
}

const struct replacer *disguise_back(const struct disguise *d)
{
    return &d->back;
}

/* ---- values ---- */

static uint32_t hash_of(struct str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.at[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 32);
}

static uint32_t *slot_of(const struct disguise *d, struct str original)
{
    uint32_t i = hash_of(original) & (d->slots_count - 1);
    while (d->slots[i] && !str_eq(d->values[d->slots[i] - 1].original, original))
        i = (i + 1) & (d->slots_count - 1);
    return &d->slots[i];
}

static bool grow(struct disguise *d)
{
    if (d->count < d->room)
        return true;
    if (d->count >= VALUES_MAX)
        return false;
    size_t room = d->room ? d->room * 2 : 16;
    struct value *values = arena_array(d->arena, struct value, room);
    uint32_t *slots = arena_array(d->arena, uint32_t, room * 2);
    if (!values || !slots)
        return false;
    if (d->count)
        memcpy(values, d->values, d->count * sizeof *values);
    d->values = values;
    d->room = room;
    d->slots = slots;
    d->slots_count = (uint32_t)room * 2;
    for (size_t i = 0; i < d->count; i++)
        *slot_of(d, values[i].original) = (uint32_t)i + 1;
    return true;
}

/* Its index, or VALUES_MAX at a ceiling. */
static uint32_t value_of(struct disguise *d, struct str original, const struct sensitive *row)
{
    if (!grow(d))
        return VALUES_MAX;
    uint32_t *slot = slot_of(d, original);
    if (!*slot) {
        d->values[d->count++] = (struct value){ .original = original, .row = row };
        *slot = (uint32_t)d->count;
    }
    return *slot - 1;
}

/* ---- names: their words stand for themselves too ---- */

static const char COMMON_WORDS[] =
    "Will|Mark|May|June|April|August|Rose|Grace|Hope|Faith|Joy|Art|Bill|Rich|Grant|Chase|Drew|Pat|Sue|Jack|Rob|Frank|Ray|Guy|Dean|Gene|"
    "Page|Young|Long|Short|King|Price|Day|West|North|South|East|Love|Best|Good|Rice|Stone|Wood|Woods|Hill|Lake|Field|Park|Street|Black|"
    "White|Green|Brown|Gray|Grey|Bush|Ford|Hall|Lane|Banks|Brook|Summer|Autumn|Winter|Star|Sky|Ocean|Moon|Sun|Angel|Christian|Jean|Don|"
    "Van|Le|De|Da|Di|El|Al|An|Do|So|Su|Li|My|You|He|She|The|And|Major|Earl|Duke|Baron|Prince|Bishop|Pope|Judge|Marshall|Carol|Dawn|Eve";

static bool is_common(struct str word)
{
    struct str rest = str_c(COMMON_WORDS);
    while (rest.at)
        if (str_eq(word, str_cut(&rest, '|')))
            return true;
    return false;
}

static bool is_particle(struct str word)
{
    return word.len <= 3 && is_lower(word.at[0]);
}

/* The words of the name as values of their own, so that a given name stands for itself wherever it stands. */
static bool add_words(struct disguise *d, struct str name, const struct sensitive *row, struct value *of)
{
    struct str rest = name, words[NAME_WORDS_MAX];
    size_t n = 0;
    while (rest.at) {
        struct str word = str_cut(&rest, ' ');
        if (!word.len || n == NAME_WORDS_MAX)
            return true; /* not written as names are: stood for as a whole */
        words[n++] = word;
    }
    if (n < 2)
        return true;
    for (size_t i = 0; i < n; i++) {
        uint32_t before = (uint32_t)d->count, at = value_of(d, words[i], row);
        if (at == VALUES_MAX)
            return false;
        struct value *v = &d->values[at];
        if (at == before) {
            v->is_word = true;
            v->is_family = i + 1 == n;
            v->is_silent = words[i].len < 3 || !(is_upper(words[i].at[0]) || (unsigned char)words[i].at[0] >= 0x80) || is_common(words[i]);
        }
        of->parts[of->parts_count++] = at;
    }
    return true;
}

static bool add_find(struct disguise *d, struct find f)
{
    if (d->finds_count == d->finds_room) {
        size_t room = d->finds_room ? d->finds_room * 2 : 32;
        struct find *finds = arena_array(d->arena, struct find, room);
        if (!finds)
            return false;
        if (d->finds_count)
            memcpy(finds, d->finds, d->finds_count * sizeof *finds);
        d->finds = finds;
        d->finds_room = room;
    }
    d->finds[d->finds_count++] = f;
    return true;
}

bool disguise_add(struct disguise *d, struct str text, size_t start, size_t end, const struct sensitive *row)
{
    struct str original = str_of(text.at + start, end - start);
    uint32_t before = (uint32_t)d->count, at = value_of(d, original, row);
    if (at == VALUES_MAX)
        return false;
    struct value *v = &d->values[at];
    v->is_silent = false;
    v->is_family |= at == before && str_ends(str_c(row->pattern.id), STR("titled"));
    v->inside |= !near_begins(text, start) || (end < text.len && is_alnum(text.at[end]));
    if (at == before && row->fake == FAKE_NAME) {
        struct value parts = { 0 };
        if (!add_words(d, original, row, &parts))
            return false;
        v = &d->values[at]; /* they may have moved */
        v->parts_count = parts.parts_count;
        memcpy(v->parts, parts.parts, sizeof parts.parts);
    }
    return add_find(d, (struct find){ text.at, start, end, at });
}

/* ---- what stands for each ---- */

static struct str placeholder(struct disguise *d, const struct value *v)
{
    /* of a number that the text has already another is taken */
    return arena_printf(d->arena, "[%s_%u]", v->row->label, v->number + 1000 * v->attempt);
}

static struct str join_parts(struct disguise *d, const struct value *v)
{
    struct buf text;
    buf_init(&text, 1024);
    bool ok = true;
    for (size_t i = 0; ok && i < v->parts_count; i++) {
        const struct value *part = &d->values[v->parts[i]];
        ok = (!i || buf_add(&text, STR(" "))) && buf_add(&text, is_particle(part->original) ? part->original : part->stand_in);
    }
    struct str joined = ok ? arena_copy(d->arena, buf_str(&text)) : STR_NONE;
    buf_finish(&text);
    return joined;
}

static struct str propose(struct disguise *d, const struct value *v)
{
    if (d->options.realistic && v->attempt < PSEUDONYM_ATTEMPTS_MAX) {
        struct str s = STR_NONE;
        if (v->row->fake != FAKE_NAME)
            s = pseudonym_make(d->arena, v->row, v->original, d->options.key, v->attempt);
        else if (v->parts_count && v->attempt == 0)
            s = join_parts(d, v);
        else
            s = pseudonym_name(d->arena, v->original, v->is_family, d->options.key, v->attempt);
        if (s.at)
            return s;
    }
    return placeholder(d, v);
}

/* A table of the stand-ins in use, to see which are taken. */
struct taken {
    uint32_t *slots, count;
    const struct disguise *d;
};

static bool is_taken(const struct taken *t, struct str s, size_t self, bool add)
{
    uint32_t i = hash_of(s) & (t->count - 1);
    for (; t->slots[i]; i = (i + 1) & (t->count - 1))
        if (t->slots[i] - 1 != self && str_eq(t->d->values[t->slots[i] - 1].stand_in, s))
            return true;
    if (add)
        t->slots[i] = (uint32_t)self + 1;
    return false;
}

static bool choose_all(struct disguise *d)
{
    struct taken taken = { .count = d->slots_count * 2, .d = d };
    if (!(taken.slots = arena_array(d->arena, uint32_t, taken.count)))
        return false;
    /* words of names before the names that are made of them */
    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < d->count; i++) {
            struct value *v = &d->values[i];
            if ((v->parts_count != 0) != (pass == 1))
                continue;
            for (;; v->attempt++) {
                v->stand_in = propose(d, v);
                if (!v->stand_in.at)
                    return false;
                bool is_value = *slot_of(d, v->stand_in) != 0 && !(v->is_word && is_particle(v->original));
                if (!is_value && !is_taken(&taken, v->stand_in, i, true))
                    break;
                if (v->attempt > 2 * PSEUDONYM_ATTEMPTS_MAX)
                    return false;
            }
        }
    return true;
}

/* ---- the way there ---- */

static bool build_there(struct disguise *d)
{
    if (!d->there_words && !(d->there_words = arena_array(d->arena, struct replacement, d->count + 1)))
        return false;
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++)
        if (!d->values[i].is_silent)
            d->there_words[n++] = (struct replacement){ d->values[i].original, STR_NONE, (uint32_t)i, d->values[i].inside };
    replacer_init(&d->there, d->there_words, n);
    return true;
}

/* ---- the way back ---- */

/* The letters and digits alone, in fours, in fours with hyphens: as a model may write what it was given. */
static struct str other_form(struct arena *a, struct str s, unsigned form)
{
    static const char BETWEEN[] = { 0, ' ', '-' };
    char *out = arena_bytes(a, s.len * 2 + 2);
    size_t n = 0, kept = 0;
    if (!out)
        return STR_NONE;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alnum(s.at[i]) && !(i == 0 && s.at[i] == '+'))
            continue;
        if (form && kept && kept % 4 == 0)
            out[n++] = BETWEEN[form];
        out[n++] = s.at[i];
        kept++;
    }
    return str_of(out, n);
}

static bool has_forms(const struct value *v)
{
    static const char *const KINDS[] = { "card", "iban", "phone", "national_id", "bank_account" };
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
        if (strcmp(v->row->pattern.category, KINDS[i]) == 0)
            return v->stand_in.len == v->original.len && v->original.len >= 9;
    return false;
}

static bool build_back(struct disguise *d)
{
    if (!d->back_words) {
        d->back_room = d->count * FORMS_MAX + 1;
        if (!(d->back_words = arena_array(d->arena, struct replacement, d->back_room)))
            return false;
    }
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++) {
        const struct value *v = &d->values[i];
        if (v->is_silent)
            continue;
        d->back_words[n++] = (struct replacement){ v->stand_in, v->original, (uint32_t)i, v->inside };
        if (!d->options.realistic || !has_forms(v))
            continue;
        /* other forms of the same: told from all others, since of two alike words the first in the order stays */
        bool fours = strcmp(v->row->pattern.category, "card") == 0 || strcmp(v->row->pattern.category, "iban") == 0;
        for (unsigned form = 0; form < (fours ? 3U : 1U); form++) {
            struct str from = other_form(d->arena, v->stand_in, form), to = other_form(d->arena, v->original, form);
            if (!from.at || !to.at)
                return false;
            bool is_own = str_eq(from, v->stand_in) || *slot_of(d, from) != 0;
            if (!is_own)
                d->back_words[n++] = (struct replacement){ from, to, (uint32_t)(i + d->count), false };
        }
    }
    replacer_init(&d->back, d->back_words, n);
    return true;
}

/* ---- texts ---- */

/* The finds of a text; they lie in the order of the texts, and texts are mostly asked for in it. */
static size_t finds_of(struct disguise *d, struct str text, size_t *n)
{
    size_t at = d->finds_at;
    if (at >= d->finds_count || d->finds[at].text != text.at) {
        for (at = d->finds_at; at < d->finds_count && d->finds[at].text != text.at; at++)
            ;
        if (at == d->finds_count)
            for (at = 0; at < d->finds_at && d->finds[at].text != text.at; at++)
                ;
        if (at >= d->finds_count || d->finds[at].text != text.at) {
            *n = 0;
            return 0;
        }
    }
    size_t end = at;
    while (end < d->finds_count && d->finds[end].text == text.at)
        end++;
    d->finds_at = end;
    *n = end - at;
    return at;
}

/* Goes through the text: finds, and values between them. Each is told to `each`. */
struct walk {
    bool (*each)(void *owner, struct str between, uint32_t value);
    void *owner;
};
static bool walk_text(struct disguise *d, struct str text, const struct walk *walk)
{
    size_t n, first = finds_of(d, text, &n), done = 0, from = 0;
    struct replaced next = { 0 }; /* the next value that is looked for, once it is known */
    bool is_known = false;
    for (size_t i = 0; i <= n; i++) {
        size_t stop = i < n ? d->finds[first + i].start : text.len;
        for (;;) {
            if (!is_known && replacer_next(&d->there, text, true, &from, &next) != REPLACER_FOUND)
                next.start = SIZE_MAX;
            is_known = true;
            if (next.start >= stop)
                break;
            is_known = false;
            if (next.end > stop) { /* into the find */
                from = next.start + 1;
                continue;
            }
            if (!walk->each(walk->owner, str_of(text.at + done, next.start - done), next.word->value))
                return false;
            done = from = next.end;
        }
        if (i == n)
            break;
        const struct find *f = &d->finds[first + i];
        if (!walk->each(walk->owner, str_of(text.at + done, f->start - done), f->value))
            return false;
        done = f->end;
        if (next.start < done) {
            is_known = false;
            from = done;
        }
    }
    return walk->each(walk->owner, str_from(text, done), VALUES_MAX);
}

struct writing {
    struct disguise *d;
    struct buf out;
    struct find *places; /* where stand-ins lie in `out`; NULL: nobody asks */
    size_t places_count, places_room;
};

static bool write_each(void *owner, struct str between, uint32_t value)
{
    struct writing *w = owner;
    if (!buf_add(&w->out, between) || value == VALUES_MAX)
        return value == VALUES_MAX;
    struct str s = w->d->values[value].stand_in;
    if (w->places_count < w->places_room)
        w->places[w->places_count++] = (struct find){ NULL, buf_len(&w->out), buf_len(&w->out) + s.len, value };
    return buf_add(&w->out, s);
}

enum { GROWTH_MAX = 4, GROWTH_ROOM = 4096 };

struct str disguise_text(struct disguise *d, struct str text)
{
    struct writing w = { .d = d };
    buf_init(&w.out, GROWTH_MAX * text.len + GROWTH_ROOM);
    struct walk walk = { write_each, &w };
    bool ok = walk_text(d, text, &walk);
    struct str out = !ok ? STR_NONE : str_eq(buf_str(&w.out), text) ? text : arena_copy(d->arena, buf_str(&w.out));
    buf_finish(&w.out);
    return out;
}

/* ---- choosing ---- */

static bool count_each(void *owner, struct str between, uint32_t value)
{
    (void)between;
    *(size_t *)owner += value != VALUES_MAX;
    return true;
}

/* Would the stand-ins of this text be put back, each at its place and nothing else? Else *guilty is the value whose stand-in is to
 * be another one. False at the ceiling. */
static bool try_text(struct disguise *d, struct str text, uint32_t *guilty)
{
    struct writing w = { .d = d };
    size_t count = 0;
    struct walk counting = { count_each, &count }, writing = { write_each, &w };
    *guilty = VALUES_MAX;
    if (!walk_text(d, text, &counting))
        return false;
    if (!count && !d->back.count)
        return true;
    w.places = calloc(count + 1, sizeof *w.places);
    w.places_room = count;
    buf_init(&w.out, GROWTH_MAX * text.len + GROWTH_ROOM);
    bool ok = w.places && walk_text(d, text, &writing);
    struct str out = buf_str(&w.out);
    size_t from = 0, at = 0;
    struct replaced found;
    while (ok && *guilty == VALUES_MAX && replacer_next(&d->back, out, true, &from, &found) == REPLACER_FOUND) {
        uint32_t value = found.word->value;
        bool fits = at < w.places_count && w.places[at].start == found.start && w.places[at].end == found.end && w.places[at].value == value;
        if (!fits) /* it stands there anyway, or hides another */
            *guilty = value >= d->count ? value - (uint32_t)d->count : value;
        at++;
        from = found.end;
    }
    if (ok && *guilty == VALUES_MAX && at < w.places_count)
        *guilty = w.places[at].value;
    free(w.places);
    buf_finish(&w.out);
    return ok;
}

/* Another one for the value; of a name, for its words. */
static void blame(struct disguise *d, uint32_t value)
{
    struct value *v = &d->values[value];
    v->attempt++;
    for (size_t i = 0; i < v->parts_count; i++)
        d->values[v->parts[i]].attempt++;
    if (v->parts_count)
        v->attempt = 0;
}

bool disguise_choose(struct disguise *d, const struct str *texts, size_t n, const char **why)
{
    /* placeholders are numbered by kind, in the order of what they stand for */
    for (size_t i = 0; i < d->count; i++) {
        unsigned number = 1;
        for (size_t k = i; k-- > 0;)
            if (strcmp(d->values[k].row->label, d->values[i].row->label) == 0) {
                number = d->values[k].number + 1;
                break;
            }
        d->values[i].number = number;
    }
    *why = "no room for what stands for the values";
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        uint32_t guilty = VALUES_MAX;
        bool all_fit = true;
        if (!choose_all(d) || !build_there(d) || !build_back(d))
            return false;
        d->finds_at = 0;
        for (size_t i = 0; d->options.goes_back && i < n; i++) {
            if (!try_text(d, texts[i], &guilty))
                return false;
            if (guilty == VALUES_MAX)
                continue;
            all_fit = false;
            blame(d, guilty);
        }
        d->finds_at = 0;
        if (all_fit)
            return true;
    }
    *why = "no stand-ins that can be told from the text";
    return false;
}

bool disguise_knows(const struct disguise *d, struct str stand_in)
{
    size_t from = 0;
    struct replaced found;
    return replacer_next(&d->back, stand_in, true, &from, &found) == REPLACER_FOUND && found.start == 0 && found.end == stand_in.len;
}
