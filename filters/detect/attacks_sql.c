/* attacks_sql.c - SQL that goes on where a value should have ended.
 *
 * A word such as `or` says nothing by itself: what makes it an attack is what stands before it (a quote that begins no string here, a
 * number with which a value begins, nothing) and a condition, call or comment behind it. */
#include "filters/detect/attacks_sql.h"

enum { BEHIND_MAX = 24 };

/* A string or number ended elsewhere, or nothing came before. */
static bool breaks_out(enum sql_lead lead)
{
    return lead == LEAD_QUOTE || lead == LEAD_CLOSE;
}
static bool begins(enum sql_lead lead)
{
    return lead >= LEAD_NUMBER;
}
static bool is_constant(enum sql_value v)
{
    return v == VALUE_CONST || v == VALUE_STRING || v == VALUE_OPEN_STRING;
}
static bool ends(struct sql_token t)
{
    return t.kind == SQL_END || t.kind == SQL_COMMENT || t.kind == SQL_SEMICOLON;
}

/* Behind the word that ends before `to`, or that the expression matched with one byte more. */
static size_t word_end(const struct attack_look *l, size_t to)
{
    return to && !attack_is_word(l->text.at[to - 1]) ? to - 1 : to;
}
static size_t word_begin(const struct attack_look *l, size_t end)
{
    while (end && attack_is_word(l->text.at[end - 1]) && !ascii_is_digit(l->text.at[end - 1]))
        end--;
    return end;
}

static void skip(struct sql_cursor *c, enum sql_kind kind)
{
    struct sql_cursor ahead = *c;
    while (sql_next(&ahead).kind == kind)
        *c = ahead;
}

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

/* left CMP right: told by what may be compared there at all. */
static void judge_comparison(struct condition *k, enum sql_value left, struct str left_text, struct sql_token sign)
{
    struct sql_cursor *c = &k->at;
    enum sql_lead lead = k->before.lead;
    skip(c, SQL_NOT);
    struct str word = sql_text(c, sign);
    bool is_word = attack_is_letter(*word.at);
    if (str_eq_nocase(word, STR("sounds")))
        sql_next(c); /* like */
    size_t from = sql_peek(c).from;
    enum sql_value right = sql_value(c);
    struct str right_text = str_of(c->text.at + from, c->at > from ? c->at - from : 0);
    struct sql_token tail = sql_peek(c);
    bool ended = ends(tail) || tail.kind == SQL_LOGIC || tail.kind == SQL_CLOSE || right == VALUE_OPEN_STRING;
    if (right == VALUE_NONE)
        return;
    if (right == VALUE_SLOW || left == VALUE_SLOW || right == VALUE_SELECT || left == VALUE_SELECT) {
        found(k, begins(lead) || is_constant(left) || is_constant(right) ? RULE_SQL_CONDITION : RULE_SQL_COMPARISON);
    } else if (is_constant(left) && is_constant(right)) {
        bool same = left_text.len && str_starts_nocase(right_text, left_text) && !is_word;
        bool strings = left != VALUE_CONST && right != VALUE_CONST;
        if (same || begins(lead) || (lead == LEAD_EVEN && strings) || k->before.has_comment || c->has_comment)
            found(k, begins(lead) || same || strings ? RULE_SQL_TAUTOLOGY : RULE_SQL_COMPARISON);
        else
            found(k, RULE_SQL_ODD);
    } else if (left == VALUE_FUNCTION || right == VALUE_FUNCTION || left == VALUE_CALL || right == VALUE_CALL) {
        bool known = left == VALUE_FUNCTION || right == VALUE_FUNCTION;
        if (begins(lead) && (known || breaks_out(lead)))
            found(k, RULE_SQL_CONDITION);
        else if (known && (is_constant(left) || is_constant(right)))
            found(k, RULE_SQL_ODD);
    } else if (breaks_out(lead) && ended) {
        found(k, RULE_SQL_CONDITION);
    } else if (begins(lead) && (tail.kind == SQL_COMMENT || k->before.has_comment || c->has_comment ||
                                (ended && lead == LEAD_NUMBER && left == VALUE_NAME))) {
        found(k, tail.kind == SQL_COMMENT || c->has_comment ? RULE_SQL_CONDITION : RULE_SQL_COMPARISON);
    }
}

