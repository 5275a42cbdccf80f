/* views.c - one text, looked at once, then again in every way that it gives a reason for.
 *
 * The order is that in which disguises are worn: what is encoded is decoded first, then what hangs on letters comes
 * off, then what stands between them, then what they are replaced by. Each step reads what the step before has made and
 * is looked at again, so that a base64 of l.3.t.t.3.r.s comes out as letters. */
#include "proxy/text/misspelt.h"
#include "proxy/text/order.h"
#include "proxy/text/strange.h"
#include "proxy/text/view_parts.h"

enum { KEEP_BYTES = 256 << 10 }; /* a form larger than this is given back after a text that does not need it */

bool views_init(struct views *v)
{
    *v = (struct views){ .memory = calloc(1, sizeof *v->memory) };
    if (v->memory)
        fold_init(v->memory);
    order_init();
    fancy_init();
    return v->memory != NULL;
}

void views_finish(struct views *v)
{
    for (size_t i = 0; v->memory && i < FORMS; i++)
        form_release(v->memory, &v->memory->forms[i]);
    free(v->memory);
    *v = (struct views){ .count = 0 };
}

void view_origin(const struct view *view, size_t start, size_t end, size_t *from, size_t *to)
{
    assert(start <= end && end <= view->text.len);
    if (!view->from) {
        *from = start;
        *to = end;
        return;
    }
    if (!view->text.len) {
        *from = *to = 0;
        return;
    }
    size_t last = end > start ? end : start + 1;
    size_t low = SIZE_MAX, high = 0;
    if (last > view->text.len) /* nothing at the very end */
        start = last = view->text.len, low = high = (size_t)view->from[last - 1] + view->span[last - 1];
    for (size_t i = start; i < last; i++) {
        size_t first = view->from[i], past = first + view->span[i];
        low = first < low ? first : low;
        high = past > high ? past : high;
    }
    *from = low;
    *to = end > start ? high : low;
}

static_assert(VIEWS_MAX == FORMS - 3, "a view for each form but FORM_FOCUS, FORM_TURNED_CODE and FORM_BETWEEN");
static void add_view(struct views *v, enum view_kind kind, unsigned depth, struct reading r)
{
    if (v->count == VIEWS_MAX) {
        v->cut++;
        return;
    }
    v->at[v->count++] = (struct view){ .kind = kind, .depth = depth, .text = r.text, .from = r.from, .span = r.span };
}

/* A step has failed. At the ceiling what there is stays and the rest is counted as cut; without memory all is lost. */
static bool give_up(struct views *v)
{
    v->cut++;
    return v->memory->at_ceiling;
}

/* The forms of the text before are empty again; what they hold beyond need goes back. */
static void forms_begin(struct view_memory *m, size_t len)
{
    for (size_t i = 0; i < FORMS; i++) {
        m->forms[i].len = 0;
        if (m->forms[i].size > KEEP_BYTES && m->forms[i].size / 8 > len)
            form_release(m, &m->forms[i]);
    }
    m->at_ceiling = false;
    m->work = 0;
}

/* What a step made is plain again: folded when it has brought more than ASCII. The form is swapped, never copied. */
static bool make_plain(struct view_memory *m, enum form_use use, struct look *l, struct fold_facts *facts)
{
    struct form *f = &m->forms[use];
    look_at(str_of(f->text, f->len), true, l, &m->work);
    if (!(l->reasons & REASON_FOREIGN))
        return true;
    struct form *between = &m->forms[FORM_BETWEEN];
    between->len = 0;
    if (!fold_text(m, form_reading(f), between, facts))
        return false;
    struct form plain = *between;
    *between = *f;
    *f = plain;
    look_at(str_of(f->text, f->len), false, l, &m->work);
    l->reasons |= facts->reasons;
    return true;
}

struct chain {
    struct views *v;
    struct reading now;
    unsigned reasons, depth;
    struct reading decoded; /* what was, with all that is around it */
    unsigned inner;         /* … the reasons that it gives; 0 when nothing was decoded */
    struct strange strange; /* … and what is strange about it */
};

/* A disguise of the whole text is looked for in what was decoded, too: that holds the text around it as well. */
static struct reading reading_for(const struct chain *c, unsigned why, struct reading plain)
{
    return c->inner & why ? c->decoded : plain;
}

