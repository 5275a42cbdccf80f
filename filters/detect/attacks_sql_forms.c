/* attacks_sql_forms.c - forms of SQL that several grammars know: statements, queries, lists; and a text that is one as a whole. */
#include "filters/detect/attacks_sql.h"

enum { BEHIND_MAX = 24, WORD_MAX = 3 };

size_t sql_word_end(const struct attack_look *l, size_t to)
{
    return to && !ascii_is_word(l->text.at[to - 1]) ? to - 1 : to;
}
size_t sql_word_begin(const struct attack_look *l, size_t end)
{
    while (end && ascii_is_word(l->text.at[end - 1]) && !ascii_is_digit(l->text.at[end - 1]))
        end--;
    return end;
}

void sql_skip(struct sql_cursor *c, enum sql_kind kind)
{
    struct sql_cursor ahead = *c;
    while (sql_next(&ahead).kind == kind)
        *c = ahead;
}

bool sql_is_bare(struct str s)
{
    size_t letters = 0;
    for (size_t i = 0; i < s.len && i <= BEHIND_MAX; i++)
        letters += ascii_is_letter(s.at[i]);
    return letters <= WORD_MAX && s.len <= BEHIND_MAX;
}

bool sql_cuts_off(const struct sql_cursor *c, struct sql_token t)
{
    return t.kind == SQL_COMMENT && sql_is_bare(str_from(c->text, t.from));
}

bool sql_is_word_of(struct str word, const char *list)
{
    while (*list) {
        size_t n = strcspn(list, " ");
        if (n == word.len && str_eq_nocase(str_of(list, n), word))
            return true;
        list += n + (list[n] == ' ');
    }
    return false;
}

/* ---- forms ---- */

bool sql_is_list(struct sql_cursor *c, bool begun)
{
    struct sql_token t = sql_peek(c);
    if (t.kind == SQL_OPERATOR && c->text.at[t.from] == '*')
        return true;
    size_t from = t.from;
    enum sql_value v = sql_value(c);
    if (v == VALUE_NONE)
        return t.kind == SQL_FROM || (begun && sql_ends(t));
    if (v != VALUE_NAME)
        return true;
    struct str name = str_of(c->text.at + from, c->at - from);
    struct sql_token tail = sql_peek(c);
    return tail.kind == SQL_COMMA || tail.kind == SQL_FROM || tail.kind == SQL_COMMENT || tail.kind == SQL_CLOSE ||
           (begun && tail.kind != SQL_NAME) ||
           str_has(name, '.') || str_has(name, '_');
}

struct form {
    struct str word;
    const char *first, *second; /* kinds or words that must follow: words parted by blanks; NULL: nothing, "*": a name */
};

static bool fits(struct sql_cursor *c, const char *what)
{
    struct sql_token t = sql_next(c);
    if (!what)
        return true;
    if (*what == '*')
        return t.kind == SQL_NAME || t.kind == SQL_FUNCTION || t.kind == SQL_VARIABLE || t.kind == SQL_STRING;
    return t.kind != SQL_END && sql_is_word_of(sql_text(c, t), what);
}

/* drop staff -- */
static bool is_cut_short(const struct sql_cursor *c)
{
    struct sql_cursor ahead = *c;
    return sql_next(&ahead).kind == SQL_NAME && sql_cuts_off(&ahead, sql_peek(&ahead));
}