/* A value alone is a condition as well: `or 1`, `or 'x`, `and sleep(5)`. */
static void judge_alone(struct condition *k, enum sql_value value)
{
    enum sql_lead lead = k->before.lead;
    struct sql_token tail = sql_peek(&k->at);
    bool commented = tail.kind == SQL_COMMENT || k->at.has_comment || k->before.has_comment;
    if (value == VALUE_SLOW || value == VALUE_SELECT)
        found(k, begins(lead) || value == VALUE_SLOW ? RULE_SQL_CONDITION : RULE_SQL_COMPARISON);
    else if (value == VALUE_FUNCTION && begins(lead) && (breaks_out(lead) || commented || ends(tail)))
        found(k, breaks_out(lead) || commented || lead == LEAD_NUMBER ? RULE_SQL_CONDITION : RULE_SQL_COMPARISON);
    else if (value == VALUE_VARIABLE && begins(lead))
        found(k, RULE_SQL_CONDITION);
    else if ((value == VALUE_STRING || value == VALUE_OPEN_STRING) && breaks_out(lead) &&
             (ends(tail) || tail.kind == SQL_LOGIC || tail.kind == SQL_CLOSE))
        found(k, commented || k->before.has_comment ? RULE_SQL_CONDITION : RULE_SQL_HALF);
    else if (value == VALUE_CONST && (ends(tail) || tail.kind == SQL_CLOSE || tail.kind == SQL_LOGIC) && begins(lead)) {
        if (commented || (breaks_out(lead) && tail.kind != SQL_SEMICOLON))
            found(k, commented ? RULE_SQL_CONDITION : RULE_SQL_HALF);
    } else if (value == VALUE_NAME && breaks_out(lead) && tail.kind == SQL_COMMENT)
        found(k, RULE_SQL_CONDITION);
}

