/* attacks_sql.c - SQL that goes on where a value should have ended: conditions, and what follows a quote.
 *
 * A word such as `or` says nothing by itself: what makes it an attack is what stands before it (a quote that begins no string here, a
 * number with which a value begins, nothing) and a condition, call or comment behind it. */
#include "filters/detect/attacks_sql.h"

enum { BEHIND_MAX = 24, WORD_MAX = 3 };

/* ---- and, or: conditions ---- */

struct condition {
    struct attack_look *look;
    struct sql_before before;
    struct sql_cursor at;
    size_t from;
};

static void found(struct condition *k, enum attack_rule_name rule)
{
    attack_note(k->look, rule, k->from, k->at.at);
}

/* The string goes to the end of the text, and is a value: or 'x. In a sentence a blank would follow the quote. */
static bool is_open_end(const struct sql_cursor *c, enum sql_value v)
{
    size_t quote = c->at;
    if (v != VALUE_OPEN_STRING)
        return false;
    while (quote && c->text.at[quote - 1] != '\'' && c->text.at[quote - 1] != '"')
        quote--;
    struct str inside = str_from(c->text, quote);
    for (size_t i = 0; i + 1 < inside.len; i++)
        if (attack_is_space(inside.at[i]) && ascii_is_letter(inside.at[i + 1]))
            return false;
    return inside.len && (inside.len <= WORD_MAX || (inside.len <= BEHIND_MAX && !ascii_is_letter(*inside.at)));
}

/* or ''&' */
static bool ends_on_sign(const struct sql_cursor *c, enum sql_value v)
{
    return v == VALUE_OPEN_STRING && c->at > 1 && attack_is_any(c->text.at[c->at - 2], "-+*/&|^%~<>=");
}

/* left CMP right: told by what may be compared there at all. */
static void judge_comparison(struct condition *k, enum sql_value left, struct str left_text, struct sql_token sign)
{
    struct sql_cursor *c = &k->at;
    enum sql_lead lead = k->before.lead;
    sql_skip(c, SQL_NOT);
    struct str word = sql_text(c, sign);
    bool is_word = ascii_is_letter(*word.at);
    if (str_eq_nocase(word, STR("sounds")))
        sql_next(c); /* like */
    size_t from = sql_peek(c).from;
    enum sql_value right = sql_value(c);
    struct str right_text = str_of(c->text.at + from, c->at > from ? c->at - from : 0);
    struct sql_token tail = sql_peek(c);
    bool ended = sql_ends(tail) || tail.kind == SQL_LOGIC || tail.kind == SQL_CLOSE || right == VALUE_OPEN_STRING;
    if (right == VALUE_NONE || (right == VALUE_CONST && left == VALUE_CONST && str_eq_nocase(word, STR("is")) && !ascii_is_letter(*right_text.at)))
        return;
    if (right == VALUE_SLOW || left == VALUE_SLOW || right == VALUE_SELECT || left == VALUE_SELECT) {
        found(k, sql_begins(lead) || sql_is_constant(left) || sql_is_constant(right) ? RULE_SQL_CONDITION : RULE_SQL_COMPARISON);
    } else if (sql_is_constant(left) && sql_is_constant(right)) {
        bool same = left_text.len && str_starts_nocase(right_text, left_text) && !is_word;
        bool strings = left != VALUE_CONST && right != VALUE_CONST;
        bool sure = sql_begins(lead) || same || k->before.is_first || right == VALUE_OPEN_STRING;
        if (sure || (lead == LEAD_EVEN && strings) || k->before.has_comment || c->has_comment)
            found(k, sure || strings ? RULE_SQL_TAUTOLOGY : RULE_SQL_COMPARISON);
        else
            found(k, RULE_SQL_ODD);
    } else if (left == VALUE_FUNCTION || right == VALUE_FUNCTION || left == VALUE_CALL || right == VALUE_CALL) {
        bool known = left == VALUE_FUNCTION || right == VALUE_FUNCTION;
        if (sql_begins(lead) && (known || sql_breaks_out(lead)))
            found(k, RULE_SQL_CONDITION);
        else if (known && (sql_is_constant(left) || sql_is_constant(right)))
            found(k, RULE_SQL_ODD);
    } else if (sql_breaks_out(lead) && ended) {
        found(k, RULE_SQL_CONDITION);
    } else if ((sql_begins(lead) || k->before.is_first) && ended && left == VALUE_NAME && str_eq_nocase(left_text, right_text) && !is_word) {
        found(k, RULE_SQL_TAUTOLOGY); /* a=a */
    } else if (lead == LEAD_NUMBER && ended && left == VALUE_NAME && str_eq_nocase(right_text, STR("null"))) {
        found(k, RULE_SQL_CONDITION);
    } else if (sql_begins(lead) && (tail.kind == SQL_COMMENT || k->before.has_comment || c->has_comment ||
                                (ended && lead == LEAD_NUMBER && left == VALUE_NAME))) {
        found(k, tail.kind == SQL_COMMENT || c->has_comment ? RULE_SQL_CONDITION : RULE_SQL_COMPARISON);
    }
}