static bool decode_deep(struct chain *c)
{
    struct view_memory *m = c->v->memory;
    for (unsigned level = 0; level < VIEW_DEPTH_MAX && (c->reasons & REASON_ENCODED); level++) {
        enum form_use use = FORM_DECODED + level;
        struct fold_facts facts = { 0 };
        NOT_ZEROED struct look l;
        bool changed = false;
        if (!decode_text(m, c->now, &m->forms[use], &changed, &c->v->oddities))
            return false;
        if (!changed)
            return true;
        if (!make_plain(m, use, &l, &facts))
            return false;
        c->now = c->decoded = form_reading(&m->forms[use]);
        look_strange(c->now.text, l.long_words, &c->strange, &m->work);
        c->inner = l.reasons | c->strange.reasons | (order_is_turned(c->now.text, &m->work) ? REASON_ORDER : 0);
        c->reasons = (c->reasons & ~(unsigned)REASON_ENCODED) | c->inner;
        c->v->oddities |= facts.oddities;
        add_view(c->v, VIEW_DECODED, ++c->depth, c->now);
    }
    return true;
}

typedef bool step_of_text_fn(struct view_memory *m, struct reading in, struct form *out, bool *changed);

static const struct {
    unsigned why;
    enum view_kind kind;
    enum form_use use;
    step_of_text_fn *step;
} STEPS[] = {
    { REASON_PIECES, VIEW_TIGHT, FORM_PIECES, pieces_text },
    { REASON_FILLER, VIEW_BARE, FORM_FILLER, no_filler_text },
    { REASON_MARKUP | REASON_MARKS, VIEW_BARE, FORM_BARE, bare_text },
    { REASON_SPACED, VIEW_TIGHT, FORM_TIGHT, tight_text },
    { REASON_RADIO, VIEW_DECODED, FORM_RADIO, radio_text },
    { REASON_DENSE, VIEW_PARTED, FORM_SIGNS, signs_text },
    { REASON_JOINED, VIEW_PARTED, FORM_PARTED, part_text },
    { REASON_CUTS, VIEW_TIGHT, FORM_CUTS, no_cuts_text },
    { REASON_PIG, VIEW_UNSCRAMBLED, FORM_PIG, no_pig_text },
    { REASON_DOUBLES, VIEW_UNSCRAMBLED, FORM_DOUBLES, no_doubles_text },
    { REASON_VOWELLESS, VIEW_UNSCRAMBLED, FORM_VOWELLESS, with_vowels_text },
    { REASON_SCRAMBLED, VIEW_UNSCRAMBLED, FORM_UNSCRAMBLED, unscramble_text },
    { REASON_LEET, VIEW_LEET, FORM_LEET, leet_text },
};

/* The last step, which has two outcomes when a 1 may be an I or an L. */
static bool add_leet(struct chain *c)
{
    struct view_memory *m = c->v->memory;
    struct form *other = &m->forms[FORM_LEET_WITH_I];
    bool changed = false;
    add_view(c->v, VIEW_LEET, c->depth, form_reading(&m->forms[FORM_LEET]));
    if (!leet_text_with_i(m, c->now, other, &changed))
        return false;
    if (changed)
        add_view(c->v, VIEW_LEET, c->depth, form_reading(other));
    return true;
}

static bool undress(struct chain *c)
{
    struct view_memory *m = c->v->memory;
    for (size_t i = 0; i < ARRAY_LEN(STEPS); i++) {
        struct form *out = &m->forms[STEPS[i].use];
        NOT_ZEROED struct look l;
        bool changed = false;
        if (!(c->reasons & STEPS[i].why))
            continue;
        if (!STEPS[i].step(m, c->now, out, &changed))
            return false;
        if (!changed) {
            out->len = 0; /* others may need its room */
            continue;
        }
        if (STEPS[i].kind == VIEW_LEET)
            return add_leet(c);
        c->now = form_reading(out);
        look_at(c->now.text, false, &l, &m->work);
        c->reasons |= l.reasons;
        add_view(c->v, STEPS[i].kind, c->depth, c->now);
    }
    return true;
}

