/* attacks_shell.c - commands where a shell would run them: behind a separator, in a substitution, or a whole line of them.
 *
 * Many commands are words: find, sort, who. What follows tells them apart (an option, a path, the end), and how closely they stand
 * to the separator. */
#include "filters/detect/attacks_parts.h"

enum { COMMAND_MAX = 24, LOOK_MAX = 64, LINES_MAX_BYTES = 512, ID_MAX = 3, LINE_MAX_BYTES = 120, LIST_MAX_BYTES = 160 };

enum command_kind { COMMAND_NONE, COMMAND_WORD /* of a language, too */, COMMAND_TOOL /* with arguments */, COMMAND_SURE };

static const struct attack_word COMMANDS[] = {
#define COMMAND(word, kind) { word, COMMAND_##kind },
#include "filters/detect/attacks_commands.def"
#undef COMMAND
};

struct command {
    enum command_kind kind;
    bool has_path, is_hidden; /* written with quotes, backslashes or variables within it */
    size_t end;
};

/* White space, also as ${IFS}; where it ends. */
static size_t skip_blanks(struct str s, size_t at)
{
    for (;;) {
        if (at < s.len && (s.at[at] == ' ' || s.at[at] == '\t' || s.at[at] == '\r'))
            at++;
        else if (at == s.len || s.at[at] != '$')
            return at;
        else if (str_starts_nocase(str_from(s, at), STR("${IFS}")))
            at += 6;
        else if (str_starts_nocase(str_from(s, at), STR("$IFS")))
            at += 4 + (at + 5 < s.len && s.at[at + 4] == '$' ? 2 : 0);
        else
            return at;
    }
}

static const bool ENDS[0x80] = { [';'] = true, ['|'] = true, ['&'] = true, ['<'] = true, ['>'] = true, ['('] = true,
                                 [')'] = true, ['{'] = true, ['}'] = true, [','] = true, ['`'] = true, ['#'] = true };

static bool ends_word(char c)
{
    return attack_is_space(c) || ((unsigned char)c < sizeof ENDS && ENDS[(unsigned char)c]);
}

/* /bin/, /usr/bin/, and such with ? and * for letters */
static bool is_program_path(struct str path)
{
    static const struct str parts[] = { STR_INIT("bin/"), STR_INIT("sbin/"), STR_INIT("?n/"), STR_INIT("?\?n/"), STR_INIT("b?n/"),
                                        STR_INIT("bi?/"), STR_INIT("?\?\?/"), STR_INIT("/b*/"), STR_INIT("*n/"), STR_INIT("system32/"),
                                        STR_INIT("./"), STR_INIT("etc/") };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (str_ends(path, parts[i]))
            return true;
    return false;
}

/* Also with a version: python3.10 */
static enum command_kind kind_of(struct str name)
{
    uint8_t kind = attack_word_kind(COMMANDS, ARRAY_LEN(COMMANDS), name);
    if (kind || !name.len || !ascii_is_digit(name.at[name.len - 1]))
        return (enum command_kind)kind;
    while (name.len && (ascii_is_digit(name.at[name.len - 1]) || name.at[name.len - 1] == '.'))
        name.len--;
    return name.len > 2 ? (enum command_kind)attack_word_kind(COMMANDS, ARRAY_LEN(COMMANDS), name) : COMMAND_NONE;
}

/* How long what stands at `at` is that a shell makes nothing of: $@ $* $1 $! $- $_ $$ $? ${x} $() <() >() */
static size_t empty_at(struct str s, size_t at)
{
    struct str rest = str_first(str_from(s, at), LOOK_MAX);
    char next = rest.len > 1 ? rest.at[1] : '\0';
    if (rest.len > 2 && next == '(' && rest.at[2] == ')' && attack_is_any(*rest.at, "$<>"))
        return 3;
    if (*rest.at != '$' || !next)
        return 0;
    if (next == '{' && !str_starts_nocase(rest, STR("${IFS}"))) {
        size_t end = str_find(rest, '}');
        return end < rest.len ? end + 1 : 0;
    }
    return attack_is_any(next, "@*!-_$?") || ascii_is_digit(next) ? 2 : 0;
}

