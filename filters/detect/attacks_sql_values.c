/* attacks_sql_values.c - what is a value in SQL, however much is put together in it; and what stands before a word. */
#include "filters/detect/attacks_sql.h"

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

/* case when …, case x when … */
static bool begins_case(const struct sql_cursor *c)
{
    struct sql_cursor ahead = *c;
    struct sql_token t = sql_next(&ahead);
    if (!str_eq_nocase(sql_text(c, t), STR("when")))
        t = sql_next(&ahead);
    return str_eq_nocase(sql_text(c, t), STR("when"));
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
            if (!begins_case(&ahead))
                return VALUE_NONE;
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

enum { LINE_BACK_MAX = 256, COMMENT_BACK_MAX = 96, PARTS_BACK_MAX = 64 };

/* Does the quote at `at` begin a string of its line? Apostrophes within words and quotes behind backslashes are no quotes. Of a long
 * line one or two blocks are counted, each byte once while the pass goes on. */
static bool begins_string(struct attack_look *l, size_t at)
{
    struct str s = l->text;
    size_t from = at > LINE_BACK_MAX ? (at - LINE_BACK_MAX) / LINE_BACK_MAX * LINE_BACK_MAX : 0;
    const char *line = memrchr(s.at + from, '\n', at - from);
    from = line ? (size_t)(line - s.at) : from;
    unsigned which = s.at[at] == '"';
    bool goes_on = l->quotes[which].from == from && l->quotes[which].to <= at, odd = goes_on && l->quotes[which].odd;
    const char *begin = s.at + (goes_on ? l->quotes[which].to : from), *end = s.at + at;
    attack_pay(l, (size_t)(end - begin));
    for (const char *q = begin; (q = memchr(q, s.at[at], (size_t)(end - q))); q++) {
        bool within = *q == '\'' && q > s.at && ascii_is_letter(q[-1]) && ascii_is_letter(q[1]);
        odd ^= !within && !(q > s.at && q[-1] == '\\');
    }
    l->quotes[which].from = from;
    l->quotes[which].to = at;
    l->quotes[which].odd = odd;
    return !odd;
}

/* A number with which a value begins: at the start, behind a name and an equals sign, or behind a quote. */
static bool begins_value(struct str s, size_t at)
{
    while (at && (ascii_is_word(s.at[at - 1]) || s.at[at - 1] == '.'))
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

static bool is_one_word(struct str s)
{
    bool is = s.len > 0 && s.len <= COMMENT_BACK_MAX;
    for (size_t i = 0; is && i < s.len; i++)
        is = ascii_is_word(s.at[i]) || attack_is_any(s.at[i], "-=.?/@&%()*+");
    return is;
}

struct sql_before sql_before(struct attack_look *l, size_t at)
{
    struct str s = l->text;
    struct sql_before b = { .lead = LEAD_NAME, .same_line = true };
    bool closes = false;
    size_t asked = at;
    for (size_t parts = 0; parts < PARTS_BACK_MAX; parts++) {
        while (at && (attack_is_space(s.at[at - 1]) || sql_is_bare_blank(s, at - 1))) {
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
    attack_pay(l, ATTACK_TOLL + asked - at);
    b.is_first = is_one_word(str_first(s, at));
    if (!at)
        b.lead = closes ? LEAD_CLOSE : LEAD_START;
    else if (s.at[at - 1] == '\'' || s.at[at - 1] == '"')
        b.lead = begins_string(l, at - 1) ? LEAD_QUOTE : LEAD_EVEN;
    else if (ascii_is_word(s.at[at - 1])) {
        size_t i = at;
        while (i && ascii_is_word(s.at[i - 1]))
            i--;
        if (ascii_is_digit(s.at[i]) && begins_value(s, at))
            b.lead = LEAD_NUMBER;
    } else if (s.at[at - 1] == '=' || s.at[at - 1] == '&')
        b.lead = LEAD_START;
    return b;
}