/* A further condition that begins a string, to its end: or ' */
static bool is_joined_on(const struct sql_cursor *c)
{
    struct sql_cursor ahead = *c;
    if (sql_next(&ahead).kind != SQL_LOGIC)
        return false;
    enum sql_value more = sql_value(&ahead);
    char last = ahead.text.at[ahead.at - 1];
    return is_open_end(&ahead, more) || (more == VALUE_OPEN_STRING && (last == '\'' || last == '"'));
}

/* A value alone is a condition as well: `or 1`, `or 'x`, `and sleep(5)`. */
static void judge_alone(struct condition *k, enum sql_value value)
{
    enum sql_lead lead = k->before.lead;
    struct sql_token tail = sql_peek(&k->at);
    bool commented = tail.kind == SQL_COMMENT || k->at.has_comment || k->before.has_comment;
    if (value == VALUE_SLOW || value == VALUE_SELECT)
        found(k, sql_begins(lead) || value == VALUE_SLOW ? RULE_SQL_CONDITION : RULE_SQL_COMPARISON);
    else if (value == VALUE_FUNCTION && sql_begins(lead) && (sql_breaks_out(lead) || commented || sql_ends(tail)))
        found(k, sql_breaks_out(lead) || commented || lead == LEAD_NUMBER ? RULE_SQL_CONDITION : RULE_SQL_COMPARISON);
    else if (value == VALUE_VARIABLE && sql_begins(lead) && (commented || k->at.text.at[k->at.at - 1] != '?'))
        found(k, RULE_SQL_CONDITION);
    else if (value == VALUE_CALL && sql_breaks_out(lead) && (sql_cuts_off(&k->at, tail) || is_joined_on(&k->at)))
        found(k, RULE_SQL_CONDITION);
    else if ((value == VALUE_STRING || value == VALUE_OPEN_STRING) && sql_breaks_out(lead) &&
             (sql_ends(tail) || tail.kind == SQL_LOGIC || tail.kind == SQL_CLOSE))
        found(k, commented || is_open_end(&k->at, value) || ends_on_sign(&k->at, value) ? RULE_SQL_CONDITION : RULE_SQL_HALF);
    else if (value == VALUE_CONST && (sql_ends(tail) || tail.kind == SQL_CLOSE || tail.kind == SQL_LOGIC) && sql_begins(lead)) {
        bool is_word = ascii_is_letter(k->at.text.at[k->at.at - 1]) && lead == LEAD_NUMBER && k->before.is_first && tail.kind == SQL_END;
        if (commented || is_word || (sql_breaks_out(lead) && tail.kind != SQL_SEMICOLON))
            found(k, commented || is_word || is_joined_on(&k->at) ? RULE_SQL_CONDITION : RULE_SQL_HALF);
    } else if (value == VALUE_NAME && sql_breaks_out(lead) && sql_cuts_off(&k->at, tail))
        found(k, RULE_SQL_CONDITION);
}

