/* view_parts.h - private to the room: a text on its way from one form to the next, and the steps between.
 *
 * Every step reads a `reading` and writes a `form`; origins are carried along, so that after any number of steps each
 * byte still knows the bytes of the original that it stands for. A step returns false without memory or at the ceiling.
 */
#ifndef TEXT_VIEW_PARTS_H
#define TEXT_VIEW_PARTS_H

#include "proxy/text/views.h"

/* What a step reads: a text and its origins; from == NULL says that it is the original itself. */
struct reading {
    struct str text;
    const uint32_t *from;
    const uint16_t *span;
};

/* What a step writes: three arrays of `size` in one block. */
struct form {
    uint32_t *from; /* owned */
    uint16_t *span;
    char *text;
    size_t len, size;
};

/* One for every view that has bytes of its own, and for the steps between. */
enum form_use {
    FORM_PLAIN,
    FORM_FOCUS,
    FORM_DECODED,
    FORM_DECODED_LAST = FORM_DECODED + VIEW_DEPTH_MAX - 1,
    FORM_BARE,
    FORM_TIGHT,
    FORM_PIECES,
    FORM_FILLER,
    FORM_SIGNS,
    FORM_RADIO,
    FORM_CUTS,
    FORM_PIG,
    FORM_DOUBLES,
    FORM_VOWELLESS,
    FORM_PARTED,
    FORM_UNSCRAMBLED,
    FORM_LEET,
    FORM_LEET_WITH_I,
    FORM_REVERSED,
    FORM_TURNED,
    FORM_TURNED_WORDS,
    FORM_ROT13,
    FORM_TURNED_CODE,
    FORM_ROT13_CODE,
    FORM_BACK_CODE,
    FORM_DECIPHERED,
    FORM_ORDER,
    FORM_SWAPPED,
    FORM_UPSIDE,
    FORM_FANCY,
    FORM_MORSE,
    FORM_DENSE,
    FORM_NUMBERS,
    FORM_GROUPS,
    FORM_BETWEEN,
    FORMS,
};

enum { NARROW_CODES = 0x2000 };

struct view_memory {
    struct form forms[FORMS];
    uint8_t narrow[NARROW_CODES]; /* what fold.c needs to know of each character below, at a glance */
    size_t bytes;                 /* of all forms */
    bool at_ceiling;              /* why a step failed: not for want of memory */
    uint64_t work;
};

/* Why a text deserves another look. */
enum hint {
    HINT_FOREIGN = 1u << 0, /* not ASCII, or control characters: to be folded */
    HINT_ENCODED = 1u << 1,
    HINT_MARKUP = 1u << 2,
    HINT_MARKS = 1u << 3, /* combining marks, or letters that carry them */
    HINT_SPACED = 1u << 4,
    HINT_LEET = 1u << 5,
    HINT_ROT13 = 1u << 6,
    HINT_OVERRIDE = 1u << 7, /* bidi */
    HINT_SCRAMBLED = 1u << 8,
    HINT_JOINED = 1u << 9,
    HINT_TURNED = 1u << 10, /* written backwards */
    HINT_UPSIDE = 1u << 11, /* … upside down */
    /* the rest is told from samples, by strange.c, but HINT_RADIO and HINT_ORDER */
    HINT_DENSE = 1u << 12,  /* next to no spaces: signs may stand for them, or it is base85 */
    HINT_PIECES = 1u << 13, /* many quotes: strings may be added up */
    HINT_PIG = 1u << 14,
    HINT_DOUBLES = 1u << 15,   /* vowels are */
    HINT_VOWELLESS = 1u << 16, /* words are */
    HINT_RADIO = 1u << 17,    /* letters are spelt out */
    HINT_CUTS = 1u << 18,     /* words are short, or have signs in them: they may be pieces */
    HINT_CIPHER = 1u << 19,   /* letters stand for others: the alphabet rotated or backwards, or ROT47 */
    HINT_MORSE = 1u << 20,
    HINT_ORDER = 1u << 21, /* words are in reverse order */
    HINT_NUMBERS = 1u << 22,
    HINT_FILLER = 1u << 23,     /* every other word is one, or signs stand around each */
    HINT_ROT13_CODE = 1u << 24, /* a code in rot13 */
    HINT_BACK_CODE = 1u << 25,  /* … backwards */
    HINT_FANCY = 1u << 26,      /* signs of an alphabet of fancy text */
    HINT_SWAPPED = 1u << 27,   /* each two words are */
    HINT_GROUPS = 1u << 28,    /* codes in groups, or words each in a code */
};