bool sql_is_statement(struct sql_cursor *c, struct str word)
{
    static const char objects[] = "table database view user index procedure function schema role login trigger column "
                                  "sequence type tablespace rule aggregate temporary temp or if extension";
    static const struct form FORMS[] = {
        { STR_INIT("drop"), objects, "*" },          { STR_INIT("create"), objects, "*" },
        { STR_INIT("alter"), objects, "*" },         { STR_INIT("truncate"), "table", "*" },
        { STR_INIT("delete"), "from", "*" },         { STR_INIT("insert"), "into ignore", "*" },
        { STR_INIT("replace"), "into", "*" },        { STR_INIT("merge"), "into", "*" },
        { STR_INIT("waitfor"), "delay time", NULL }, { STR_INIT("grant"), "all select insert create alter execute dba", NULL },
        { STR_INIT("load"), "data xml", "local infile concurrent low_priority" }, { STR_INIT("rename"), "table", "*" },
        { STR_INIT("backup"), "database log", "*" }, { STR_INIT("handler"), "*", "open" },
        { STR_INIT("revoke"), "all select insert", NULL },
    };
    *c->work -= *c->work > 4 * ATTACK_TOLL ? 4 * ATTACK_TOLL : *c->work;
    for (size_t i = 0; i < ARRAY_LEN(FORMS); i++)
        if (str_eq_nocase(word, FORMS[i].word))
            return is_cut_short(c) || (fits(c, FORMS[i].first) && (!FORMS[i].second || fits(c, FORMS[i].second)));
    struct sql_token t = sql_next(c);
    if (str_eq_nocase(word, STR("update")))
        return t.kind == SQL_NAME && sql_is_word_of(sql_text(c, sql_next(c)), "set");
    if (str_eq_nocase(word, STR("declare")))
        return t.kind == SQL_VARIABLE;
    if (str_eq_nocase(word, STR("set")))
        return t.kind == SQL_VARIABLE && sql_next(c).kind == SQL_COMPARE;
    if (str_eq_nocase(word, STR("shutdown")))
        return sql_ends(t) || t.kind == SQL_NAME;
    if (str_eq_nocase(word, STR("select")))
        return t.kind != SQL_NAME || sql_peek(c).kind == SQL_OPEN || sql_peek(c).kind == SQL_FROM || sql_peek(c).kind == SQL_COMMA;
    if (sql_is_word_of(word, "exec execute call"))
        return (t.kind == SQL_OPEN && !sql_ends(sql_peek(c))) || ((t.kind == SQL_NAME || t.kind == SQL_VARIABLE) &&
                                      (sql_peek(c).kind == SQL_DOT || str_has(sql_text(c, t), '_') || sql_ends(sql_peek(c)) ||
                                       sql_peek(c).kind == SQL_STRING || sql_peek(c).kind == SQL_OPEN));
    return sql_is_word_of(word, "begin") && (t.kind == SQL_STATEMENT || t.kind == SQL_NAME) && sql_peek(c).kind == SQL_DOT;
}

bool sql_is_query(struct sql_cursor *c)
{
    sql_skip(c, SQL_ALL);
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
        if (sql_ends(next))
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
        has_sign |= c->has_comment || str_has(table, '.') || str_has(table, '_') || v > VALUE_NAME;
        if (tail.kind == SQL_CLAUSE) {
            sql_value(c);
            has_sign |= sql_peek(c).kind == SQL_COMPARE || sql_peek(c).kind == SQL_NUMBER;
        }
        return (has_sign && (sql_ends(tail) || tail.kind == SQL_CLAUSE || tail.kind == SQL_COMMA || tail.kind == SQL_UNION)) ||
               tail.kind == SQL_COMMENT || tail.kind == SQL_SEMICOLON;
    }
    return false;
}

/* ---- the whole of a text ---- */

struct counts {
    unsigned tokens, names, strong, conditions, signs, stars, calls, values;
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
            n.has_comment = c->text.at[t.from] != '-' || sql_cuts_off(c, t); /* a dash may go on with prose */
            break;
        }
        bool is_name = t.kind == SQL_NAME || (t.kind == SQL_STATEMENT && n.tokens);
        n.is_prose |= (is_name && (before == SQL_NAME || before == SQL_NUMBER || before == SQL_CLOSE)) || t.kind == SQL_OTHER ||
                      (t.kind == SQL_NUMBER && before == SQL_NAME);
        n.names += is_name;
        n.signs += t.kind >= SQL_COMMA && t.kind <= SQL_COMPARE && t.kind != SQL_DOT;
        n.stars += t.kind == SQL_OPERATOR && c->text.at[t.from] == '*';
        n.strong += t.kind == SQL_SELECT || t.kind == SQL_UNION || (t.kind == SQL_OPEN && before == SQL_SLOW);
        n.conditions += t.kind == SQL_LOGIC;
        n.calls += t.kind == SQL_OPEN && (before == SQL_FUNCTION || before == SQL_SLOW);
        n.values += t.kind == SQL_STRING || t.kind == SQL_VARIABLE || t.kind == SQL_PREFIX;
        before = is_name ? SQL_NAME : t.kind;
    }
    return n;
}