static void judge_condition(struct condition *k)
{
    struct sql_cursor *c = &k->at;
    sql_skip(c, SQL_NOT);
    size_t from = sql_peek(c).from;
    enum sql_value left = sql_value(c);
    struct str left_text = str_of(c->text.at + from, c->at > from ? c->at - from : 0);
    if (left == VALUE_NONE)
        return;
    sql_skip(c, SQL_CLOSE);
    struct sql_cursor ahead = *c;
    struct sql_token t = sql_next(&ahead);
    if (t.kind == SQL_NOT)
        t = sql_next(&ahead);
    if (t.kind != SQL_COMPARE) {
        judge_alone(k, left);
        return;
    }
    *c = ahead;
    judge_comparison(k, left, left_text, t);
}

/* "and": of a document in JSON. */
static bool is_member(struct str s, size_t from, size_t end)
{
    return from && end + 1 < s.len && s.at[from - 1] == '"' && s.at[end] == '"' && s.at[end + 1] == ':';
}

void attack_sql_logic(struct attack_look *l, size_t from, size_t end)
{
    bool is_sign = !ascii_is_letter(l->text.at[from]);
    struct condition k = { .look = l, .before = sql_before(l, from), .at = sql_at(l, end), .from = from };
    if ((is_sign && !sql_begins(k.before.lead)) || is_member(l->text, from, end))
        return;
    enum sql_kind next = sql_peek(&k.at).kind;
    if ((next == SQL_NAME || next == SQL_FUNCTION) && k.before.lead < LEAD_NUMBER)
        return; /* as in any sentence */
    if (str_eq_nocase(str_of(l->text.at + from, end - from), STR("rlike")) ||
        str_eq_nocase(str_of(l->text.at + from, end - from), STR("regexp"))) {
        enum sql_value v = sql_value(&k.at);
        if (((v == VALUE_SELECT || v == VALUE_SLOW || v == VALUE_FUNCTION) && sql_begins(k.before.lead)) ||
            (sql_is_constant(v) && k.before.lead == LEAD_QUOTE && (sql_ends(sql_peek(&k.at)) || sql_peek(&k.at).kind == SQL_LOGIC)))
            found(&k, RULE_SQL_CONDITION);
        return;
    }
    judge_condition(&k);
    if (k.at.has_evil)
        found(&k, RULE_SQL_RUN_COMMENT);
    if (!k.at.has_comment || k.before.lead == LEAD_NAME)
        return;
    struct sql_cursor c = sql_at(l, end);
    if (sql_value(&c) != VALUE_NONE && sql_peek(&c).kind == SQL_COMPARE)
        found(&k, RULE_SQL_COMMENTED);
}

/* ---- a quote, then what ends or goes on with a statement ---- */

/* Is what is joined to the end of a string all that there is, or followed by a condition? */
static bool goes_on(const struct sql_cursor *c, enum sql_value v, struct sql_token tail, size_t from)
{
    struct sql_cursor ahead = *c;
    if (tail.kind == SQL_LOGIC || tail.kind == SQL_COMPARE) {
        sql_next(&ahead);
        enum sql_value more = sql_value(&ahead);
        bool is_sign = tail.kind == SQL_COMPARE && !ascii_is_letter(c->text.at[tail.from]);
        struct sql_token next = sql_peek(&ahead);
        if (!sql_is_constant(more) || next.kind == SQL_NAME || next.kind == SQL_COMMA)
            return false;
        if (v == VALUE_VARIABLE || v == VALUE_FUNCTION)
            return more != VALUE_STRING;
        return sql_is_constant(v) ? more != VALUE_STRING || sql_ends(next) : !is_sign && is_open_end(&ahead, more);
    }
    return sql_is_constant(v) && (sql_cuts_off(c, tail) || (sql_ends(tail) && from <= BEHIND_MAX && (v != VALUE_OPEN_STRING || is_open_end(c, v))));
}

/* begin …, if …, while … with a statement soon */
static bool is_block(const struct sql_cursor *c, struct sql_token first)
{
    struct sql_cursor ahead = *c;
    if (sql_is_word_of(sql_text(c, first), "desc describe show use"))
        return sql_next(&ahead).kind == SQL_NAME && sql_ends(sql_peek(&ahead));
    if (!sql_is_word_of(sql_text(c, first), "begin if while"))
        return false;
    for (int i = 0; i < 8; i++) {
        enum sql_kind kind = sql_next(&ahead).kind;
        if (kind == SQL_STATEMENT || kind == SQL_VARIABLE)
            return true;
    }
    return false;
}

