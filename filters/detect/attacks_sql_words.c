/* attacks_sql_words.c - what begins with a word of SQL: union, statements, order by, sub-queries, calls. */
#include "filters/detect/attacks_sql.h"

/* ---- union select ---- */

void attack_sql_union(struct attack_look *l, size_t to)
{
    size_t end = sql_word_end(l, to), from = sql_word_begin(l, end);
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
        bool cut_off = sql_ends(t) && before.lead != LEAD_NAME && (before.has_comment || t.kind == SQL_COMMENT);
        if (is_union && (cut_off || (c.has_evil && before.lead != LEAD_NAME)))
            attack_note(l, RULE_SQL_UNION, from, c.at);
        return;
    }
    bool has_comment = before.has_comment || c.has_comment;
    while (sql_peek(&c).kind == SQL_ALL)
        sql_next(&c);
    if (c.has_evil)
        attack_note(l, RULE_SQL_RUN_COMMENT, from, c.at);
    else if (sql_is_list(&c, before.lead != LEAD_NAME || before.is_first) || has_comment)
        attack_note(l, before.lead == LEAD_NAME && !before.same_line && !has_comment ? RULE_SQL_UNION_LINE : RULE_SQL_UNION, from, c.at);
}

/* ---- ; drop table ---- */

void attack_sql_statement(struct attack_look *l, size_t to)
{
    size_t end = sql_word_end(l, to), from = sql_word_begin(l, end), at = from;
    struct sql_cursor c = sql_at(l, end);
    struct str word = str_of(l->text.at + from, end - from);
    if (!sql_is_statement(&c, word))
        return;
    while (at && l->text.at[at - 1] != ';')
        at--;
    struct sql_before before = sql_before(l, at ? at - 1 : 0);
    bool same_line = !memchr(l->text.at + at, '\n', from - at);
    bool is_cut = same_line && sql_cuts_off(&c, sql_peek(&c));
    attack_note(l, sql_begins(before.lead) || (same_line && before.is_first) || is_cut ? RULE_SQL_STACKED
                   : same_line                                   ? RULE_SQL_STACKED_HERE
                                                                 : RULE_SQL_SCRIPT,
                from, c.at);
}

/* ---- order by 3, group by x having ---- */

void attack_sql_order(struct attack_look *l, size_t to)
{
    size_t end = sql_word_end(l, to), from = sql_word_begin(l, end);
    struct sql_cursor c = sql_at(l, end);
    while (from && !(ascii_lower(l->text.at[from]) == 'o' && ascii_lower(l->text.at[from + 1]) == 'r') &&
           !(ascii_lower(l->text.at[from]) == 'g' && ascii_lower(l->text.at[from + 1]) == 'r') && end - from < 64)
        from--;
    struct sql_before before = sql_before(l, from);
    if (before.lead == LEAD_NAME || before.lead == LEAD_EVEN)
        return;
    enum sql_value v = sql_value(&c);
    bool slow = v == VALUE_SLOW || v == VALUE_SELECT || (v == VALUE_FUNCTION && before.lead != LEAD_START);
    while (v != VALUE_NONE && sql_peek(&c).kind == SQL_COMMA) {
        sql_next(&c);
        v = sql_value(&c);
        slow |= v == VALUE_SLOW || v == VALUE_SELECT;
    }
    struct sql_token tail = sql_peek(&c);
    bool counts = v == VALUE_CONST ? before.lead != LEAD_START || !before.from : before.lead == LEAD_QUOTE;
    if (slow || tail.kind == SQL_COMMENT || (sql_ends(tail) && counts))
        attack_note(l, RULE_SQL_ORDER, from, c.at);
}

/* ---- (select …) where a value was expected ---- */

void attack_sql_select(struct attack_look *l, size_t from, size_t end)
{
    struct sql_cursor c = sql_at(l, end);
    while (from && (l->text.at[from - 1] == '(' || attack_is_space(l->text.at[from - 1])))
        from--;
    sql_skip(&c, SQL_ALL);
    if (!sql_is_list(&c, false))
        return;
    struct sql_before before = sql_before(l, from);
    char b = from ? l->text.at[from - 1] : '\0';
    if ((before.lead == LEAD_START && before.from == 0) || (before.lead == LEAD_QUOTE && before.from == from))
        attack_note(l, RULE_SQL_SUBSELECT, from, c.at);
    else if (b && attack_is_any(b, "-+*/|^&%!<>=,~")) {
        struct sql_before sign = sql_before(l, from - 1 - (from > 1 && attack_is_any(l->text.at[from - 2], "|&<>!=")));
        attack_note(l, sql_begins(sign.lead) || sign.is_first ? RULE_SQL_SUBSELECT : RULE_SQL_SELECT, from, c.at);
    } else
        attack_note(l, RULE_SQL_SELECT, from, c.at);
}

/* ---- functions that tell by their errors ---- */

/* What is told stands in the call. */
void attack_sql_errors(struct attack_look *l, size_t to)
{
    enum { CALL_MAX = 96 };
    static const struct str told[] = { STR_INIT("concat"), STR_INIT("table_name"), STR_INIT("column_name"), STR_INIT("schema_name"), STR_INIT("user"),
                                       STR_INIT("password"), STR_INIT("0x") };
    struct str call = str_first(str_from(l->text, to), CALL_MAX);
    call = str_first(call, str_find(call, ';'));
    call = str_first(call, str_find(call, '\n'));
    attack_pay(l, ATTACK_TOLL + 4 * call.len);
    for (size_t at = 0; at < call.len; at++)
        for (size_t i = 0; i < ARRAY_LEN(told); i++)
            if (ascii_lower(call.at[at]) == *told[i].at && str_starts_nocase(str_from(call, at), told[i])) {
                attack_note(l, RULE_SQL_ERRORS, to, to + at);
                return;
            }
}

/* ---- functions that wait or read files ---- */

/* select f(…), also with parentheses between */
static bool is_behind_select(const struct attack_look *l, size_t at)
{
    while (at && (attack_is_space(l->text.at[at - 1]) || l->text.at[at - 1] == '('))
        at--;
    return at >= 6 && str_eq_nocase(str_of(l->text.at + at - 6, 6), STR("select"));
}

void attack_sql_call(struct attack_look *l, size_t to)
{
    size_t end = to;
    while (end && !ascii_is_word(l->text.at[end - 1]))
        end--;
    size_t from = sql_word_begin(l, end);
    struct sql_cursor c = sql_at(l, from);
    if ((from && l->text.at[from - 1] == '.') || sql_value(&c) != VALUE_SLOW)
        return; /* time.sleep(1) is no function of a database */
    bool common = str_eq_nocase(str_of(l->text.at + from, end - from), STR("sleep"));
    struct sql_before before = sql_before(l, from);
    char b = before.from ? l->text.at[before.from - 1] : '\0';
    struct sql_token tail = sql_peek(&c);
    bool signed_ = b && attack_is_any(b, "-+*/|^&%,=;");
    size_t sign = before.from ? before.from - 1 : 0;
    bool breaks = (signed_ && sql_begins(sql_before(l, sign).lead)) || is_behind_select(l, before.from);
    if (!common || breaks || tail.kind == SQL_COMMENT || sql_breaks_out(before.lead))
        attack_note(l, breaks || tail.kind == SQL_COMMENT || sql_begins(before.lead) ? RULE_SQL_SLOW : RULE_SQL_SLOW_NAMED, from, c.at);
}