static void judge_condition(struct condition *k)
{
    struct sql_cursor *c = &k->at;
    skip(c, SQL_NOT);
    size_t from = sql_peek(c).from;
    enum sql_value left = sql_value(c);
    struct str left_text = str_of(c->text.at + from, c->at > from ? c->at - from : 0);
    if (left == VALUE_NONE)
        return;
    skip(c, SQL_CLOSE);
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

void attack_sql_logic(struct attack_look *l, size_t from, size_t end)
{
    bool is_sign = !attack_is_letter(l->text.at[from]);
    struct condition k = { .look = l, .before = sql_before(l, from), .at = sql_at(l, end), .from = from };
    if (is_sign && !begins(k.before.lead))
        return;
    enum sql_kind next = sql_peek(&k.at).kind;
    if ((next == SQL_NAME || next == SQL_FUNCTION) && k.before.lead < LEAD_NUMBER)
        return; /* as in any sentence */
    if (str_eq_nocase(str_of(l->text.at + from, end - from), STR("rlike")) ||
        str_eq_nocase(str_of(l->text.at + from, end - from), STR("regexp"))) {
        enum sql_value v = sql_value(&k.at);
        if ((v == VALUE_SELECT || v == VALUE_SLOW || v == VALUE_FUNCTION) && begins(k.before.lead))
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

/* ---- union select ---- */

static bool is_list_of_values(struct sql_cursor *c, bool begun)
{
    struct sql_token t = sql_peek(c);
    if (t.kind == SQL_OPERATOR && c->text.at[t.from] == '*')
        return true;
    size_t from = t.from;
    enum sql_value v = sql_value(c);
    if (v == VALUE_NONE)
        return t.kind == SQL_FROM || (begun && ends(t));
    if (v != VALUE_NAME)
        return true;
    struct str name = str_of(c->text.at + from, c->at - from);
    struct sql_token tail = sql_peek(c);
    return tail.kind == SQL_COMMA || tail.kind == SQL_FROM || tail.kind == SQL_COMMENT || tail.kind == SQL_CLOSE || begun ||
           str_has(name, '.') || str_has(name, '_');
}

void attack_sql_union(struct attack_look *l, size_t to)
{
    size_t end = word_end(l, to), from = word_begin(l, end);
    struct sql_before before = sql_before(l, from);
    struct sql_cursor c = sql_at(l, end);
    struct sql_token t = sql_next(&c);
    bool is_union = end - from == 5;
    while (t.kind == SQL_ALL || t.kind == SQL_OPEN)
        t = sql_next(&c);
    if (t.kind == SQL_NAME && is_union && c.has_comment == false && str_starts_nocase(sql_text(&c, t), STR("select")) &&
        sql_peek(&c).kind == SQL_OPEN) {
        attack_note(l, RULE_SQL_UNION, from, c.at); /* a filter took the blank out */
        return;
    }
    if (t.kind != SQL_SELECT) {
        bool cut_off = ends(t) && before.lead != LEAD_NAME && (before.has_comment || t.kind == SQL_COMMENT);
        if (is_union && (cut_off || (c.has_evil && before.lead != LEAD_NAME)))
            attack_note(l, RULE_SQL_UNION, from, c.at);
        return;
    }
    bool has_comment = before.has_comment || c.has_comment;
    while (sql_peek(&c).kind == SQL_ALL)
        sql_next(&c);
    if (c.has_evil)
        attack_note(l, RULE_SQL_RUN_COMMENT, from, c.at);
    else if (is_list_of_values(&c, before.lead != LEAD_NAME) || has_comment)
        attack_note(l, before.lead == LEAD_NAME && !before.same_line && !has_comment ? RULE_SQL_UNION_LINE : RULE_SQL_UNION, from, c.at);
}

/* ---- ; drop table ---- */

struct form {
    struct str word;
    const char *first, *second; /* kinds or words that must follow: words parted by blanks; NULL: nothing, "*": a name */
};

static bool is_word_of(struct str word, const char *list)
{
    while (*list) {
        size_t n = strcspn(list, " ");
        if (n == word.len && str_eq_nocase(str_of(list, n), word))
            return true;
        list += n + (list[n] == ' ');
    }
    return false;
}

static bool fits(struct sql_cursor *c, const char *what)
{
    struct sql_token t = sql_next(c);
    if (!what)
        return true;
    if (*what == '*')
        return t.kind == SQL_NAME || t.kind == SQL_FUNCTION || t.kind == SQL_VARIABLE || t.kind == SQL_STRING;
    return t.kind != SQL_END && is_word_of(sql_text(c, t), what);
}

static bool is_statement(struct sql_cursor *c, struct str word)
{
    static const char objects[] = "table database view user index procedure function schema role login trigger column "
                                  "sequence type tablespace rule aggregate temporary temp or if extension";
    static const struct form FORMS[] = {
        { STR_INIT("drop"), objects, "*" },          { STR_INIT("create"), objects, NULL },
        { STR_INIT("alter"), objects, "*" },         { STR_INIT("truncate"), "table", "*" },
        { STR_INIT("delete"), "from", "*" },         { STR_INIT("insert"), "into ignore", "*" },
        { STR_INIT("replace"), "into", "*" },        { STR_INIT("merge"), "into", "*" },
        { STR_INIT("waitfor"), "delay time", NULL }, { STR_INIT("grant"), "all select insert create alter execute dba", NULL },
        { STR_INIT("load"), "data", NULL },          { STR_INIT("rename"), "table", "*" },
        { STR_INIT("backup"), "database log", "*" }, { STR_INIT("handler"), "*", "open" },
        { STR_INIT("revoke"), "all select insert", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(FORMS); i++)
        if (str_eq_nocase(word, FORMS[i].word))
            return fits(c, FORMS[i].first) && (!FORMS[i].second || fits(c, FORMS[i].second));
    struct sql_token t = sql_next(c);
    if (str_eq_nocase(word, STR("update")))
        return t.kind == SQL_NAME && is_word_of(sql_text(c, sql_next(c)), "set");
    if (str_eq_nocase(word, STR("declare")))
        return t.kind == SQL_VARIABLE;
    if (str_eq_nocase(word, STR("set")))
        return t.kind == SQL_VARIABLE && sql_next(c).kind == SQL_COMPARE;
    if (str_eq_nocase(word, STR("shutdown")))
        return ends(t) || t.kind == SQL_NAME;
    if (str_eq_nocase(word, STR("select")))
        return t.kind != SQL_NAME || sql_peek(c).kind == SQL_OPEN || sql_peek(c).kind == SQL_FROM || sql_peek(c).kind == SQL_COMMA;
    if (is_word_of(word, "exec execute call"))
        return t.kind == SQL_OPEN || ((t.kind == SQL_NAME || t.kind == SQL_VARIABLE) &&
                                      (sql_peek(c).kind == SQL_DOT || str_has(sql_text(c, t), '_') || ends(sql_peek(c)) ||
                                       sql_peek(c).kind == SQL_STRING || sql_peek(c).kind == SQL_OPEN));
    return is_word_of(word, "begin") && (t.kind == SQL_STATEMENT || t.kind == SQL_NAME) && sql_peek(c).kind == SQL_DOT;
}

void attack_sql_statement(struct attack_look *l, size_t to)
{
    size_t end = word_end(l, to), from = word_begin(l, end), at = from;
    struct sql_cursor c = sql_at(l, end);
    struct str word = str_of(l->text.at + from, end - from);
    if (!is_statement(&c, word))
        return;
    while (at && l->text.at[at - 1] != ';')
        at--;
    struct sql_before before = sql_before(l, at ? at - 1 : 0);
    bool same_line = !memchr(l->text.at + at, '\n', from - at);
    bool one_word = before.from <= 64;
    for (size_t i = 0; i < before.from && one_word; i++)
        one_word = (attack_is_word(l->text.at[i]) || attack_is_any(l->text.at[i], "-=.?/@"));
    attack_note(l, begins(before.lead) || (same_line && one_word) ? RULE_SQL_STACKED
                   : same_line                                   ? RULE_SQL_STACKED_HERE
                                                                 : RULE_SQL_SCRIPT,
                from, c.at);
}

/* ---- order by 3, group by x having ---- */

void attack_sql_order(struct attack_look *l, size_t to)
{
    size_t end = word_end(l, to), from = word_begin(l, end);
    struct sql_cursor c = sql_at(l, end);
    while (from && !(ascii_lower(l->text.at[from]) == 'o' && ascii_lower(l->text.at[from + 1]) == 'r') &&
           !(ascii_lower(l->text.at[from]) == 'g' && ascii_lower(l->text.at[from + 1]) == 'r') && end - from < 64)
        from--;
    struct sql_before before = sql_before(l, from);
    if (before.lead == LEAD_NAME || before.lead == LEAD_EVEN)
        return;
    enum sql_value v = sql_value(&c);
    bool slow = v == VALUE_SLOW || v == VALUE_SELECT;
    while (v != VALUE_NONE && sql_peek(&c).kind == SQL_COMMA) {
        sql_next(&c);
        v = sql_value(&c);
        slow |= v == VALUE_SLOW || v == VALUE_SELECT;
    }
    struct sql_token tail = sql_peek(&c);
    if (slow || tail.kind == SQL_COMMENT || (ends(tail) && (v == VALUE_CONST ? before.lead != LEAD_START : before.lead == LEAD_QUOTE)))
        attack_note(l, RULE_SQL_ORDER, from, c.at);
}

/* ---- (select …) where a value was expected ---- */

void attack_sql_select(struct attack_look *l, size_t from, size_t end)
{
    struct sql_cursor c = sql_at(l, end);
    while (from && (l->text.at[from - 1] == '(' || attack_is_space(l->text.at[from - 1])))
        from--;
    skip(&c, SQL_ALL);
    if (!is_list_of_values(&c, false))
        return;
    struct sql_before before = sql_before(l, from);
    char b = from ? l->text.at[from - 1] : '\0';
    if (before.lead == LEAD_START && before.from == 0)
        attack_note(l, RULE_SQL_SUBSELECT, from, c.at);
    else if (b && attack_is_any(b, "-+*/|^&%!<>=,~")) {
        struct sql_before sign = sql_before(l, from - 1 - (from > 1 && attack_is_any(l->text.at[from - 2], "|&<>!=")));
        attack_note(l, begins(sign.lead) ? RULE_SQL_SUBSELECT : RULE_SQL_SELECT, from, c.at);
    } else
        attack_note(l, RULE_SQL_SELECT, from, c.at);
}

/* ---- functions that wait or read files ---- */

void attack_sql_call(struct attack_look *l, size_t to)
{
    size_t end = to;
    while (end && !attack_is_word(l->text.at[end - 1]))
        end--;
    size_t from = word_begin(l, end);
    struct sql_cursor c = sql_at(l, from);
    if (sql_value(&c) != VALUE_SLOW)
        return;
    bool common = str_eq_nocase(str_of(l->text.at + from, end - from), STR("sleep"));
    struct sql_before before = sql_before(l, from);
    char b = before.from ? l->text.at[before.from - 1] : '\0';
    struct sql_token tail = sql_peek(&c);
    bool signed_ = b && attack_is_any(b, "-+*/|^&%,=;");
    size_t sign = before.from ? before.from - 1 : 0;
    bool breaks = signed_ && begins(sql_before(l, sign).lead);
    if (!common || breaks || tail.kind == SQL_COMMENT || breaks_out(before.lead))
        attack_note(l, breaks || tail.kind == SQL_COMMENT || begins(before.lead) ? RULE_SQL_SLOW : RULE_SQL_SLOW_NAMED, from, c.at);
}

/* ---- a quote, then what ends or goes on with a statement ---- */

static bool is_bare_of_words(struct str s)
{
    size_t letters = 0;
    for (size_t i = 0; i < s.len; i++)
        letters += attack_is_letter(s.at[i]);
    return letters <= 8 && s.len <= BEHIND_MAX;
}

void attack_sql_break(struct attack_look *l, size_t at)
{
    struct sql_before before = sql_before(l, at);
    if (before.lead != LEAD_QUOTE)
        return;
    struct str behind = str_from(l->text, at);
    struct sql_cursor c = sql_at(l, at);
    struct sql_token t = sql_next(&c);
    if (t.kind == SQL_COMMENT) {
        struct str rest = str_from(behind, 2);
        if (*behind.at == '#' ? is_bare_of_words(str_from(behind, 1)) : is_bare_of_words(rest))
            attack_note(l, *behind.at == '#' && rest.len ? RULE_SQL_HALF : RULE_SQL_CUT_OFF, before.from, c.at);
        return;
    }
    if (t.kind == SQL_SEMICOLON) {
        struct sql_token next = sql_next(&c);
        if (next.kind == SQL_COMMENT || next.kind == SQL_STATEMENT)
            attack_note(l, next.kind == SQL_COMMENT ? RULE_SQL_CUT_OFF : RULE_SQL_HALF, before.from, c.at);
        return;
    }
    if (t.kind != SQL_OPERATOR && t.kind != SQL_COMPARE && t.kind != SQL_LOGIC)
        return;
    bool joins = str_eq(sql_text(&c, t), STR("||"));
    skip(&c, SQL_NOT);
    enum sql_value v = sql_value(&c);
    struct sql_token tail = sql_peek(&c);
    if (v == VALUE_SELECT || v == VALUE_SLOW)
        attack_note(l, RULE_SQL_SUBSELECT, before.from, c.at);
    else if (v == VALUE_FUNCTION && (joins || ends(tail) || tail.kind == SQL_OPERATOR))
        attack_note(l, RULE_SQL_JOINED, before.from, c.at);
    else if ((v == VALUE_OPEN_STRING || v == VALUE_CONST || v == VALUE_STRING) && (ends(tail) || tail.kind == SQL_COMPARE) &&
             (tail.kind == SQL_COMMENT || before.from <= BEHIND_MAX))
        attack_note(l, joins || t.kind == SQL_COMPARE || tail.kind == SQL_COMMENT || tail.kind == SQL_COMPARE ? RULE_SQL_JOINED
                                                                                                            : RULE_SQL_HALF,
                    before.from, c.at);
    else if (v == VALUE_NAME && tail.kind == SQL_COMMENT)
        attack_note(l, RULE_SQL_JOINED, before.from, c.at);
}

/* ---- the whole of a text ---- */

struct counts {
    unsigned tokens, names, strong, conditions, signs, calls;
    bool has_comment, is_prose;
};

/* Names side by side are no SQL. */
static struct counts count_tokens(struct sql_cursor *c)
{
    struct counts n = { 0 };
    enum sql_kind before = SQL_END;
    for (; n.tokens < 96; n.tokens++) {
        struct sql_token t = sql_next(c);
        if (t.kind == SQL_END)
            break;
        if (t.kind == SQL_COMMENT) {
            n.has_comment = true;
            break;
        }
        bool is_name = t.kind == SQL_NAME || (t.kind == SQL_STATEMENT && n.tokens);
        n.is_prose |= (is_name && (before == SQL_NAME || before == SQL_NUMBER)) || t.kind == SQL_OTHER ||
                      (t.kind == SQL_NUMBER && before == SQL_NAME);
        n.names += is_name;
        n.signs += t.kind >= SQL_COMMA && t.kind <= SQL_OPERATOR;
        n.strong += t.kind == SQL_SELECT || t.kind == SQL_UNION || t.kind == SQL_SLOW;
        n.conditions += t.kind == SQL_LOGIC;
        n.calls += t.kind == SQL_OPEN && (before == SQL_FUNCTION || before == SQL_SLOW);
        before = is_name ? SQL_NAME : t.kind;
    }
    return n;
}

/* select … from … as the whole of a text. */
static bool is_query(struct sql_cursor *c)
{
    skip(c, SQL_ALL);
    if (sql_peek(c).kind == SQL_NUMBER && c->text.len > 0) {
        struct sql_cursor ahead = *c; /* top 1 */
        sql_next(&ahead);
        if (sql_peek(&ahead).kind == SQL_NAME)
            *c = ahead;
    }
    bool has_sign = false;
    for (int i = 0; i < 24; i++) {
        struct sql_token t = sql_peek(c);
        enum sql_value v = VALUE_NONE;
        if (t.kind == SQL_OPERATOR && c->text.at[t.from] == '*') {
            sql_next(c);
            has_sign = true;
        } else if ((v = sql_value(c)) == VALUE_NONE) {
            return false;
        }
        has_sign |= v > VALUE_NAME;
        struct sql_token next = sql_next(c);
        if (next.kind == SQL_CLAUSE && str_eq_nocase(sql_text(c, next), STR("as"))) {
            sql_next(c);
            next = sql_next(c);
        }
        if (ends(next))
            return v >= VALUE_VARIABLE || next.kind == SQL_COMMENT;
        if (next.kind == SQL_CLAUSE && str_eq_nocase(sql_text(c, next), STR("into")))
            return has_sign;
        if (next.kind == SQL_COMMA)
            continue;
        if (next.kind != SQL_FROM)
            return false;
        size_t from = sql_peek(c).from;
        if ((v = sql_value(c)) == VALUE_NONE)
            return false;
        struct str table = str_of(c->text.at + from, c->at - from);
        struct sql_token tail = sql_next(c);
        has_sign |= str_has(table, '.') || str_has(table, '_') || v > VALUE_NAME;
        if (tail.kind == SQL_CLAUSE) {
            sql_value(c);
            has_sign |= sql_peek(c).kind == SQL_COMPARE || sql_peek(c).kind == SQL_NUMBER;
        }
        return (has_sign && (ends(tail) || tail.kind == SQL_CLAUSE || tail.kind == SQL_COMMA || tail.kind == SQL_UNION)) ||
               tail.kind == SQL_COMMENT || tail.kind == SQL_SEMICOLON;
    }
    return false;
}

void attack_sql_whole(struct attack_look *l)
{
    struct sql_cursor c = sql_at(l, 0);
    struct sql_token first = sql_peek(&c);
    while (first.kind == SQL_OPEN) {
        sql_next(&c);
        first = sql_peek(&c);
    }
    if (first.kind == SQL_SELECT || first.kind == SQL_STATEMENT) {
        struct sql_cursor ahead = c;
        struct str word = sql_text(&ahead, sql_next(&ahead));
        bool is = first.kind == SQL_SELECT ? is_query(&ahead) : is_statement(&ahead, word);
        if (is && (first.kind == SQL_SELECT || ends(sql_peek(&ahead)) || sql_peek(&ahead).kind >= SQL_COMMA))
            attack_note(l, first.kind == SQL_SELECT ? RULE_SQL_QUERY : RULE_SQL_COMMAND, first.from, ahead.at);
    }
    if (first.kind == SQL_NAME || l->text.len > SQL_WINDOW_BYTES)
        return;
    c = sql_at(l, 0);
    struct counts n = count_tokens(&c);
    if (n.is_prose || n.tokens < 2)
        return;
    if (n.has_comment && (n.strong || n.calls || n.conditions > 0) && n.signs)
        attack_note(l, RULE_SQL_COMMENTED, 0, c.at);
    else if (n.strong && (n.calls || n.signs >= 2))
        attack_note(l, RULE_SQL_EXPRESSION, 0, c.at);
    else if (c.has_evil)
        attack_note(l, RULE_SQL_RUN_COMMENT, 0, c.at);
}