/* What all other disguises were taken off of, with its words from the last to the first, or the second before the first. */
static bool put_in_order(const struct chain *c)
{
    struct view_memory *m = c->v->memory;
    struct form *turned = &m->forms[FORM_ORDER], *swapped = &m->forms[FORM_SWAPPED];
    if (c->reasons & REASON_ORDER) {
        if (!order_text(m, c->now, turned))
            return false;
        add_view(c->v, VIEW_REVERSED, c->depth, form_reading(turned));
    }
    if (c->reasons & REASON_SWAPPED) {
        if (!swapped_text(m, c->now, swapped))
            return false;
        add_view(c->v, VIEW_REVERSED, c->depth, form_reading(swapped));
    }
    return true;
}

static const struct strange ROT13 = { .shift = 13 };

/* The whole text as it stands is in rot13 (`how`) or backwards (NULL), and encoded before that. */
static bool read_turned_code(struct views *v, struct reading plain, enum form_use use, const struct strange *how)
{
    struct view_memory *m = v->memory;
    struct form *turned = &m->forms[FORM_TURNED_CODE];
    struct fold_facts facts = { 0 };
    NOT_ZEROED struct look l;
    bool changed = false;
    turned->len = 0;
    if (!(how ? decipher_text(m, plain, turned, how) : turn_text(m, plain, turned)) ||
        !decode_text(m, form_reading(turned), &m->forms[use], &changed, &v->oddities))
        return false;
    if (!changed)
        return true;
    if (!make_plain(m, use, &l, &facts))
        return false;
    add_view(v, VIEW_DECODED, VIEW_DEPTH_MAX, form_reading(&m->forms[use]));
    return true;
}

/* Views that are made from the whole text and lead to no others. */
static bool turn_round(const struct chain *c, struct reading text, struct reading plain, unsigned reasons)
{
    struct views *v = c->v;
    struct view_memory *m = v->memory;
    struct form *reversed = &m->forms[FORM_REVERSED], *rotated = &m->forms[FORM_ROT13];
    struct fold_facts facts = { 0 };
    NOT_ZEROED struct look l;
    bool changed = false;
    if (((reasons & REASON_ROT13_CODE) && !read_turned_code(v, plain, FORM_ROT13_CODE, &ROT13)) ||
        ((reasons & REASON_BACK_CODE) && !read_turned_code(v, plain, FORM_BACK_CODE, NULL)))
        return false;
    if (reasons & REASON_OVERRIDE) {
        if (!reverse_text(m, text, reversed, &changed) || !make_plain(m, FORM_REVERSED, &l, &facts))
            return false;
        if (changed)
            add_view(v, VIEW_REVERSED, 0, form_reading(reversed));
    }
    if (reasons & REASON_TURNED) {
        struct form *whole = &m->forms[FORM_TURNED], *words = &m->forms[FORM_TURNED_WORDS];
        struct reading in = reading_for(c, REASON_TURNED, plain);
        if (!turn_text(m, in, whole) || !turn_words(m, in, words))
            return false;
        add_view(v, VIEW_REVERSED, 0, form_reading(whole));
        add_view(v, VIEW_REVERSED, 0, form_reading(words));
    }
    if (reasons & REASON_UPSIDE) {
        if (!upside_text(m, plain, &m->forms[FORM_UPSIDE]))
            return false;
        add_view(v, VIEW_REVERSED, 0, form_reading(&m->forms[FORM_UPSIDE]));
    }
    if (reasons & REASON_FANCY) { /* before signs are made plain, which would take some for other letters */
        struct form *fancy = &m->forms[FORM_FANCY];
        if (!fancy_text(m, text, fancy) || !make_plain(m, FORM_FANCY, &l, &facts))
            return false;
        add_view(v, VIEW_BARE, 0, form_reading(fancy));
    }
    if (reasons & REASON_ROT13) {
        if (!decipher_text(m, reading_for(c, REASON_ROT13, plain), rotated, &ROT13))
            return false;
        add_view(v, VIEW_DECODED, 1, form_reading(rotated));
    }
    return true;
}