/* The command's name as the shell has it: without quotes, backslashes and empty variables. */
static struct command read_command(struct str s, size_t at)
{
    char room[COMMAND_MAX];
    struct command c = { .kind = COMMAND_NONE };
    size_t n = 0, from = at = skip_blanks(s, at), slash = at;
    for (; at < s.len && at - from < LOOK_MAX; at++) {
        char b = s.at[at];
        if (b == '`' && at + 1 < s.len && s.at[at + 1] == '`' && n) {
            c.is_hidden = true;
            at++;
            continue;
        }
        size_t nothing = n ? empty_at(s, at) : 0;
        if (nothing) {
            c.is_hidden = true;
            at += nothing - 1;
            continue;
        }
        if (ends_word(b))
            break;
        if (b == '$' && str_starts_nocase(str_from(s, at), STR("$IFS")))
            break;
        if (b == '\'' || b == '"' || b == '^' || (b == '\\' && !(at + 1 < s.len && ascii_is_letter(s.at[at + 1]) && !n))) {
            if (b == '\\' && n && at + 1 < s.len && !ascii_is_letter(s.at[at + 1]))
                break;
            bool within = n && at + 1 < s.len && (ascii_is_word(s.at[at + 1]) || s.at[at + 1] == b);
            c.is_hidden |= within;
            if (!within && n)
                break;
            continue;
        }
        if (b == '=' || b == ':')
            return (struct command){ .kind = COMMAND_NONE };
        if (b == '/') {
            slash = at + 1;
            n = 0;
            c.is_hidden = false;
        } else if (n < COMMAND_MAX) {
            room[n++] = ascii_lower(b);
        } else {
            return (struct command){ .kind = COMMAND_NONE };
        }
    }
    struct str path = str_of(s.at + from, slash - from), name = str_of(room, n);
    if (path.len && !is_program_path(path))
        return c;
    bool is_glob = path.len > 1 && n > 1 && attack_is_any(room[n - 1], "?*]");
    static const struct str endings[] = { STR_INIT(".exe"), STR_INIT(".com"), STR_INIT(".bat"), STR_INIT(".") };
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (str_ends(name, endings[i]))
            name.len -= endings[i].len;
    c.kind = is_glob ? COMMAND_SURE : kind_of(name);
    c.has_path = path.len > 1;
    c.end = at;
    return c;
}

enum argument { ARGUMENT_NONE, ARGUMENT_WORD, ARGUMENT_NUMBER, ARGUMENT_SHELL, ARGUMENT_ENDS /* by another sign of the shell */, ARGUMENT_ODD };

static enum argument read_argument(struct str s, size_t end)
{
    if (end >= s.len || s.at[end] == '\n')
        return ARGUMENT_NONE;
    if (s.at[end] == '"' || s.at[end] == '\'')
        return end + 1 >= s.len ? ARGUMENT_NONE : ARGUMENT_ODD;
    size_t at = skip_blanks(s, end);
    if (at >= s.len || s.at[at] == '\n')
        return ARGUMENT_NONE;
    if (attack_is_any(s.at[at], ";|&)`<>#}"))
        return s.at[at] == '#' && at == end ? ARGUMENT_ODD : ARGUMENT_ENDS;
    if (at == end)
        return s.at[end] == ',' || s.at[end] == '(' || s.at[end] == '{' ? ARGUMENT_ODD : ARGUMENT_WORD;
    char b = s.at[at], n = at + 1 < s.len ? s.at[at + 1] : ' ';
    if (attack_is_any(b, "/~$%\\*") || ((b == '-' || b == '.') && !attack_is_space(n)))
        return ARGUMENT_SHELL;
    size_t i = at;
    bool sign = false;
    for (; i < s.len && i - at < LOOK_MAX && !ends_word(s.at[i]); i++)
        sign |= attack_is_any(s.at[i], "/\\=@*") || (s.at[i] == '.' && i + 1 < s.len && ascii_is_word(s.at[i + 1])) || s.at[i] == ':';
    bool number = true;
    for (size_t k = at; k < i; k++)
        number &= ascii_is_digit(s.at[k]);
    return sign ? ARGUMENT_SHELL : number ? ARGUMENT_NUMBER : ARGUMENT_WORD;
}