static bool has_sign(const struct sql_cursor *c, size_t from)
{
    for (size_t i = from; i < c->stop; i++)
        if (attack_is_any(c->text.at[i], "_.(@;='"))
            return true;
    return false;
}

/* '-' and ' or ': what joins two strings, and nothing else. In "and" somebody looks for a word. */
static bool is_joint(const struct sql_cursor *begin)
{
    struct sql_cursor c = *begin;
    struct str s = str_from(c.text, c.at);
    if (s.len < 3 || s.len > BEHIND_MAX || *s.at != '\'' || s.at[s.len - 1] != '\'')
        return false;
    c.at++;
    c.stop = c.text.len - 1;
    struct sql_token t = sql_next(&c), next = sql_next(&c);
    if (t.kind == SQL_NOT)
        t = next, next = sql_next(&c);
    return (t.kind == SQL_OPERATOR || t.kind == SQL_COMPARE || t.kind == SQL_LOGIC) && next.kind == SQL_END;
}

void attack_sql_whole(struct attack_look *l, struct str s, size_t from)
{
    struct sql_cursor begin = sql_at(l, from), c;
    begin.text = s;
    begin.stop = begin.stop < s.len ? begin.stop : s.len;
    c = begin;
    if (is_joint(&begin))
        attack_note(l, RULE_SQL_JOINED, from, s.len);
    struct sql_token first = sql_peek(&c);
    while (first.kind == SQL_OPEN) {
        sql_next(&c);
        first = sql_peek(&c);
    }
    if (first.kind == SQL_SELECT || first.kind == SQL_STATEMENT) {
        struct sql_cursor ahead = c;
        struct str word = sql_text(&ahead, sql_next(&ahead));
        bool is = first.kind == SQL_SELECT ? sql_is_query(&ahead) : sql_is_statement(&ahead, word);
        enum sql_kind next = sql_peek(&ahead).kind;
        if (first.kind == SQL_STATEMENT && sql_is_word_of(word, "exec execute call shutdown begin create") && !has_sign(&ahead, first.from))
            is = false; /* two words */
        bool goes_on = next == SQL_NAME || next == SQL_NUMBER || next == SQL_LOGIC || next == SQL_FUNCTION; /* drop table tennis and … */
        if (is && (first.kind == SQL_SELECT || str_eq_nocase(word, STR("declare")) || !goes_on))
            attack_note(l, first.kind == SQL_SELECT ? RULE_SQL_QUERY : RULE_SQL_COMMAND, first.from, ahead.at);
    }
    if (first.kind == SQL_NAME || s.len - from > SQL_WINDOW_BYTES)
        return;
    c = begin;
    struct counts n = count_tokens(&c);
    if (n.is_prose || n.tokens < 2)
        return;
    if (n.has_comment && (n.strong || n.calls || n.conditions > 0) && n.signs)
        attack_note(l, RULE_SQL_COMMENTED, from, c.at);
    else if (n.has_comment && !n.names && n.values && n.signs >= 2)
        attack_note(l, RULE_SQL_COMMENTED, from, c.at);
    else if ((n.strong && (n.calls || n.signs + n.stars >= 2)) || (n.calls >= 2 && !n.names))
        attack_note(l, RULE_SQL_EXPRESSION, from, c.at);
    else if (c.has_evil)
        attack_note(l, RULE_SQL_RUN_COMMENT, from, c.at);
}
