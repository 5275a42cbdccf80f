/* attacks_sql_tokens.c - SQL cut into tokens, a window of it at a time. */
#include "filters/detect/attacks_sql.h"

static const struct attack_word WORDS[] = {
#define WORD(word, kind) { word, SQL_##kind },
#include "filters/detect/attacks_sql_words.def"
#undef WORD
};

void attack_sql_words(struct attack_set *set)
{
    static const char *const joins[] = { "and", "or", "xor", "having", "rlike", "regexp" };
    for (size_t i = 0; i < ARRAY_LEN(joins); i++) {
        attack_add_word(&set->joins, joins[i]);
        attack_add_word(&set->anywhere.words, joins[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        if (WORDS[i].kind != SQL_FUNCTION)
            attack_add_word(&set->values, WORDS[i].word);
}

struct sql_cursor sql_at(struct attack_look *l, size_t at)
{
    size_t stop = at + (l->work > SQL_WINDOW_BYTES ? SQL_WINDOW_BYTES : l->work);
    return (struct sql_cursor){ .text = l->text, .at = at, .stop = stop < l->text.len ? stop : l->text.len, .work = &l->work };
}

static char byte_at(const struct sql_cursor *c, size_t at)
{
    return at < c->stop ? c->text.at[at] : '\0';
}

/* A no-break space by itself, no part of a longer character. */
bool sql_is_bare_blank(struct str s, size_t at)
{
    return (unsigned char)s.at[at] == 0xa0 && (!at || (unsigned char)s.at[at - 1] < 0x80);
}

/* White space as databases know it: also form feeds, NULs and no-break spaces. */
static size_t skip_space(const struct sql_cursor *c, size_t at)
{
    while (at < c->stop) {
        unsigned char b = (unsigned char)c->text.at[at];
        if (b > ' ' && b != 0xa0 && !(b == 0xc2 && (unsigned char)byte_at(c, at + 1) == 0xa0))
            break;
        at++;
    }
    return at;
}

/* Behind the comment at `at`; `at` itself when there is none, SIZE_MAX when it goes to the end of what may be read. */
static size_t skip_comment(struct sql_cursor *c, size_t at)
{
    char b = byte_at(c, at), n = byte_at(c, at + 1);
    size_t i = at;
    if (b == '/' && n == '*') {
        if (byte_at(c, at + 2) == '!' || (ascii_lower(byte_at(c, at + 2)) == 'm' && byte_at(c, at + 3) == '!')) {
            c->has_evil = true;
            for (i = at + 3; ascii_is_digit(byte_at(c, i)) || byte_at(c, i) == '!'; i++)
                ;
            return i;
        }
        for (i = at + 2; i + 1 < c->stop; i++)
            if (c->text.at[i] == '*' && c->text.at[i + 1] == '/') {
                c->has_comment = true;
                return i + 2;
            }
        return SIZE_MAX;
    }
    if (b == '*' && n == '/') /* the end of one that MySQL runs, or that began elsewhere */
        return at + 2;
    if (b == '#' || (b == '-' && n == '-')) {
        const char *line = memchr(c->text.at + at, '\n', c->stop - at);
        i = line ? skip_space(c, (size_t)(line - c->text.at)) : c->stop;
        if (i >= c->stop)
            return SIZE_MAX;
        c->has_comment = true;
        return i;
    }
    return at;
}

/* A string ends at its quote, unless a backslash is before it, or it is there twice and the string goes on. */
static struct sql_token string_token(struct sql_cursor *c, size_t at, char quote)
{
    const char *text = c->text.at;
    for (size_t i = at + 1; i < c->stop;) {
        const char *end = memchr(text + i, quote, c->stop - i);
        size_t to = end ? (size_t)(end - text) : c->stop;
        const char *escape = memchr(text + i, '\\', to - i);
        if (escape) {
            i = (size_t)(escape - text) + 2;
            continue;
        }
        if (!end)
            break;
        if (byte_at(c, to + 1) != quote || to + 2 >= c->stop || !ascii_is_word(text[to + 2]) || to == at + 1)
            return (struct sql_token){ SQL_STRING, at, to + 1 };
        i = to + 2;
    }
    return (struct sql_token){ c->stop == c->text.len ? SQL_OPEN_STRING : SQL_END, at, c->stop };
}

static struct sql_token number_token(const struct sql_cursor *c, size_t at)
{
    size_t i = at;
    if (byte_at(c, i) == '0' && (ascii_lower(byte_at(c, i + 1)) == 'x' || ascii_lower(byte_at(c, i + 1)) == 'b')) {
        for (i += 2; hex_value(byte_at(c, i)) >= 0; i++)
            ;
        return (struct sql_token){ SQL_NUMBER, at, i };
    }
    while (ascii_is_digit(byte_at(c, i)) || byte_at(c, i) == '.')
        i++;
    char behind = byte_at(c, i + 1);
    if (byte_at(c, i - 1) == '.' && ascii_lower(byte_at(c, i)) == 'e' && (behind == '(' || behind == '.')) /* MySQL skips 1.e( */
        return (struct sql_token){ SQL_PREFIX, at, i + 1 + (behind == '.') };
    if (ascii_lower(byte_at(c, i)) == 'e') {
        size_t e = i + 1 + (byte_at(c, i + 1) == '-' || byte_at(c, i + 1) == '+');
        if (ascii_is_digit(byte_at(c, e)))
            for (i = e; ascii_is_digit(byte_at(c, i)); i++)
                ;
    }
    return (struct sql_token){ SQL_NUMBER, at, i };
}

static bool is_name_byte(char b)
{
    return ascii_is_word(b) || b == '$' || (unsigned char)b >= 0x80;
}

/* n'…', x'…', _utf8'…' */
static bool is_string_prefix(struct str word)
{
    char first = ascii_lower(*word.at);
    return first == '_' || (word.len == 1 && attack_is_any(first, "nxbequ")) || (word.len == 2 && str_eq_nocase(word, STR("nq")));
}

static struct sql_token word_token(struct sql_cursor *c, size_t at)
{
    size_t i = at;
    while (i < c->stop && is_name_byte(c->text.at[i]) && !sql_is_bare_blank(c->text, i))
        i++;
    struct str word = str_of(c->text.at + at, i - at);
    if (byte_at(c, i) == '\'' && is_string_prefix(word))
        return string_token(c, i, '\'');
    uint8_t kind = attack_word_kind(WORDS, ARRAY_LEN(WORDS), word);
    return (struct sql_token){ kind ? (enum sql_kind)kind : SQL_NAME, at, i };
}

static struct sql_token operator_token(const struct sql_cursor *c, size_t at)
{
    static const struct {
        char first, second;
        enum sql_kind kind;
    } SIGNS[] = { { '!', '=', SQL_COMPARE },  { '<', '>', SQL_COMPARE },  { '<', '=', SQL_COMPARE }, { '>', '=', SQL_COMPARE },
                  { '=', '=', SQL_COMPARE },  { ':', '=', SQL_COMPARE },  { '!', '<', SQL_COMPARE }, { '!', '>', SQL_COMPARE },
                  { '^', '=', SQL_COMPARE },  { '|', '|', SQL_OPERATOR }, { '&', '&', SQL_LOGIC },   { '<', '<', SQL_OPERATOR },
                  { '>', '>', SQL_OPERATOR }, { ':', ':', SQL_DOT } };
    char first = c->text.at[at], second = byte_at(c, at + 1);
    for (size_t i = 0; i < ARRAY_LEN(SIGNS); i++)
        if (SIGNS[i].first == first && SIGNS[i].second == second)
            return (struct sql_token){ SIGNS[i].kind, at, at + 2 + (first == '<' && second == '=' && byte_at(c, at + 2) == '>') };
    switch (first) {
    case '=':
    case '<':
    case '>':
        return (struct sql_token){ SQL_COMPARE, at, at + 1 };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '|':
    case '&':
    case '^':
    case '~':
    case '!':
        return (struct sql_token){ SQL_OPERATOR, at, at + 1 };
    case ',':
        return (struct sql_token){ SQL_COMMA, at, at + 1 };
    case '(':
        return (struct sql_token){ SQL_OPEN, at, at + 1 };
    case ')':
        return (struct sql_token){ SQL_CLOSE, at, at + 1 };
    case ';':
        return (struct sql_token){ SQL_SEMICOLON, at, at + 1 };
    case '.':
        return (struct sql_token){ SQL_DOT, at, at + 1 };
    default:
        return (struct sql_token){ SQL_OTHER, at, at + 1 };
    }
}

/* [name] and `name` */
static struct sql_token quoted_name(const struct sql_cursor *c, size_t at, char end)
{
    for (size_t i = at + 1; i < c->stop && i < at + 66; i++)
        if (c->text.at[i] == end)
            return (struct sql_token){ SQL_NAME, at, i + 1 };
    return (struct sql_token){ SQL_OTHER, at, at + 1 };
}

static struct sql_token token_at(struct sql_cursor *c, size_t at)
{
    char b = c->text.at[at], n = byte_at(c, at + 1);
    if (b == '\'' || b == '"')
        return string_token(c, at, b);
    if (ascii_is_digit(b) || (b == '.' && ascii_is_digit(n)))
        return number_token(c, at);
    if (is_name_byte(b))
        return word_token(c, at);
    if (b == '@') {
        size_t i = at + 1 + (n == '@');
        if (byte_at(c, i) == '`' || byte_at(c, i) == '\'')
            i++;
        while (is_name_byte(byte_at(c, i)) && i < c->stop)
            i++;
        return (struct sql_token){ i > at + 1 ? SQL_VARIABLE : SQL_OTHER, at, i };
    }
    if (b == '?')
        return (struct sql_token){ SQL_VARIABLE, at, at + 1 };
    if (b == '\\' && n == 'N')
        return (struct sql_token){ SQL_CONST, at, at + 2 };
    return b == '`' ? quoted_name(c, at, '`') : b == '[' ? quoted_name(c, at, ']') : operator_token(c, at);
}

/* What was read is paid for; without means reading ends here. */
static struct sql_token pay(struct sql_cursor *c, size_t from, struct sql_token t)
{
    size_t cost = t.to - from + ATTACK_TOLL;
    *c->work -= *c->work > cost ? cost : *c->work;
    c->at = t.to;
    if (!*c->work)
        c->stop = c->at;
    return t;
}

struct sql_token sql_next(struct sql_cursor *c)
{
    size_t from = c->at;
    for (;;) {
        c->at = skip_space(c, c->at);
        if (c->at >= c->stop)
            return (struct sql_token){ SQL_END, c->at, c->at };
        size_t behind = skip_comment(c, c->at);
        if (behind == SIZE_MAX)
            return pay(c, from, (struct sql_token){ SQL_COMMENT, c->at, c->stop });
        if (behind == c->at)
            return pay(c, from, token_at(c, c->at));
        c->at = behind;
    }
}

struct sql_token sql_peek(const struct sql_cursor *c)
{
    struct sql_cursor ahead = *c;
    return sql_next(&ahead);
}
