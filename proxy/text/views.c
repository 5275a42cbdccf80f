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

static void swap(struct form *a, struct form *b)
{
    struct form was = *a;
    *a = *b;
    *b = was;
}

/* What a step made is plain again: folded when it has brought more than ASCII. The form is swapped, never copied. */
static bool make_plain(struct view_memory *m, enum form_use use, struct look *l, struct fold_facts *facts)
{
    struct form *f = &m->forms[use];
    look_at(str_of(f->text, f->len), true, l, &m->work);
    if (!(l->hints & HINT_FOREIGN))
        return true;
    struct form *between = &m->forms[FORM_BETWEEN];
    between->len = 0;
    if (!fold_text(m, form_reading(f), between, facts))
        return false;
    swap(f, between);
    look_at(str_of(f->text, f->len), false, l, &m->work);
    l->hints |= facts->hints;
    return true;
}

struct chain {
    struct views *v;
    struct reading text, plain;   /* as it came; in plain characters */
    unsigned told;                /* the hints that these give */
    const struct strange *cipher; /* … and in which cipher it is, if it is in one */
    struct reading now;
    unsigned hints, depth;
    struct reading decoded; /* what was, with all that is around it */
    unsigned inner;         /* … the hints that it gives; 0 when nothing was decoded */
    struct strange inner_cipher;
};

static unsigned order_hints(struct str s, uint64_t *work)
{
    return (order_is_turned(s, work) ? HINT_ORDER : 0u) | (order_is_swapped(s, work) ? HINT_SWAPPED : 0u);
}

static unsigned upside_hints(struct str s, uint64_t *work)
{
    return is_upside_down(s, work) ? HINT_UPSIDE : 0;
}

/* What was decoded into fancy text is read at once. */
static bool read_fancy(struct view_memory *m, enum form_use use)
{
    struct form *f = &m->forms[use], *read = &m->forms[FORM_BETWEEN];
    bool changed;
    if (!is_fancy(str_of(f->text, f->len), &m->work))
        return true;
    read->len = 0;
    if (!fancy_text(m, form_reading(f), read, &changed))
        return false;
    swap(f, read);
    return true;
}

static bool decode_deep(struct chain *c)
{
    struct view_memory *m = c->v->memory;
    for (unsigned level = 0; level < VIEW_DEPTH_MAX && (c->hints & HINT_ENCODED); level++) {
        enum form_use use = FORM_DECODED + level;
        struct fold_facts facts = { 0 };
        NOT_ZEROED struct look l;
        bool changed = false;
        if (!decode_text(m, c->now, &m->forms[use], &changed, &c->v->oddities))
            return false;
        if (!changed)
            return true;
        if (!read_fancy(m, use) || !make_plain(m, use, &l, &facts))
            return false;
        c->now = c->decoded = form_reading(&m->forms[use]);
        look_strange(c->now.text, l.long_words, &c->inner_cipher, &m->work);
        c->inner = l.hints | c->inner_cipher.hints | order_hints(c->now.text, &m->work) | upside_hints(c->now.text, &m->work);
        c->hints = (c->hints & ~(unsigned)HINT_ENCODED) | c->inner;
        c->v->oddities |= facts.oddities;
        add_view(c->v, VIEW_DECODED, ++c->depth, c->now);
    }
    return true;
}

/* Why it is taken, and what comes of it. */
struct step {
    unsigned why;
    enum view_kind kind;
    enum form_use use;
    bool (*take)(struct view_memory *m, struct reading in, struct form *out, bool *changed);
};

/* Each reads what those before it have made. */
static const struct step STEPS[] = {
    { HINT_PIECES, VIEW_TIGHT, FORM_PIECES, pieces_text },
    { HINT_FILLER, VIEW_BARE, FORM_FILLER, no_filler_text },
    { HINT_MARKUP | HINT_MARKS, VIEW_BARE, FORM_BARE, bare_text },
    { HINT_SPACED, VIEW_TIGHT, FORM_TIGHT, tight_text },
    { HINT_RADIO, VIEW_DECODED, FORM_RADIO, radio_text },
    { HINT_DENSE, VIEW_PARTED, FORM_SIGNS, signs_text },
    { HINT_JOINED, VIEW_PARTED, FORM_PARTED, part_text },
    { HINT_CUTS, VIEW_TIGHT, FORM_CUTS, no_cuts_text },
    { HINT_PIG, VIEW_UNSCRAMBLED, FORM_PIG, no_pig_text },
    { HINT_DOUBLES, VIEW_UNSCRAMBLED, FORM_DOUBLES, no_doubles_text },
    { HINT_VOWELLESS, VIEW_UNSCRAMBLED, FORM_VOWELLESS, with_vowels_text },
    { HINT_SCRAMBLED, VIEW_UNSCRAMBLED, FORM_UNSCRAMBLED, unscramble_text },
};

