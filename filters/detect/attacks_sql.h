/* attacks_sql.h - tokens of SQL, in any dialect, as a database would read them. Private to attacks_sql*.c. */
#ifndef DETECT_ATTACKS_SQL_H
#define DETECT_ATTACKS_SQL_H

#include "filters/detect/attacks_parts.h"

enum sql_kind {
    SQL_END, /* of the text, or of what may be read */
    SQL_NUMBER,
    SQL_STRING,
    SQL_OPEN_STRING, /* goes to the end of the text */
    SQL_VARIABLE,    /* @x @@x */
    SQL_NAME,
    SQL_COMMENT, /* to the end of the text */
    SQL_COMMA,
    SQL_OPEN,
    SQL_CLOSE,
    SQL_SEMICOLON,
    SQL_DOT,
    SQL_COMPARE,  /* = < > != <=> like rlike in is between */
    SQL_OPERATOR, /* + - * / % | & ^ ~ || && ! */
    SQL_OTHER,
    /* words; the table of attacks_sql_words.def */
    SQL_LOGIC,
    SQL_NOT,
    SQL_UNION,
    SQL_ALL, /* all distinct top */
    SQL_SELECT,
    SQL_FROM,
    SQL_CLAUSE,
    SQL_STATEMENT,
    SQL_CONST, /* null true false */
    SQL_FUNCTION,
    SQL_SLOW, /* functions that wait, read files, or tell in their errors */
    SQL_BARE, /* functions that need no parentheses */
    SQL_CASE,
    SQL_PREFIX, /* binary, prior, exists, any, some */
    SQL_COLLATE,
};

struct sql_token {
    enum sql_kind kind;
    size_t from, to;
};

struct sql_cursor {
    struct str text;
    size_t at, stop;    /* reads no byte from `stop` on */
    size_t *work;       /* of the look */
    bool has_comment;   /* one that joined two tokens was passed */
    bool has_evil;      /* one with an exclamation mark, which MySQL runs */
};

enum { SQL_WINDOW_BYTES = 512 };

struct sql_cursor sql_at(struct attack_look *l, size_t at);
struct sql_token sql_next(struct sql_cursor *c);
struct sql_token sql_peek(const struct sql_cursor *c);
bool sql_is_bare_blank(struct str s, size_t at);
static inline struct str sql_text(const struct sql_cursor *c, struct sql_token t)
{
    return str_of(c->text.at + t.from, t.to - t.from);
}

/* A value, with what is put together by operators: the strongest of its parts. */
enum sql_value {
    VALUE_NONE,
    VALUE_NAME,
    VALUE_CONST,
    VALUE_STRING,
    VALUE_OPEN_STRING,
    VALUE_VARIABLE,
    VALUE_CALL,     /* of any function */
    VALUE_FUNCTION, /* of one that databases have */
    VALUE_SELECT,
    VALUE_SLOW,
};
enum sql_value sql_value(struct sql_cursor *c);

/* What stands before a word or sign. */
enum sql_lead {
    LEAD_NAME,   /* or anything else that says nothing */
    LEAD_EVEN,   /* a quote that ends a string */
    LEAD_NUMBER, /* with which a value begins */
    LEAD_START,  /* nothing */
    LEAD_CLOSE,  /* a parenthesis that was not opened here */
    LEAD_QUOTE,  /* one that begins no string here, so that it ended one elsewhere */
};
struct sql_before {
    enum sql_lead lead;
    bool has_comment, same_line;
    bool is_first; /* nothing but a name or number without blanks */
    size_t from;
};
struct sql_before sql_before(struct attack_look *l, size_t at);

/* A string or a parenthesis ended elsewhere; the same, or a value begins here. */
static inline bool sql_breaks_out(enum sql_lead lead)
{
    return lead == LEAD_QUOTE || lead == LEAD_CLOSE;
}
static inline bool sql_begins(enum sql_lead lead)
{
    return lead >= LEAD_NUMBER;
}
static inline bool sql_is_constant(enum sql_value v)
{
    return v == VALUE_CONST || v == VALUE_STRING || v == VALUE_OPEN_STRING;
}
static inline bool sql_ends(struct sql_token t)
{
    return t.kind == SQL_END || t.kind == SQL_COMMENT || t.kind == SQL_SEMICOLON;
}

/* ---- forms ---- */

/* Of the word that an expression matched, perhaps with one byte more: its end, and its beginning. */
size_t sql_word_end(const struct attack_look *l, size_t to);
size_t sql_word_begin(const struct attack_look *l, size_t end);
void sql_skip(struct sql_cursor *c, enum sql_kind kind);
/* Is it one of the words, which blanks part? */
bool sql_is_word_of(struct str word, const char *list);
/* A few signs and letters, no words. */
bool sql_is_bare(struct str s);
/* A comment that hides what follows, not one that says something. */
bool sql_cuts_off(const struct sql_cursor *c, struct sql_token t);
/* Behind `select`: is it a list of values, or a column where SQL has `begun` for sure? */
bool sql_is_list(struct sql_cursor *c, bool begun);
/* Behind the word: does it go on as a statement does? */
bool sql_is_statement(struct sql_cursor *c, struct str word);
/* Behind `select`: values, from, a table, and the end or what else a query has? */
bool sql_is_query(struct sql_cursor *c);

#endif