enum { LOOK_STRETCHES_MAX = 256 };

struct look {
    unsigned hints;
    size_t long_words; /* of six letters and more */
    size_t count; /* stretches [start, end) where the hints are, with VIEW_AROUND bytes around, sorted, apart */
    struct {
        size_t start, end;
    } at[LOOK_STRETCHES_MAX];
};

/* look.c: one pass at the speed of memory. With `ascii_only` it ends at the first byte that is not, saying
 * HINT_FOREIGN; otherwise such bytes are letters that it does not know. */
void look_at(struct str text, bool ascii_only, struct look *l, uint64_t *work);
/* In one of the ways that there are, the fastest first; false when this machine has not got it. All find the same. */
enum look_way { LOOK_AVX512, LOOK_AVX2, LOOK_SSSE3, LOOK_PORTABLE };
bool look_at_in(enum look_way way, struct str text, bool ascii_only, struct look *l, uint64_t *work) MUST_USE;

/* form.c */
bool form_grow(struct view_memory *m, struct form *f, size_t more) MUST_USE;
void form_release(struct view_memory *m, struct form *f);
void form_copy_to(struct form *f, const struct reading *in, size_t i, size_t n); /* there is room, and n > 0 */
static inline bool MUST_USE form_reserve(struct view_memory *m, struct form *f, size_t more)
{
    return more <= f->size - f->len || form_grow(m, f, more);
}
/* One byte that stands for [from, from + span) of the original; room was reserved. */
static inline void form_byte(struct form *f, char c, size_t from, uint16_t span)
{
    f->text[f->len] = c;
    f->from[f->len] = (uint32_t)from;
    f->span[f->len++] = span;
}
/* Four origins at once, which compilers do not think of by themselves at -O2. */
static inline void form_number_four(uint32_t to[4], size_t first)
{
    typedef uint32_t four __attribute__((vector_size(16)));
    four next = { 0, 1, 2, 3 };
    next += (uint32_t)first;
    memcpy(to, &next, sizeof next);
}
/* Adds in[i, i + n) of a word: eight bytes are copied, for which there is room and which are there, and what is too much will be
 * written over. */
enum { FORM_FEW = 8 };
extern const uint16_t FORM_SPANS[FORM_FEW];
static inline void form_copy_few(struct form *f, const struct reading *in, size_t i, size_t n)
{
    uint32_t *from = f->from + f->len;
    uint16_t *span = f->span + f->len;
    memcpy(f->text + f->len, in->text.at + i, FORM_FEW);
    f->len += n;
    if (in->from) {
        memcpy(from, in->from + i, FORM_FEW * sizeof *from);
        memcpy(span, in->span + i, FORM_FEW * sizeof *span);
        return;
    }
    form_number_four(from, i);
    form_number_four(from + 4, i + 4);
    memcpy(span, FORM_SPANS, FORM_FEW * sizeof *span);
}
/* Adds in[i, j) as it is. */
static inline bool MUST_USE form_copy(struct view_memory *m, struct form *f, const struct reading *in, size_t i,
                                      size_t j)
{
    size_t n = j - i;
    if (!form_reserve(m, f, n))
        return false;
    m->work += n / 8;
    if (n)
        form_copy_to(f, in, i, n);
    return true;
}
/* Adds bytes that stand for [from, from + span) of the original. */
static inline bool MUST_USE form_put(struct view_memory *m, struct form *f, struct str bytes, size_t from,
                                     uint16_t span)
{
    if (!form_reserve(m, f, bytes.len))
        return false;
    for (size_t k = 0; k < bytes.len; k++)
        form_byte(f, bytes.at[k], from, span);
    return true;
}
static inline struct reading form_reading(const struct form *f)
{
    return (struct reading){ str_of(f->text, f->len), f->from, f->span };
}
static inline size_t origin_start(const struct reading *in, size_t i)
{
    return in->from ? in->from[i] : i;
}
static inline size_t origin_end(const struct reading *in, size_t i)
{
    return in->from ? (size_t)in->from[i] + in->span[i] : i + 1;
}
static inline uint16_t origin_span(size_t from, size_t to)
{
    return (uint16_t)(to <= from ? 1 : to - from > UINT16_MAX ? UINT16_MAX : to - from);
}