/* ---- behind separators ---- */

struct place {
    struct attack_look *look;
    size_t from, at; /* of the separator, and behind it */
    bool is_first;   /* nothing is before it but quotes, or a number, address or path */
    bool begins;     /* the same, or a name */
    bool is_bare;    /* nothing but quotes */
    bool is_weak;    /* an ampersand, a line's end */
    bool is_tight;   /* no space behind it; a line's end that was encoded */
};

/* A number or name without blanks is before the separator. */
static bool is_value_before(struct str s, size_t at)
{
    if (at > LOOK_MAX)
        return false;
    for (size_t i = 0; i < at; i++)
        if (attack_is_space(s.at[i]) && i + 1 < at)
            return false;
    return true;
}

static bool is_name(struct str s)
{
    bool is = s.len > 0;
    for (size_t i = 0; is && i < s.len; i++)
        is = ascii_is_letter(s.at[i]) || (unsigned char)s.at[i] >= 0x80;
    return is;
}

/* The ; of &amp; and the | of a table are no separators. */
static bool is_markup(struct str s, size_t at, size_t behind, size_t end)
{
    size_t from = at;
    while (s.at[at] == ';' && from && at - from < 9 && (ascii_is_word(s.at[from - 1]) || s.at[from - 1] == '#'))
        from--;
    if (from < at && from && s.at[from - 1] == '&')
        return true;
    bool is_cell = s.at[at] == '|' && behind == at + 1 && attack_is_space(s.at[behind < s.len ? behind : at]);
    return is_cell && end < s.len && s.at[skip_blanks(s, end) < s.len ? skip_blanks(s, end) : at] == '|' && attack_is_space(s.at[end]);
}

/* Names and the same sign between them, as in `date;type;size` or `| id | name |`: how many; 0: it is no such list. */
static unsigned listed(struct str s, size_t from)
{
    unsigned signs = 0, names = 0;
    char sign = s.at[from], before = sign;
    bool is_table = *s.at == '|' && s.at[s.len - 1] == '|';
    if (s.len > LIST_MAX_BYTES)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        char b = s.at[i];
        if (b == sign && before == sign && !is_table)
            return 0;
        signs += b == sign;
        names += (ascii_is_letter(b) || (unsigned char)b >= 0x80) && before == sign;
        if (b != sign && b != ' ' && !ascii_is_letter(b) && !ascii_is_digit(b) && (unsigned char)b < 0x80)
            return 0;
        before = b == ' ' ? before : b;
    }
    if (is_table) /* its bars say so: a name less is enough */
        return names > 1 ? names + 1 : 0;
    return names == signs + 1 ? names : 0;
}

static void judge_command(const struct place *p)
{
    struct str s = p->look->text;
    struct command c = read_command(s, p->at);
    attack_pay(p->look, (c.kind == COMMAND_NONE ? 5 : 8) * ATTACK_TOLL);
    if (c.kind == COMMAND_NONE || is_markup(s, p->from, p->at, c.end))
        return;
    enum argument a = read_argument(s, c.end);
    bool closes = a == ARGUMENT_NONE || a == ARGUMENT_ENDS;
    bool sure = c.kind == COMMAND_SURE || (c.kind == COMMAND_TOOL && !closes) || c.has_path || c.is_hidden;
    bool shell = a == ARGUMENT_SHELL || (a == ARGUMENT_NUMBER && (sure || p->begins));
    if (a == ARGUMENT_ODD || (p->is_weak && !p->begins && !sure && !shell))
        return;
    size_t argument = skip_blanks(s, c.end);
    if (p->is_weak && !sure && shell && !p->look->form && !attack_is_any(s.at[argument], "/~$%\\*.-0123456789") &&
        (argument + 1 >= s.len || s.at[argument + 1] != ':'))
        return; /* the first word of a line or of a name */
    if (p->is_weak && s.at[p->from] == '&' && p->is_tight && a == ARGUMENT_ENDS && s.at[c.end] == ';' && !c.has_path)
        return; /* an entity */
    if (p->is_weak && !p->begins && p->is_tight && closes && !c.has_path)
        return; /* a parameter */
    /* one of a list of names, which has three where the word is short */
    if (!sure && closes && listed(s, p->from) > (c.kind == COMMAND_WORD && c.end - p->at <= ID_MAX ? 2 : 1))
        return;
    bool alone = p->is_bare && p->is_tight && !p->is_weak && a == ARGUMENT_WORD && !memchr(s.at + c.end, s.at[p->from], s.len - c.end);
    if ((sure && (shell || closes || p->is_tight)) || shell || alone || (closes && p->begins && (p->is_tight || p->is_bare)))
        attack_note(p->look, RULE_SHELL_COMMAND, p->from, c.end);
    else if (sure && p->is_first && !p->is_weak)
        attack_note(p->look, RULE_SHELL_COMMAND, p->from, c.end);
    else if ((sure && p->begins) || (closes && p->is_tight))
        attack_note(p->look, RULE_SHELL_PERHAPS, p->from, c.end);
}

