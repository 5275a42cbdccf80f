/* attacks_sql_tokens.c - SQL cut into tokens and values, a window of it at a time. */
#include "filters/detect/attacks_sql.h"

static const struct attack_word WORDS[] = {
#define WORD(word, kind) { word, SQL_##kind },
#include "filters/detect/attacks_sql_words.def"
#undef WORD
};

struct sql_cursor sql_at(struct attack_look *l, size_t at)
{
    size_t stop = at + (l->work > SQL_WINDOW_BYTES ? SQL_WINDOW_BYTES : l->work);
    return (struct sql_cursor){ .text = l->text, .at = at, .stop = stop < l->text.len ? stop : l->text.len, .work = &l->work };
}

static char byte_at(const struct sql_cursor *c, size_t at)
{
    return at < c->stop ? c->text.at[at] : '\0';
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

static struct sql_token string_token(struct sql_cursor *c, size_t at, char quote)
{
    size_t i = at + 1;
    for (; i < c->stop; i++) {
        if (c->text.at[i] == '\\')
            i++;
        else if (c->text.at[i] == quote && byte_at(c, i + 1) == quote && i + 2 < c->stop && attack_is_word(c->text.at[i + 2]) &&
                 i > at + 1)
            i++;
        else if (c->text.at[i] == quote)
            return (struct sql_token){ SQL_STRING, at, i + 1 };
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
    return attack_is_word(b) || b == '$' || (unsigned char)b >= 0x80;
}

static struct sql_token word_token(struct sql_cursor *c, size_t at)
{
    size_t i = at;
    while (i < c->stop && is_name_byte(c->text.at[i]))
        i++;
    struct str word = str_of(c->text.at + at, i - at);
    if (byte_at(c, i) == '\'' && (word.len <= 2 || word.at[0] == '_') && (attack_is_letter(word.at[0]) || word.at[0] == '_') &&
        str_find_str(STR("n x b e q u nq _utf8 _latin1 _binary"), word) < 36)
        return string_token(c, i, '\'');
    uint8_t kind = attack_word_kind(WORDS, ARRAY_LEN(WORDS), word);
    return (struct sql_token){ kind ? (enum sql_kind)kind : SQL_NAME, at, i };
}

static struct sql_token operator_token(const struct sql_cursor *c, size_t at)
{
    static const struct {
        struct str sign;
        enum sql_kind kind;
    } SIGNS[] = { { STR_INIT("<=>"), SQL_COMPARE }, { STR_INIT("!="), SQL_COMPARE }, { STR_INIT("<>"), SQL_COMPARE },
                  { STR_INIT("<="), SQL_COMPARE },  { STR_INIT(">="), SQL_COMPARE }, { STR_INIT("=="), SQL_COMPARE },
                  { STR_INIT(":="), SQL_COMPARE },  { STR_INIT("!<"), SQL_COMPARE }, { STR_INIT("!>"), SQL_COMPARE },
                  { STR_INIT("^="), SQL_COMPARE },  { STR_INIT("||"), SQL_OPERATOR }, { STR_INIT("&&"), SQL_LOGIC },
                  { STR_INIT("<<"), SQL_OPERATOR }, { STR_INIT(">>"), SQL_OPERATOR }, { STR_INIT("::"), SQL_DOT } };
    struct str rest = str_of(c->text.at + at, c->stop - at);
    for (size_t i = 0; i < ARRAY_LEN(SIGNS); i++)
        if (str_starts(rest, SIGNS[i].sign))
            return (struct sql_token){ SIGNS[i].kind, at, at + SIGNS[i].sign.len };
    switch (*rest.at) {
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
    return b == '`' ? quoted_name(c, at, '`') : b == '[' ? quoted_name(c, at, ']') : operator_token(c, at);
}

struct sql_token sql_next(struct sql_cursor *c)
{
    for (;;) {
        c->at = skip_space(c, c->at);
        if (c->at >= c->stop)
            return (struct sql_token){ SQL_END, c->at, c->at };
        size_t behind = skip_comment(c, c->at);
        if (behind == SIZE_MAX) {
            struct sql_token t = { SQL_COMMENT, c->at, c->stop };
            c->at = c->stop;
            return t;
        }
        if (behind == c->at)
            break;
        c->at = behind;
    }
    struct sql_token t = token_at(c, c->at);
    size_t cost = t.to - t.from + 4;
    *c->work -= *c->work > cost ? cost : *c->work;
    c->at = t.to;
    if (!*c->work)
        c->stop = c->at;
    return t;
}

struct sql_token sql_peek(const struct sql_cursor *c)
{
    struct sql_cursor ahead = *c;
    return sql_next(&ahead);
}

/* ---- values ---- */

enum { VALUE_PARENTHESES_MAX = 12, VALUE_PARTS_MAX = 16, CALL_TOKENS_MAX = 64 };

/* From behind an opening parenthesis to behind the one that closes it, or to where reading ends; what makes it more than a call is
 * told. */
static enum sql_value skip_call(struct sql_cursor *c, enum sql_value value)
{
    int depth = 1;
    struct sql_token before = { .kind = SQL_OPEN };
    for (int i = 0; depth && i < CALL_TOKENS_MAX; i++) {
        struct sql_token t = sql_next(c);
        if (t.kind == SQL_END || t.kind == SQL_COMMENT || t.kind == SQL_OPEN_STRING)
            break;
        depth += (t.kind == SQL_OPEN) - (t.kind == SQL_CLOSE);
        enum sql_value is = t.kind == SQL_SELECT && before.kind == SQL_OPEN ? VALUE_SELECT
                            : t.kind == SQL_SLOW                           ? VALUE_SLOW
                                                                           : value;
        value = is > value ? is : value;
        before = t;
    }
    return value;
}

static enum sql_value called(struct sql_cursor *c, enum sql_value value, enum sql_value if_not)
{
    struct sql_cursor ahead = *c;
    struct sql_token t = sql_next(&ahead);
    while (t.kind == SQL_DOT) { /* a.b.c */
        sql_next(&ahead);
        *c = ahead;
        t = sql_next(&ahead);
    }
    if (t.kind != SQL_OPEN)
        return if_not;
    *c = ahead;
    return skip_call(c, value);
}

static enum sql_value one_value(struct sql_cursor *c)
{
    unsigned open = 0;
    enum sql_value value = VALUE_NONE;
    struct sql_cursor ahead = *c;
    for (int i = 0; i < VALUE_PARENTHESES_MAX; i++) {
        struct sql_token t = sql_next(&ahead);
        bool is_sign = t.kind == SQL_OPERATOR && attack_is_any(c->text.at[t.from], "+-~!");
        if (t.kind == SQL_OPEN || is_sign || t.kind == SQL_NOT || t.kind == SQL_PREFIX) {
            open += t.kind == SQL_OPEN;
            continue;
        }
        switch (t.kind) {
        case SQL_NUMBER:
            value = VALUE_CONST;
            break;
        case SQL_CONST:
            value = called(&ahead, VALUE_CALL, VALUE_CONST);
            break;
        case SQL_STRING:
            value = VALUE_STRING;
            break;
        case SQL_OPEN_STRING:
            value = VALUE_OPEN_STRING;
            break;
        case SQL_VARIABLE:
            value = VALUE_VARIABLE;
            break;
        case SQL_SELECT:
            value = open ? skip_call(&ahead, VALUE_SELECT) : VALUE_SELECT;
            open -= open > 0;
            break;
        case SQL_CASE:
            value = VALUE_FUNCTION;
            for (int k = 0; k < CALL_TOKENS_MAX; k++) {
                t = sql_next(&ahead);
                if (t.kind == SQL_END || t.kind == SQL_COMMENT || str_eq_nocase(sql_text(&ahead, t), STR("end")))
                    break;
            }
            break;
        case SQL_BARE:
            value = called(&ahead, VALUE_FUNCTION, VALUE_FUNCTION);
            break;
        case SQL_FUNCTION:
        case SQL_STATEMENT: /* replace(), insert() */
            value = called(&ahead, VALUE_FUNCTION, VALUE_NAME);
            break;
        case SQL_SLOW:
            value = called(&ahead, VALUE_SLOW, VALUE_NAME);
            break;
        case SQL_NAME:
            value = called(&ahead, VALUE_CALL, VALUE_NAME);
            break;
        default:
            return VALUE_NONE;
        }
        break;
    }
    if (value == VALUE_NONE)
        return value;
    *c = ahead;
    while (open && sql_next(&ahead).kind == SQL_CLOSE) {
        open--;
        *c = ahead;
    }
    return value;
}

enum sql_value sql_value(struct sql_cursor *c)
{
    enum sql_value value = one_value(c);
    for (int i = 0; value != VALUE_NONE && i < VALUE_PARTS_MAX; i++) {
        struct sql_cursor ahead = *c;
        struct sql_token t = sql_next(&ahead);
        if (t.kind == SQL_COLLATE) {
            sql_next(&ahead);
            *c = ahead;
            continue;
        }
        if (t.kind != SQL_OPERATOR)
            break;
        enum sql_value more = one_value(&ahead);
        if (more == VALUE_NONE)
            break;
        value = more > value ? more : value;
        *c = ahead;
    }
    return value;
}

/* ---- what stands before ---- */

enum { LINE_BACK_MAX = 256, COMMENT_BACK_MAX = 96 };

/* Does the quote at `at` begin a string of its line? Apostrophes within words and quotes behind backslashes are no quotes. */
static bool begins_string(struct str s, size_t at)
{
    size_t from = at > LINE_BACK_MAX ? at - LINE_BACK_MAX : 0, quotes = 0;
    const char *line = memrchr(s.at + from, '\n', at - from);
    for (size_t i = line ? (size_t)(line - s.at) : from; i < at; i++) {
        bool within = i && attack_is_letter(s.at[i - 1]) && attack_is_letter(s.at[i + 1]);
        quotes += s.at[i] == s.at[at] && !(within && s.at[i] == '\'') && !(i && s.at[i - 1] == '\\');
    }
    return quotes % 2 == 0;
}

/* A number with which a value begins: at the start, behind a name and an equals sign, or behind a quote. */
static bool begins_value(struct str s, size_t at)
{
    while (at && (attack_is_word(s.at[at - 1]) || s.at[at - 1] == '.'))
        at--;
    if (at && (s.at[at - 1] == '-' || s.at[at - 1] == '+'))
        at--;
    while (at && s.at[at - 1] == '(')
        at--;
    if (!at)
        return true;
    char b = s.at[at - 1];
    return b == '=' || b == '&' || b == '"' || b == '\'' || b == '?' || b == '/' || b == '\n' || b == ',' || b == ':';
}

struct sql_before sql_before(const struct attack_look *l, size_t at)
{
    struct str s = l->text;
    struct sql_before b = { .lead = LEAD_NAME, .same_line = true };
    bool closes = false;
    for (;;) {
        while (at && attack_is_space(s.at[at - 1])) {
            b.same_line &= s.at[at - 1] != '\n';
            at--;
        }
        if (at >= 4 && s.at[at - 1] == '/' && s.at[at - 2] == '*') {
            size_t from = at > COMMENT_BACK_MAX ? at - COMMENT_BACK_MAX : 0, i = at - 3;
            while (i > from && !(s.at[i - 1] == '/' && s.at[i] == '*'))
                i--;
            if (i <= from)
                break;
            b.has_comment = true;
            at = i - 1;
            continue;
        }
        if (!at || s.at[at - 1] != ')')
            break;
        closes = true;
        at--;
    }
    b.from = at;
    if (!at)
        b.lead = closes ? LEAD_CLOSE : LEAD_START;
    else if (s.at[at - 1] == '\'' || s.at[at - 1] == '"')
        b.lead = begins_string(s, at - 1) ? LEAD_QUOTE : LEAD_EVEN;
    else if (attack_is_word(s.at[at - 1])) {
        size_t i = at;
        while (i && attack_is_word(s.at[i - 1]))
            i--;
        if (ascii_is_digit(s.at[i]) && begins_value(s, at))
            b.lead = LEAD_NUMBER;
    } else if (s.at[at - 1] == '=' || s.at[at - 1] == '&')
        b.lead = LEAD_START;
    return b;
}