/* Each reads what the last of those has made; these and the next lead to no others. A 1 may be an I or an L. */
static const struct step LAST[] = {
    { HINT_LEET, VIEW_LEET, FORM_LEET, leet_text },
    { HINT_LEET, VIEW_LEET, FORM_LEET_WITH_I, leet_text_with_i },
    { HINT_ORDER, VIEW_REVERSED, FORM_ORDER, order_text },
    { HINT_SWAPPED, VIEW_REVERSED, FORM_SWAPPED, swapped_text },
};

/* The whole text. */
static const struct step WHOLE[] = {
    { HINT_TURNED, VIEW_REVERSED, FORM_TURNED, turn_text },
    { HINT_TURNED, VIEW_REVERSED, FORM_TURNED_WORDS, turn_words },
    { HINT_UPSIDE, VIEW_REVERSED, FORM_UPSIDE, upside_text },
    { HINT_ROT13, VIEW_DECODED, FORM_ROT13, rot13_text },
    { HINT_MORSE, VIEW_DECODED, FORM_MORSE, morse_text },
    { HINT_NUMBERS, VIEW_DECODED, FORM_NUMBERS, numbers_text },
    { HINT_DENSE, VIEW_DECODED, FORM_DENSE, dense_text },
    { HINT_GROUPS, VIEW_DECODED, FORM_GROUPS, groups_text },
};

/* The text as it came: what makes characters plain would take away what tells, or take some for other letters. */
static const struct step AS_IT_CAME[] = {
    { HINT_OVERRIDE, VIEW_REVERSED, FORM_REVERSED, reverse_text },
    { HINT_FANCY, VIEW_BARE, FORM_FANCY, fancy_text },
};

static bool take(struct views *v, const struct step *s, struct reading in, unsigned depth)
{
    struct form *out = &v->memory->forms[s->use];
    bool changed = false;
    if (!s->take(v->memory, in, out, &changed))
        return false;
    if (changed)
        add_view(v, s->kind, depth, form_reading(out));
    else
        out->len = 0; /* others may need its room */
    return true;
}

static bool undress(struct chain *c)
{
    for (const struct step *s = STEPS; s < STEPS + ARRAY_LEN(STEPS); s++) {
        const struct form *out = &c->v->memory->forms[s->use];
        NOT_ZEROED struct look l;
        if (!(c->hints & s->why))
            continue;
        if (!take(c->v, s, c->now, c->depth))
            return false;
        if (!out->len)
            continue;
        c->now = form_reading(out);
        look_at(c->now.text, false, &l, &c->v->memory->work);
        c->hints |= l.hints;
    }
    for (const struct step *s = LAST; s < LAST + ARRAY_LEN(LAST); s++)
        if ((c->hints & s->why) && !take(c->v, s, c->now, c->depth))
            return false;
    return true;
}

/* A disguise of the whole text is looked for in what was decoded, too: that holds the text around it as well. Numbers, and signs from
 * end to end, that were decoded in part would not be read to their end. */
static struct reading reading_for(const struct chain *c, unsigned why)
{
    bool is_whole = c->told & why & (HINT_NUMBERS | HINT_DENSE);
    return (c->inner & why) && !is_whole ? c->decoded : c->plain;
}

/* In rot13 (`how`) or backwards (NULL), and encoded before that. */
static bool read_turned_code(const struct chain *c, unsigned why, enum form_use use, const struct strange *how)
{
    struct view_memory *m = c->v->memory;
    struct form *turned = &m->forms[FORM_TURNED_CODE];
    struct fold_facts facts = { 0 };
    NOT_ZEROED struct look l;
    bool changed = false;
    if (!((c->told | c->inner) & why))
        return true;
    turned->len = 0;
    if (!(how ? decipher_text(m, c->plain, turned, how) : turn_text(m, c->plain, turned, &changed)))
        return false;
    changed = false;
    if (!decode_text(m, form_reading(turned), &m->forms[use], &changed, &c->v->oddities) || (changed && !make_plain(m, use, &l, &facts)))
        return false;
    if (changed)
        add_view(c->v, VIEW_DECODED, VIEW_DEPTH_MAX, form_reading(&m->forms[use]));
    return true;
}

