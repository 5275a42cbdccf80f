/* disguise_values.c - values in the order in which they were found, each once; the words of a name are values too. */
#include "filters/detect/disguise_parts.h"

#include "filters/detect/near.h"
#include "proxy/base/hash.h"

uint32_t *disguise_slot(const struct disguise *d, struct str original)
{
    uint32_t i = (uint32_t)hash_str(original) & (d->slots_count - 1);
    while (d->slots[i] && !str_eq(d->values[d->slots[i] - 1].original, original))
        i = (i + 1) & (d->slots_count - 1);
    return &d->slots[i];
}

static bool grow(struct disguise *d)
{
    if (d->count < d->room)
        return true;
    if (d->count >= DISGUISE_VALUES_MAX)
        return false;
    size_t room = d->room ? d->room * 2 : 16;
    struct disguise_value *values = arena_array(d->arena, struct disguise_value, room);
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
        *disguise_slot(d, values[i].original) = (uint32_t)i + 1;
    return true;
}

/* Its index, or DISGUISE_VALUES_MAX at a ceiling. */
static uint32_t value_of(struct disguise *d, struct str original, const struct sensitive *row)
{
    if (!grow(d))
        return DISGUISE_VALUES_MAX;
    uint32_t *slot = disguise_slot(d, original);
    if (!*slot) {
        d->values[d->count++] = (struct disguise_value){ .original = original, .row = row };
        *slot = (uint32_t)d->count;
    }
    return *slot - 1;
}

/* ---- names: their words stand for themselves too ---- */

static const char COMMON_WORDS[] = "Will|Mark|May|June|April|August|Rose|Grace|Hope|Faith|Joy|Art|Bill|Rich|Grant|"
                                   "Chase|Drew|Pat|Sue|Jack|Rob|Frank|Ray|Guy|Dean|Gene|"
                                   "Page|Young|Long|Short|King|Price|Day|West|North|South|East|Love|Best|Good|Rice|"
                                   "Stone|Wood|Woods|Hill|Lake|Field|Park|Street|Black|"
                                   "White|Green|Brown|Gray|Grey|Bush|Ford|Hall|Lane|Banks|Brook|Summer|Autumn|Winter|"
                                   "Star|Sky|Ocean|Moon|Sun|Angel|Christian|Jean|Don|"
                                   "Van|Le|De|Da|Di|El|Al|An|Do|So|Su|Li|My|You|He|She|The|And|Major|Earl|Duke|Baron|"
                                   "Prince|Bishop|Pope|Judge|Marshall|Carol|Dawn|Eve";

static bool is_common(struct str word)
{
    struct str rest = str_c(COMMON_WORDS);
    while (rest.at)
        if (str_eq(word, str_cut(&rest, '|')))
            return true;
    return false;
}

bool disguise_is_particle(struct str word)
{
    return word.len <= 3 && ascii_is_lower(word.at[0]);
}

/* The words of the name as values of their own, so that a given name stands for itself wherever it stands. */
static bool add_words(struct disguise *d, struct str name, const struct sensitive *row, struct disguise_value *of)
{
    struct str rest = name, words[DISGUISE_NAME_WORDS_MAX];
    size_t n = 0;
    while (rest.at) {
        struct str word = str_cut(&rest, ' ');
        if (!word.len || n == DISGUISE_NAME_WORDS_MAX)
            return true; /* not written as names are: stood for as a whole */
        words[n++] = word;
    }
    if (n < 2)
        return true;
    for (size_t i = 0; i < n; i++) {
        uint32_t before = (uint32_t)d->count, at = value_of(d, words[i], row);
        if (at == DISGUISE_VALUES_MAX)
            return false;
        struct disguise_value *v = &d->values[at];
        if (at == before) {
            v->is_word = true;
            v->is_family = i + 1 == n;
            v->is_silent = words[i].len < 3 || !(ascii_is_upper(words[i].at[0]) || (unsigned char)words[i].at[0] >= 0x80) ||
                           is_common(words[i]);
        }
        of->parts[of->parts_count++] = at;
    }
    return true;
}

static bool add_find(struct disguise *d, struct disguise_find f)
{
    if (d->finds_count == d->finds_room) {
        size_t room = d->finds_room ? d->finds_room * 2 : 32;
        struct disguise_find *finds = arena_array(d->arena, struct disguise_find, room);
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
    if (at == DISGUISE_VALUES_MAX)
        return false;
    struct disguise_value *v = &d->values[at];
    v->is_silent = false;
    v->is_family |= at == before && str_ends(str_c(row->pattern.id), STR("titled"));
    v->inside |= !near_begins(text, start) || (end < text.len && ascii_is_alnum(text.at[end]));
    if (at == before && row->fake == FAKE_NAME) {
        struct disguise_value parts = { 0 };
        if (!add_words(d, original, row, &parts))
            return false;
        v = &d->values[at]; /* they may have moved */
        v->parts_count = parts.parts_count;
        memcpy(v->parts, parts.parts, sizeof parts.parts);
    }
    return add_find(d, (struct disguise_find){ text.at, start, end, at });
}