/* Adds bytes that stand for in[i, j) together. */
static inline bool MUST_USE form_add(struct view_memory *m, struct form *f, struct str bytes, const struct reading *in,
                                     size_t i, size_t j)
{
    if (!bytes.len)
        return true;
    size_t from = origin_start(in, i);
    return form_put(m, f, bytes, from, origin_span(from, j > i ? origin_end(in, j - 1) : from));
}

/* The steps. Those with `changed` leave it false when the form would read like the text that it is made from. */
struct fold_facts {
    unsigned hints, oddities;
};
void fold_init(struct view_memory *m);
bool fold_text(struct view_memory *m, struct reading in, struct form *out, struct fold_facts *facts) MUST_USE;
bool focus_text(struct view_memory *m, struct reading in, const struct look *l, struct form *out) MUST_USE;
bool decode_text(struct view_memory *m, struct reading in, struct form *out, bool *changed,
                 unsigned *oddities) MUST_USE;
bool bare_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool tight_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool leet_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* The other reading of 1, ! and |, if that is another one. */
bool leet_text_with_i(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool pieces_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool signs_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* filler.c: is every other word of the first ones nothing but a filler, or do signs stand around them; and the text without them. */
bool has_filler(struct str s, uint64_t *work);
bool no_filler_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* radio.c */
bool radio_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool part_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool unscramble_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool reverse_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool turn_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* upside.c: is it written upside down, and what it says then. */
bool is_upside_down(struct str s, uint64_t *work);
bool upside_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* fancy.c: is it written in an alphabet of fancy text as it came, and what it says then. */
void fancy_init(void);
bool is_fancy(struct str s, uint64_t *work);
bool fancy_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool turn_words(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;

/* Asked by look.c and by the steps alike, each about the text from `s` on; all look at a bounded number of bytes. */

/* decode_run.c: how a run of the base64 alphabet reads. */
enum coding { CODING_NONE, CODING_HEX, CODING_BASE64, CODING_BASE64_UTF16, CODING_BASE32, CODING_PLUS };
enum { RUN_MIN = 16 };
enum coding run_coding(struct str s, size_t *skip);
extern const int8_t BASE64_VALUES[128];
static inline int base64_value(char c) /* of either alphabet; -1: not of it */
{
    return (unsigned char)c < 128 ? BASE64_VALUES[(unsigned char)c] : -1;
}
int base32_value(char c);
bool base64_reads(struct str s); /* as text, from its first character on */
unsigned run_turned(struct str s); /* the hints to read a run so that is no code as it stands */
struct spaced_hex {
    size_t digits, step; /* where the digits begin in each; how far apart they are */
};
bool run_is_spaced_hex(struct str s, struct spaced_hex *form);
/* decode_numbers.c: characters by their numbers. The number at s[0] and its length; 0: none of a character. */
enum number_kind { NUMBER_DECIMAL, NUMBER_BITS, NUMBER_CODE_POINT /* U+0049 */ };
struct numbers {
    enum number_kind kind;
    size_t gap; /* between each and the next; the first one stands here */
    const char *first_gap;
};
size_t number_at(struct str s, enum number_kind kind, uint32_t *code);
static inline bool begins_code_point(struct str s)
{
    return s.len > 2 && (s.at[0] | 32) == 'u' && s.at[1] == '+';
}
bool run_is_numbers(struct str s, struct numbers *form);
/* decode_escape.c: the character that an escape stands for. Returns the escape's length in bytes, 0 when it is none;
 * `out` takes at most 4 bytes of UTF-8. */
size_t escape_url(struct str s, char out[4], size_t *n);
size_t escape_entity(struct str s, char out[4], size_t *n);
size_t escape_backslash(struct str s, char out[4], size_t *n);
size_t escape_any(struct str s, char out[4], size_t *n);
/* =49 of quoted-printable, and a line that goes on; only where another follows within a line's length (is_quoted). *n may be 0. */
enum { QUOTED_LINE = 76 };
size_t escape_quoted(struct str s, char out[4], size_t *n);
bool is_quoted(struct str s);
/* bare.c: length of the mark-up at s[i], 0 when there is none that would be taken out; *space: a space stays in its
 * place. `closers` is zeroed at the beginning of a text, and i only grows. */
struct closers {
    size_t tag, comment; /* the first > and the first --> after the last place that was asked for; 0: not known */
    size_t joined_until; /* up to here it is known whether words_are_joined */
    bool are_joined;
};
size_t markup_at(struct str s, size_t i, struct closers *known, bool *space);
/* Three underscores or more between the letters that `s` begins with: a sentence, where a name in code has fewer. *end: how far
 * was looked. */
enum { JOINED_MAX = 256 };
bool words_are_joined(struct str s, size_t *end);
/* joined.c: the same without a sign between them, or with dashes. */
bool letters_are_joined(struct str s, uint64_t *work);
/* … in some word of a short text, also where they are fewer letters. */
bool has_joined(struct str s, uint64_t *work);
/* … and whether this character is a combining mark or a Latin letter that would be another one without its marks. */
bool is_bearing_marks(uint32_t c);
static inline bool is_picture(uint32_t c) /* arrows, boxes, dingbats too */
{
    return (c >= 0x1f300 && c < 0x1fb00) || (c >= 0x2190 && c < 0x2c00) || c == 0x2022;
}
static inline bool is_no_character(uint32_t c) /* but the place of one: private, of an object, not known */
{
    return (c >= 0xe000 && c < 0xf900) || (c >= 0xfdd0 && c < 0xfdf0) || (c >= 0xfff0 && c < 0xfffe);
}
/* leet.c: whether the word around s[i] is written in leet, and where it ends. */
bool leet_word_at(struct str s, size_t i, size_t *end);

/* Classes of characters, one table for all scalar passes. */
enum {
    IS_ALPHA = 1,
    IS_DIGIT = 2,
    IS_WORD = IS_ALPHA | IS_DIGIT,
    IS_RUN = 4, /* of the base64 alphabets */
    IS_SPACE = 8,
    IS_HEX = 16,
    IS_ESCAPE = 32, /* % & \ = */
    IS_CONTROL = 64,
    IS_HIGH = 128, /* not ASCII */
    IS_SIGN = 256, /* @ $ !, letters in leet */
    IS_BAR = 512,
    IS_MARKUP = 1024, /* * ` ~ _ < */
};
extern const uint16_t CHAR_CLASS[256];
static inline unsigned char_class(char c)
{
    return CHAR_CLASS[(unsigned char)c];
}
static inline bool char_is(char c, unsigned classes)
{
    return (char_class(c) & classes) != 0;
}
/* The highest bit of each of eight bytes that is no letter. */
static inline uint64_t no_letters_of(uint64_t eight)
{
    const uint64_t each = 0x0101010101010101, high = each << 7;
    uint64_t small = (eight | each * 32) & ~high;
    return ~((small + each * (128 - 'a')) & ~(small + each * (127 - 'z')) & ~eight) & high;
}
/* Where the letters that s[i] may begin end. */
static inline size_t letters_end(struct str s, size_t i)
{
    uint64_t eight, others;
    if (i >= s.len || !char_is(s.at[i], IS_ALPHA))
        return i;
    for (; s.len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, s.at + i, sizeof eight);
        if ((others = no_letters_of(eight)) != 0)
            return i + (size_t)__builtin_ctzll(others) / 8;
    }
    while (i < s.len && char_is(s.at[i], IS_ALPHA))
        i++;
    return i;
}
/* s[i, j) is all that there is between two letters. */
static inline bool is_between_letters(struct str s, size_t i, size_t j)
{
    return i && j < s.len && char_is(s.at[i - 1], IS_ALPHA) && char_is(s.at[j], IS_ALPHA);
}
/* The character at s[i], and its width; a byte that begins none counts as U+FFFD, one wide. */
static inline uint32_t char_at(struct str s, size_t i, size_t *width)
{
    const unsigned char *p = (const unsigned char *)s.at + i;
    size_t left = s.len - i;
    *width = 1;
    if (p[0] < 0x80)
        return p[0];
    if (p[0] >= 0xc2 && p[0] < 0xe0 && left >= 2)
        return *width = 2, (uint32_t)(p[0] & 31) << 6 | (p[1] & 63);
    if (p[0] >= 0xe0 && p[0] < 0xf0 && left >= 3)
        return *width = 3, (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
    if (p[0] >= 0xf0 && p[0] < 0xf5 && left >= 4)
        return *width = 4,
               (uint32_t)(p[0] & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
    return 0xfffd;
}

#endif