/* What was told from samples: likewise. Numbers, and signs from end to end, that were decoded in part would not be read to their end. */
static bool read_strange(const struct chain *c, struct reading plain, const struct strange *strange)
{
    struct views *v = c->v;
    struct view_memory *m = v->memory;
    struct form *deciphered = &m->forms[FORM_DECIPHERED], *morse = &m->forms[FORM_MORSE], *dense = &m->forms[FORM_DENSE];
    unsigned reasons = strange->reasons | c->inner;
    bool changed = false;
    if (reasons & REASON_CIPHER) {
        const struct strange *how = c->inner & REASON_CIPHER ? &c->strange : strange;
        if (!decipher_text(m, reading_for(c, REASON_CIPHER, plain), deciphered, how))
            return false;
        add_view(v, VIEW_DECODED, 1, form_reading(deciphered));
    }
    if (reasons & REASON_MORSE) {
        if (!morse_text(m, reading_for(c, REASON_MORSE, plain), morse))
            return false;
        add_view(v, VIEW_DECODED, 1, form_reading(morse));
    }
    if (reasons & REASON_NUMBERS) {
        struct form *numbers = &m->forms[FORM_NUMBERS];
        if (!numbers_text(m, strange->reasons & REASON_NUMBERS ? plain : c->decoded, numbers, &changed))
            return false;
        if (changed)
            add_view(v, VIEW_DECODED, 1, form_reading(numbers));
        changed = false;
    }
    if (reasons & REASON_DENSE) {
        struct reading in = strange->reasons & REASON_DENSE ? plain : c->decoded;
        if (!dense_text(m, in, dense, &changed))
            return false;
        if (changed)
            add_view(v, VIEW_DECODED, 1, form_reading(dense));
    }
    return true;
}

/* Most of the text is worth the second look, or marks are everywhere: then there is nothing to gain from a smaller one.
 */
static bool is_wide(const struct look *l, const struct strange *strange, size_t len)
{
    if (strange->reasons || (l->reasons & (REASON_ROT13 | REASON_TURNED)))
        return true;
    size_t bytes = 0;
    for (size_t i = 0; i < l->count; i++)
        bytes += l->at[i].end - l->at[i].start;
    return (l->reasons & (REASON_MARKS | REASON_SPACED)) == 0 ? bytes >= len / 2 : true;
}

static bool make_more(struct views *v, struct reading text, struct reading plain, const struct look *l, const struct strange *strange)
{
    struct view_memory *m = v->memory;
    struct chain c = { .v = v, .now = plain, .reasons = l->reasons };
    if (text.text.len > UINT32_MAX) { /* origins are 32 bits wide */
        m->at_ceiling = true;
        return false;
    }
    if (l->count && !is_wide(l, strange, plain.text.len)) {
        if (!focus_text(m, plain, l, &m->forms[FORM_FOCUS]))
            return false;
        c.now = form_reading(&m->forms[FORM_FOCUS]);
    }
    return decode_deep(&c) && undress(&c) && put_in_order(&c) && turn_round(&c, text, plain, l->reasons | c.inner) &&
           read_strange(&c, plain, strange);
}

bool views_make(struct views *v, struct str text)
{
    struct view_memory *m = v->memory;
    struct reading original = { .text = text }, plain = original;
    NOT_ZEROED struct look l;
    struct strange strange;
    v->count = v->oddities = v->cut = 0;
    forms_begin(m, text.len);
    look_at(text, true, &l, &m->work);
    if (l.reasons & REASON_FOREIGN) {
        struct fold_facts facts = { 0 };
        if (text.len > UINT32_MAX || !fold_text(m, original, &m->forms[FORM_PLAIN], &facts))
            return false;
        plain = form_reading(&m->forms[FORM_PLAIN]);
        look_at(plain.text, false, &l, &m->work);
        l.reasons |= facts.reasons | (is_upside_down(plain.text, &m->work) ? REASON_UPSIDE : 0) |
                     (is_fancy(text, &m->work) ? REASON_FANCY : 0);
        v->oddities |= facts.oddities;
    }
    add_view(v, VIEW_PLAIN, 0, plain);
    look_strange(plain.text, l.long_words, &strange, &m->work);
    l.reasons |= strange.reasons | (order_is_turned(plain.text, &m->work) ? REASON_ORDER : 0) |
                 (order_is_swapped(plain.text, &m->work) ? REASON_SWAPPED : 0);
    bool ok = !l.reasons || make_more(v, original, plain, &l, &strange) || give_up(v);
    v->work = m->work;
    return ok;
}

void views_rest(struct views *v)
{
    v->count = 0;
    forms_begin(v->memory, 0);
}