static bool read_whole(const struct chain *c)
{
    struct view_memory *m = c->v->memory;
    unsigned hints = c->told | c->inner;
    struct form *deciphered = &m->forms[FORM_DECIPHERED];
    if (!read_turned_code(c, HINT_ROT13_CODE, FORM_ROT13_CODE, &ROT13) || !read_turned_code(c, HINT_BACK_CODE, FORM_BACK_CODE, NULL))
        return false;
    for (const struct step *s = AS_IT_CAME; s < AS_IT_CAME + ARRAY_LEN(AS_IT_CAME); s++) {
        struct fold_facts facts = { 0 };
        NOT_ZEROED struct look l;
        bool changed = false;
        if (!(c->told & s->why))
            continue;
        if (!s->take(m, c->text, &m->forms[s->use], &changed) || (changed && !make_plain(m, s->use, &l, &facts)))
            return false;
        if (changed)
            add_view(c->v, s->kind, 0, form_reading(&m->forms[s->use]));
    }
    for (const struct step *s = WHOLE; s < WHOLE + ARRAY_LEN(WHOLE); s++)
        if ((hints & s->why) && !take(c->v, s, reading_for(c, s->why), s->kind == VIEW_DECODED))
            return false;
    if (!(hints & HINT_CIPHER))
        return true;
    if (!decipher_text(m, reading_for(c, HINT_CIPHER), deciphered, c->inner & HINT_CIPHER ? &c->inner_cipher : c->cipher))
        return false;
    add_view(c->v, VIEW_DECODED, 1, form_reading(deciphered));
    return true;
}

/* Most of the text is worth the second look, or marks are everywhere: then there is nothing to gain from a smaller one.
 */
static bool is_wide(const struct look *l, const struct strange *strange, size_t len)
{
    if (strange->hints || (l->hints & (HINT_ROT13 | HINT_TURNED | HINT_MARKS | HINT_SPACED)))
        return true;
    size_t bytes = 0;
    for (size_t i = 0; i < l->count; i++)
        bytes += l->at[i].end - l->at[i].start;
    return bytes >= len / 2;
}

static bool make_more(struct views *v, struct reading text, struct reading plain, const struct look *l, const struct strange *strange)
{
    struct view_memory *m = v->memory;
    struct chain c = { .v = v, .text = text, .plain = plain, .told = l->hints, .cipher = strange, .now = plain, .hints = l->hints };
    if (text.text.len > UINT32_MAX) { /* origins are 32 bits wide */
        m->at_ceiling = true;
        return false;
    }
    if (l->count && !is_wide(l, strange, plain.text.len)) {
        if (!focus_text(m, plain, l, &m->forms[FORM_FOCUS]))
            return false;
        c.now = form_reading(&m->forms[FORM_FOCUS]);
    }
    return decode_deep(&c) && undress(&c) && read_whole(&c);
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
    if (l.hints & HINT_FOREIGN) {
        struct fold_facts facts = { 0 };
        if (text.len > UINT32_MAX || !fold_text(m, original, &m->forms[FORM_PLAIN], &facts))
            return false;
        plain = form_reading(&m->forms[FORM_PLAIN]);
        look_at(plain.text, false, &l, &m->work);
        l.hints |= facts.hints | (is_upside_down(plain.text, &m->work) ? HINT_UPSIDE : 0) |
                     (is_fancy(text, &m->work) ? HINT_FANCY : 0);
        v->oddities |= facts.oddities;
    }
    add_view(v, VIEW_PLAIN, 0, plain);
    look_strange(plain.text, l.long_words, &strange, &m->work);
    l.hints |= strange.hints | order_hints(plain.text, &m->work);
    bool ok = !l.hints || make_more(v, original, plain, &l, &strange) || give_up(v);
    v->work = m->work;
    return ok;
}

void views_rest(struct views *v)
{
    v->count = 0;
    forms_begin(v->memory, 0);
}