/* cat file): blanks, and no sign of a call or a sentence before the parenthesis closes. */
static bool is_closed(struct str s, size_t at)
{
    size_t stop = at + LOOK_MAX < s.len ? at + LOOK_MAX : s.len;
    while (at < stop && (ascii_is_word(s.at[at]) || attack_is_any(s.at[at], " ./*-")))
        at++;
    return at < stop && s.at[at] == ')';
}

/* $( and the like: what is in them runs. */
static void judge_substitution(struct attack_look *l, size_t from, size_t at)
{
    struct command c = read_command(l->text, at);
    enum argument a = c.kind != COMMAND_NONE ? read_argument(l->text, c.end) : ARGUMENT_ODD;
    attack_pay(l, (c.kind == COMMAND_NONE ? 5 : 8) * ATTACK_TOLL);
    bool closed = l->text.at[from] != '`' && is_closed(l->text, c.end);
    if (a == ARGUMENT_SHELL || a == ARGUMENT_ENDS || a == ARGUMENT_NUMBER || (a == ARGUMENT_WORD && (c.kind >= COMMAND_TOOL || closed)))
        attack_note(l, RULE_SHELL_SUBSTITUTION, from, c.end);
}

void attack_shell_substitution(struct attack_look *l, size_t at)
{
    if (at + 1 < l->text.len && l->text.at[at + 1] == '(')
        judge_substitution(l, at, at + 2);
}

/* `…` is Markdown as well: there it stands between blanks. */
void attack_shell_tick(struct attack_look *l, size_t at)
{
    struct str s = l->text;
    size_t end = at + 1;
    if (at < l->tick_end)
        return;
    while (end < s.len && end - at < 200 && s.at[end] != '`' && s.at[end] != '\n')
        end++;
    if (end >= s.len || s.at[end] != '`' || end == at + 1)
        return;
    bool whole = at == 0 && (end + 1 == s.len || !attack_is_space(s.at[end + 1]));
    bool in_value = at && (attack_is_any(s.at[at - 1], "=;|&'\"?{") || ascii_is_word(s.at[at - 1]));
    bool in_text = at && attack_is_any(s.at[at - 1], "/,(") && !memchr(s.at + at, ' ', end - at);
    if (whole || in_value || in_text)
        judge_substitution(l, at, at + 1);
    l->tick_end = end + 1;
}