/* '=' and like 'x need nothing behind them; an operator needs a value in its string. */
static bool is_joined(const struct sql_cursor *c, struct sql_token sign, enum sql_value v)
{
    return sign.kind == SQL_COMPARE ? v != VALUE_CONST : is_open_end(c, v);
}

/* $("div"): the quote opens what a call is given, and the same one before a parenthesis closes it. */
static bool is_given(struct str s, size_t quote)
{
    if (quote < 2 || s.at[quote - 1] != '(' || !(ascii_is_word(s.at[quote - 2]) || s.at[quote - 2] == '$'))
        return false;
    const char *end = memchr(s.at + quote + 1, s.at[quote], s.len - quote - 1 < BEHIND_MAX ? s.len - quote - 1 : BEHIND_MAX);
    return end && end + 1 < s.at + s.len && end[1] == ')';
}

void attack_sql_break(struct attack_look *l, size_t at)
{
    struct sql_before before = sql_before(l, at);
    if (before.lead != LEAD_QUOTE || is_given(l->text, before.from - 1))
        return;
    struct str behind = str_from(l->text, at);
    struct sql_cursor c = sql_at(l, at);
    struct sql_token t = sql_next(&c);
    if (t.kind == SQL_COMMENT) {
        bool is_hash = *behind.at == '#';
        struct str rest = str_from(behind, is_hash ? 1 : 2);
        if (sql_is_bare(rest))
            attack_note(l, rest.len && (is_hash || *rest.at == '\'' || *rest.at == '"') ? RULE_SQL_HALF : RULE_SQL_CUT_OFF, before.from, c.at);
        return;
    }
    if (t.kind == SQL_SEMICOLON) {
        struct sql_token next = sql_next(&c);
        if (next.kind == SQL_COMMENT || next.kind == SQL_STATEMENT || is_block(&c, next))
            attack_note(l, next.kind == SQL_COMMENT || is_block(&c, next) ? RULE_SQL_CUT_OFF : RULE_SQL_HALF, before.from, c.at);
        return;
    }
    if (t.kind == SQL_SELECT) {
        if (sql_is_query(&c))
            attack_note(l, RULE_SQL_SUBSELECT, before.from, c.at);
        return;
    }
    if (t.kind == SQL_STATEMENT) {
        if (sql_is_statement(&c, sql_text(&c, t)))
            attack_note(l, RULE_SQL_STACKED, before.from, c.at);
        return;
    }
    if (t.kind != SQL_OPERATOR && t.kind != SQL_COMPARE && t.kind != SQL_LOGIC && t.kind != SQL_NOT && t.kind != SQL_COLLATE)
        return;
    if (t.kind == SQL_NOT || str_eq_nocase(sql_text(&c, t), STR("sounds")))
        t = sql_next(&c);
    bool joins = str_eq(sql_text(&c, t), STR("||"));
    sql_skip(&c, SQL_NOT);
    enum sql_value v = sql_value(&c);
    struct sql_token tail = sql_peek(&c);
    if (v == VALUE_SELECT || v == VALUE_SLOW)
        attack_note(l, RULE_SQL_SUBSELECT, before.from, c.at);
    else if (v == VALUE_FUNCTION && (joins || sql_ends(tail) || tail.kind == SQL_OPERATOR))
        attack_note(l, RULE_SQL_JOINED, before.from, c.at);
    else if (v == VALUE_NAME && sql_cuts_off(&c, tail))
        attack_note(l, RULE_SQL_JOINED, before.from, c.at);
    else if (v != VALUE_NONE && goes_on(&c, v, tail, before.from))
        attack_note(l,
                    joins || !sql_ends(tail) || sql_cuts_off(&c, tail) || is_joined(&c, t, v) ? RULE_SQL_JOINED : RULE_SQL_HALF,
                    before.from, c.at);
}
