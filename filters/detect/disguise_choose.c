/* disguise_choose.c - what stands for each value: proposed, and tried on every text until all of it can be put back. */
#include "filters/detect/disguise_parts.h"

#include <stdlib.h>

#include "filters/detect/near.h"
#include "proxy/base/hash.h"

enum { ROUNDS_MAX = 12 };

/* ---- proposing ---- */

static struct str placeholder(struct disguise *d, const struct disguise_value *v)
{
    /* of a number that the text has already another is taken */
    return arena_printf(d->arena, "[%s_%u]", v->row->label, v->number + 1000 * v->attempt);
}

static struct str join_parts(struct disguise *d, const struct disguise_value *v)
{
    struct buf text;
    buf_init(&text, 1024);
    bool ok = true;
    for (size_t i = 0; ok && i < v->parts_count; i++) {
        const struct disguise_value *part = &d->values[v->parts[i]];
        ok = (!i || buf_add(&text, STR(" "))) &&
             buf_add(&text, disguise_is_particle(part->original) ? part->original : part->stand_in);
    }
    struct str joined = ok ? arena_copy(d->arena, buf_str(&text)) : STR_NONE;
    buf_finish(&text);
    return joined;
}

static struct str propose(struct disguise *d, const struct disguise_value *v)
{
    if (d->options.realistic && v->attempt < PSEUDONYM_ATTEMPTS_MAX) {
        struct str s = STR_NONE;
        if (v->row->fake != FAKE_NAME)
            s = pseudonym_make(d->arena, &(struct pseudonym_of){ d->options.set, v->row, v->original }, d->options.key,
                               v->attempt);
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
    uint32_t i = (uint32_t)hash_str(s) & (t->count - 1);
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
            struct disguise_value *v = &d->values[i];
            if ((v->parts_count != 0) != (pass == 1))
                continue;
            for (;; v->attempt++) {
                v->stand_in = propose(d, v);
                if (!v->stand_in.at)
                    return false;
                bool is_value =
                    *disguise_slot(d, v->stand_in) != 0 && !(v->is_word && disguise_is_particle(v->original));
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
            d->there_words[n++] =
                (struct replacement){ d->values[i].original, STR_NONE, (uint32_t)i, d->values[i].inside };
    replacer_init(&d->there, d->there_words, n);
    return true;
}

/* ---- the way back ---- */

static bool build_back(struct disguise *d)
{
    if (!d->back_words) {
        d->back_room = d->count * (1 + DISGUISE_FORMS_MAX) + 1;
        if (!(d->back_words = arena_array(d->arena, struct replacement, d->back_room)))
            return false;
    }
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++) {
        const struct disguise_value *v = &d->values[i];
        if (v->is_silent)
            continue;
        d->back_words[n++] = (struct replacement){ v->stand_in, v->original, (uint32_t)i, v->inside };
        /* other forms of the same: told from all others, since of two alike words the first in the order stays */
        struct disguise_form forms[DISGUISE_FORMS_MAX];
        for (size_t k = disguise_forms(d, v, forms); k-- > 0;) {
            if (!forms[k].from.at || !forms[k].to.at)
                return false;
            bool is_own = str_eq(forms[k].from, v->stand_in) || *disguise_slot(d, forms[k].from) != 0;
            if (!is_own)
                d->back_words[n++] = (struct replacement){ forms[k].from, forms[k].to, (uint32_t)(i + d->count), false };
        }
    }
    replacer_init(&d->back, d->back_words, n);
    return true;
}

/* ---- choosing ---- */

static bool count_each(void *owner, struct str between, uint32_t value)
{
    (void)between;
    *(size_t *)owner += value != DISGUISE_VALUES_MAX;
    return true;
}

/* Would the stand-ins of this text be put back, each at its place and nothing else? Else *guilty is the value whose
 * stand-in is to be another one. False at the ceiling. */
static bool try_text(struct disguise *d, struct str text, uint32_t *guilty)
{
    struct disguise_writing w = { .d = d };
    size_t count = 0;
    struct disguise_walk counting = { count_each, &count }, writing = { disguise_write_each, &w };
    *guilty = DISGUISE_VALUES_MAX;
    if (!disguise_walk_text(d, text, &counting))
        return false;
    if (!count && !d->back.count)
        return true;
    w.places = calloc(count + 1, sizeof *w.places);
    w.places_room = count;
    buf_init(&w.out, disguise_room(text));
    bool ok = w.places && disguise_walk_text(d, text, &writing);
    struct str out = buf_str(&w.out);
    size_t from = 0, at = 0;
    struct replaced found;
    while (ok && *guilty == DISGUISE_VALUES_MAX &&
           replacer_next(&d->back, out, true, &from, &found) == REPLACER_FOUND) {
        uint32_t value = found.word->value;
        bool fits = at < w.places_count && w.places[at].start == found.start && w.places[at].end == found.end &&
                    w.places[at].value == value;
        if (!fits) /* it stands there anyway, or hides another */
            *guilty = value >= d->count ? value - (uint32_t)d->count : value;
        at++;
        from = found.end;
    }
    if (ok && *guilty == DISGUISE_VALUES_MAX && at < w.places_count)
        *guilty = w.places[at].value;
    free(w.places);
    buf_finish(&w.out);
    return ok;
}

/* Another one for the value; of a name, for its words. */
static void blame(struct disguise *d, uint32_t value)
{
    struct disguise_value *v = &d->values[value];
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
        uint32_t guilty = DISGUISE_VALUES_MAX;
        bool all_fit = true;
        if (!choose_all(d) || !build_there(d) || !build_back(d))
            return false;
        d->finds_at = 0;
        for (size_t i = 0; d->options.goes_back && i < n; i++) {
            if (!try_text(d, texts[i], &guilty))
                return false;
            if (guilty == DISGUISE_VALUES_MAX)
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