void attack_shell_separator(struct attack_look *l, size_t at)
{
    struct str s = l->text;
    char b = s.at[at];
    size_t behind = at + 1;
    bool is_line = b == '\n' || b == '\r';
    if ((at && s.at[at - 1] == b) || (is_line && s.len > LINES_MAX_BYTES))
        return;
    while (behind < s.len && (s.at[behind] == b || (is_line && attack_is_space(s.at[behind]))))
        behind++;
    while (behind < s.len && s.at[behind] == '+') /* a blank of an address */
        behind++;
    size_t name = skip_blanks(s, behind);
    if (name == s.len || !(ascii_is_letter(s.at[name]) || attack_is_any(s.at[name], "/\\'\"$`^.{"))) {
        attack_pay(l, 1);
        return;
    }
    size_t before = at;
    while (before && (attack_is_space(s.at[before - 1]) || attack_is_any(s.at[before - 1], "'\")")))
        before--;
    struct place p = { .look = l,
                       .from = at,
                       .at = behind,
                       .begins = is_value_before(s, before),
                       .is_first = is_value_before(s, before) && !is_name(str_first(s, before)),
                       .is_bare = !before,
                       .is_weak = is_line || (b == '&' && behind == at + 1),
                       .is_tight = behind < s.len && !attack_is_space(s.at[behind]) && (!is_line || l->form) };
    judge_command(&p);
}

/* Options, paths, numbers, addresses: no words. */
static bool are_arguments(struct str s, size_t at)
{
    for (;;) {
        enum argument a = read_argument(s, at);
        if (a == ARGUMENT_NONE || a == ARGUMENT_ENDS)
            return true;
        if (a != ARGUMENT_SHELL && a != ARGUMENT_NUMBER)
            return false;
        for (at = skip_blanks(s, at); at < s.len && !attack_is_space(s.at[at]) && !attack_is_any(s.at[at], ";|&`<>"); at++)
            ;
    }
}

/* $HOME, %PATH% */
static bool is_variable(struct str s, size_t at)
{
    size_t end = at + 1;
    while (end < s.len && ascii_is_word(s.at[end]))
        end++;
    return end > at + 1 && ascii_is_letter(s.at[at + 1]) && (s.at[at] == '$' || (s.at[at] == '%' && end < s.len && s.at[end] == '%'));
}

/* A command that starts another one. */
static bool is_starter(struct str s, size_t at)
{
    static const struct str words[] = { STR_INIT("nohup "), STR_INIT("sudo "), STR_INIT("doas "), STR_INIT("strace "), STR_INIT("setsid "),
                                        STR_INIT("xargs "), STR_INIT("timeout "), STR_INIT("env "), STR_INIT("nice "), STR_INIT("exec "), STR_INIT("time "),
                                        STR_INIT("command "), STR_INIT("builtin "), STR_INIT("eval "), STR_INIT("ionice "), STR_INIT("stdbuf ") };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_starts_nocase(str_from(s, at), words[i]))
            return true;
    return false;
}

/* A line that is a command and its arguments, and nothing else. */
void attack_shell_line(struct attack_look *l, struct str s, size_t from)
{
    s = str_first(s, from + str_find(str_from(s, from), '&'));
    if (s.len - from > LINE_MAX_BYTES || memchr(s.at + from, '\n', s.len - from))
        return;
    struct command c = read_command(s, from);
    enum argument a = c.kind != COMMAND_NONE ? read_argument(s, c.end) : ARGUMENT_ODD;
    if (c.kind == COMMAND_NONE || a == ARGUMENT_ODD)
        return;
    bool closes = a == ARGUMENT_NONE || a == ARGUMENT_ENDS, sure = c.kind >= COMMAND_TOOL;
    bool shell = a == ARGUMENT_SHELL && are_arguments(s, c.end);
    size_t argument = skip_blanks(s, c.end);
    bool path = shell && argument < s.len && (attack_is_any(s.at[argument], "/~-.") || is_variable(s, argument));
    bool runs = a == ARGUMENT_WORD && is_starter(s, from) && read_command(s, argument).kind >= COMMAND_TOOL;
    bool option = a == ARGUMENT_SHELL && l->text.at[argument] == '-';
    if (c.has_path ? (closes && c.kind != COMMAND_TOOL) || shell || option
                   : path || runs || (sure && (c.is_hidden || shell || option)) || (c.is_hidden && option))
        attack_note(l, RULE_SHELL_COMMAND, from, c.end);
    else if (c.is_hidden || (sure && a == ARGUMENT_SHELL))
        attack_note(l, RULE_SHELL_PERHAPS, from, c.end);
}
