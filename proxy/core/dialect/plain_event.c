/* plain_event.c - the events that tell nothing but text, which are nearly all, known without an index of them.
 *
 * A member of a JSON object is a string before a colon, and its name is written as it is or with an escape of ASCII.
 * So an event tells nothing new when it has no such escape and no white space before a colon, and when every "usage",
 * "error" and "finish_reason" before a colon is null, every "model" the one that is known, and there is no
 * "statusCode". Wherever they stand: to be wrong here costs an index, never a fact. */
#include "proxy/core/dialect/parts.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The quotes and backslashes of a text, one after the other: those of 16 bytes are found at a look. */
struct marks {
    struct str s;
    size_t at;     /* of the 16 bytes */
    unsigned left; /* bits of the marks among them that were not told yet */
};

static unsigned marks_at(struct str s, size_t at)
{
    unsigned found = 0;
#if defined(__SSE2__)
    if (s.len - at >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.at + at));
        __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        return (unsigned)_mm_movemask_epi8(marks);
    }
#endif
    for (unsigned i = 0; i < 16 && at + i < s.len; i++)
        found |= (unsigned)(s.at[at + i] == '"' || s.at[at + i] == '\\') << i;
    return found;
}

static struct marks marks_of(struct str s)
{
    return (struct marks){ s, 0, marks_at(s, 0) };
}

/* The place of the next one, or the text's length. */
static inline size_t next_mark(struct marks *m)
{
    while (!m->left) {
        if (m->s.len - m->at <= 16)
            return m->s.len;
        m->at += 16;
        m->left = marks_at(m->s, m->at);
    }
    size_t place = m->at + (unsigned)__builtin_ctz(m->left);
    m->left &= m->left - 1;
    return place;
}

static bool begins(struct str s, size_t at, struct str with)
{
    return at <= s.len && s.len - at >= with.len && memcmp(s.at + at, with.at, with.len) == 0;
}

/* Is `name` what stands before the quote at `end`? */
static bool is_named(struct str s, size_t end, struct str name)
{
    return end > name.len && s.at[end - name.len - 1] == '"' && memcmp(s.at + end - name.len, name.at, name.len) == 0;
}

/* The member whose name ends at `end`, with a quote and a colon there: does its value tell nothing new? */
static bool is_plain_member(struct str s, size_t end, struct str model)
{
    size_t value = end + 2;
    while (value < s.len && s.at[value] == ' ')
        value++;
    switch (end ? s.at[end - 1] : 0) {
    case 'e':
        return !is_named(s, end, STR("statusCode")) &&
               (!is_named(s, end, STR("usage")) || begins(s, value, STR("null")));
    case 'r':
        return !is_named(s, end, STR("error")) || begins(s, value, STR("null"));
    case 'n':
        return !is_named(s, end, STR("finish_reason")) || begins(s, value, STR("null"));
    case 'l':
        return !is_named(s, end, STR("model")) || (begins(s, value, STR("\"")) && begins(s, value + 1, model) &&
                                                   begins(s, value + 1 + model.len, STR("\"")));
    default:
        return true;
    }
}

bool openai_event_is_plain(struct str name, struct str data, const struct call *call, const struct answer_facts *known)
{
    if (name.len || !known->model.len || (call->operation != OP_CHAT && call->operation != OP_COMPLETION))
        return false;
    bool inside = false; /* of a string */
    struct marks marks = marks_of(data);
    for (size_t i; (i = next_mark(&marks)) < data.len;) {
        char next = i + 1 < data.len ? data.at[i + 1] : '\0';
        if (data.at[i] == '\\') {
            if (begins(data, i + 1, STR("u00")))
                return false;
            if (next == '"' || next == '\\')
                next_mark(&marks); /* what is escaped is none */
            continue;
        }
        inside = !inside;
        if (inside)
            continue;
        if (next == ':' ? !is_plain_member(data, i, known->model)
                        : next == ' ' || next == '\t' || next == '\n' || next == '\r')
            return false;
    }
    return true;
}
