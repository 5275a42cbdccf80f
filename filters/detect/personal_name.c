/* personal_name.c - names, where the words before say that one follows: "my name is", a title, a label, a greeting. What follows is
 * read word by word and taken only while it is written as a name is. */
#include "filters/detect/near.h"
#include "filters/detect/personal_parts.h"

#include "proxy/base/utf8.h"

enum { NAME_WORDS_MAX = 4 };

/* ---- characters ---- */

/* Is it a letter beyond ASCII, and is it a capital? Of the scripts with two cases the common blocks; letters of others count as
 * capitals, since no case tells them apart. *cjk: how long names are at most in a script without spaces, 0 for others. */
static bool wide_letter(struct str s, size_t width, bool *capital, size_t *cjk)
{
    uint32_t c = width == 4 ? 0x10000 : utf8_decode(s.at);
    *capital = true;
    *cjk = c >= 0x4e00 && c <= 0x9fff ? 4 : c >= 0xac00 && c <= 0xd7a3 ? 3 : 0;
    if (c < 0xc0 || c == 0xd7 || c == 0xf7 || (c >= 0x2000 && c < 0x2c00) || (c >= 0x3000 && c < 0x3040) || (c >= 0xff00 && c < 0xff21) ||
        c >= 0x10000)
        return false;
    if (c <= 0xff)
        *capital = c < 0xdf;
    else if (c <= 0x17f)
        *capital = (c >= 0x139 && c <= 0x148) || c >= 0x179 ? c & 1 : !(c & 1);
    else if (c >= 0x3ac && c <= 0x3ce)
        *capital = false;
    else if (c >= 0x430 && c <= 0x45f)
        *capital = false;
    else if (c >= 0x1e00 && c <= 0x1eff)
        *capital = !(c & 1);
    return true;
}

struct word {
    size_t start, end;
    bool capital, upper_only; /* the first letter; all letters */
    size_t letters, cjk;
};

/* A word of letters at `at`: with inner apostrophes and hyphens (O'Brien, Anne-Marie), or an initial with its dot. */
static bool read_word(struct str text, size_t at, size_t end, struct word *w)
{
    *w = (struct word){ .start = at, .end = at, .upper_only = true };
    size_t i = at;
    while (i < end) {
        char c = text.at[i];
        bool capital = ascii_is_upper(c);
        size_t width = 1, cjk = 0;
        if ((unsigned char)c >= 0x80) {
            width = utf8_valid_one(str_of(text.at + i, end - i));
            /* the typographic apostrophe */
            if (width == 3 && w->letters && memcmp(text.at + i, "\xe2\x80\x99", 3) == 0) {
                i += 3;
                continue;
            }
            if (!width || !wide_letter(str_of(text.at + i, width), width, &capital, &cjk))
                break;
            if (w->letters && (cjk != w->cjk || w->letters == w->cjk) && (cjk || w->cjk))
                break;
            w->cjk = cjk;
        } else if ((c == '\'' || c == '-') && w->letters && i + 1 < end && (ascii_is_alnum(text.at[i + 1]) || (unsigned char)text.at[i + 1] >= 0x80)) {
            i++;
            continue;
        } else if (!ascii_is_upper(c) && !ascii_is_lower(c)) {
            break;
        }
        if (!w->letters)
            w->capital = capital;
        w->upper_only &= capital;
        w->letters++;
        i += width;
        w->end = i;
    }
    if (w->letters == 1 && w->capital && i < end && text.at[i] == '.')
        w->end = i + 1;
    /* 's is no part of the name */
    if (w->end - w->start > 3 && text.at[w->end - 2] == '\'' && text.at[w->end - 1] == 's')
        w->end -= 2;
    return w->letters > 0;
}

static bool word_is_in(struct str text, const struct word *w, const char *words)
{
    size_t len = w->end - w->start;
    for (const char *at = words, *end; *at; at = *end ? end + 1 : end) {
        end = strchrnul(at, '|');
        if ((size_t)(end - at) == len && ascii_lower(text.at[w->start]) == *at && str_same_nocase(text.at + w->start, at, len))
            return true;
    }
    return false;
}

/* Between family names, small: Ludwig van Beethoven, María de la Cruz */
static const char PARTICLES[] = "van|von|de|der|den|del|della|di|da|do|dos|das|la|le|du|ten|ter|bin|ibn|al|el|af|av|zu|zur|st";
/* By their first letter: they are looked up for every word that could be of a name. */
static const char *const NO_NAMES[26] = {
    ['a' - 'a'] = "again|are|am|and|at|a|an|all|any|april|august|after|as|asap|anytime|about|assistant|ai|author|admin|administrator|applicant|also|address",
    ['b' - 'a'] = "but|best|bot|business|boss|back|baby|before|because|by",
    ['c' - 'a'] = "char|cognome|customer|colleague|colleagues|chatgpt|claude|copilot|company|committee|candidate|client|called|changed|correct",
    ['d' - 'a'] = "dr|dear|december|doctor|diary|department|dad|darling|different|difficult|date|description",
    ['e' - 'a'] = "everybody|everyone|editor|employee|employees|easy|email",
    ['f' - 'a'] = "firstname|folks|for|from|friend|friends|friday|february|first|full|file|false",
    ['g' - 'a'] = "guys|gpt|gemini|god|guest",
    ['h' - 'a'] = "how|his|her|he|him|hiring|hello|hi|human|hard",
    ['i' - 'a'] = "it|is|if|in|i|interviewer|important|input|id",
    ['j' - 'a'] = "january|june|july",
    ['l' - 'a'] = "lastname|lord|last|later|love|listed|long",
    ['m' - 'a'] = "my|me|maybe|madam|manager|mr|mrs|ms|monday|march|marketing|members|member|mom|mum|mentioned|model",
    ['n' - 'a'] = "nachname|nombre|not|no|november|none|null|na|name|nobody|number",
    ['o' - 'a'] = "optional|or|on|of|our|october|output",
    ['p' - 'a'] = "placeholder|prof|please|president|professor|product|parents|participant|phone|project",
    ['r' - 'a'] = "required|regards|recruiter|reader|resources|recipient",
    ['s' - 'a'] = "surname|she|some|sir|sirs|sincerely|saturday|sunday|september|santa|student|string|support|service|sales|students|"
                  "something|someone|spelled|same|short",
    ['t' - 'a'] = "text|there|the|this|that|these|those|to|their|they|them|team|thanks|thank|tuesday|thursday|teacher|tbd|type|true|title|then|today|tomorrow|tonight",
    ['u' - 'a'] = "us|user|unknown",
    ['v' - 'a'] = "vorname|varchar|valued|value",
    ['w' - 'a'] = "world|was|with|what|who|why|when|where|we|wednesday|written|wrong",
    ['y' - 'a'] = "your|you|yes",
};

static bool is_no_name(struct str text, const struct word *w)
{
    char first = ascii_lower(text.at[w->start]);
    return ascii_is_lower(first) && NO_NAMES[first - 'a'] && word_is_in(text, w, NO_NAMES[first - 'a']);
}

/* Reads a name at `*start` within the candidate; `one_small` lets a name through that is written small, when it is all there is. */
static bool read_name(struct str text, size_t *start, size_t *end, bool one_small, size_t words_min)
{
    size_t at = *start, last = 0, words = 0, n = 0, script = 0;
    for (struct word w; n < NAME_WORDS_MAX + 2 && read_word(text, at, *end, &w); n++) {
        near_look(12 + 2 * (w.end - w.start)); /* it is looked up in lists */
        bool particle = words > 0 && word_is_in(text, &w, PARTICLES);
        bool small = !w.capital && !particle;
        if (w.letters > 30 || (!particle && is_no_name(text, &w)) || (small && !(one_small && words < 2)) ||
            (w.letters == 1 && !w.capital) || (words && w.cjk != script))
            break;
        script = w.cjk;
        if (!particle && ++words > NAME_WORDS_MAX)
            break;
        if (!particle)
            last = w.end;
        at = w.end;
        if (at >= *end || text.at[at] != ' ')
            break;
        at++;
    }
    if (words < words_min || !last || last - *start < 2)
        return false;
    /* a small one only where the sentence ends with it */
    struct word first;
    bool capital = read_word(text, *start, last, &first) && first.capital;
    if (!capital && last < text.len && !memchr(".,;!?\n\r\"')", text.at[last], 11))
        return false;
    *end = last;
    return near_ends(text, last);
}

/* Behind the words that lead to it: the last of them that stands in the candidate. */
static bool after_words(struct str text, size_t *start, size_t end, const char *const *words)
{
    near_look(32);
    for (size_t i = 0; words[i]; i++) {
        struct str word = str_c(words[i]);
        if (end - *start <= word.len || ascii_lower(text.at[*start]) != *word.at || !str_eq_nocase(str_of(text.at + *start, word.len), word))
            continue;
        *start += word.len;
        return true;
    }
    return false;
}

static void skip(struct str text, size_t *start, size_t end, const char *marks)
{
    while (*start < end && strchr(marks, text.at[*start]) && text.at[*start])
        (*start)++;
}

bool personal_said_name(struct str text, size_t *start, size_t *end)
{
    static const char *const WORDS[] = {
        "my name is", "my name's", "my full name is", "my first name is", "my last name is", "my surname is", "my maiden name is",
        "maiden name is", "his name is", "her name is", "their name is", "name is", "names are", "i am called", "i'm called", "call me",
        "mein name ist", "ich heiße", "ich heisse", "je m'appelle", "mon nom est", "me llamo", "mi nombre es", "mi chiamo",
        "il mio nome è", "mijn naam is", "ik heet", "meu nome é", "me chamo", "nazywam się", "mam na imię", "jag heter", "mitt namn är",
        "jeg heter", "jeg hedder", "mit navn er", "nimeni on", "jmenuji se", "numele meu este", "mă numesc", "benim adım", "adım",
        "меня зовут", "Меня зовут", "моё имя", "Моё имя", "мене звати", "Мене звати", "με λένε", "我叫", "我的名字是", "我的名字叫", "私の名前は", "제 이름은", "signed by",
        "sincerely yours", NULL,
    };
    size_t at = *start;
    if (!near_begins(text, at) || !after_words(text, start, *end, WORDS))
        return false;
    /* "name is" by itself is said of everything; it needs somebody whose name it is */
    bool bare = str_starts_nocase(str_from(text, at), STR("name"));
    if (bare && !(at >= 3 && text.at[at - 1] == ' ' && text.at[at - 2] == 's' && !ascii_is_alnum(text.at[at - 3])))
        return false;
    skip(text, start, *end, " :\"'*");
    return read_name(text, start, end, !bare && ascii_lower(text.at[at]) != 't', 1);
}

bool personal_titled_name(struct str text, size_t *start, size_t *end)
{
    static const char *const WORDS[] = {
        "mrs.", "mrs", "mr.", "mr", "ms.", "ms", "miss", "mister", "dr.", "dr", "prof.", "professor", "doctor", "sir", "dame", "lady",
        "herr", "frau", "monsieur", "madame", "mademoiselle", "mme", "m.", "señor", "señora", "señorita", "sr.", "sra.", "srta.", "don",
        "doña", "signor", "signora", "sig.", "sig.ra", "meneer", "mevrouw", "dhr.", "mevr.", "senhor", "senhora", "pan", "pani", "fru",
        "hr.", "judge", "justice", "captain", "sergeant", "officer", "detective", "rev.", "reverend", "senator", NULL,
    };
    if (!near_begins(text, *start) || (*start > 0 && text.at[*start - 1] == '-'))
        return false;
    if (!after_words(text, start, *end, WORDS) || *start >= *end || text.at[*start] != ' ')
        return false;
    skip(text, start, *end, " ");
    return read_name(text, start, end, false, 1);
}

/* In data what is called the first or the last name is one, a single word too: "first_name": "Jane", lastName='Doe'. */
static bool is_part_in_quotes(struct str text, size_t label, size_t start)
{
    static const char *const PARTS[] = { "first", "last", "surname", "vorname", "nachname", "cognome", NULL };
    size_t at = label;
    return memchr("\"'", text.at[start - 1], 2) && after_words(text, &at, start, PARTS);
}

/* Name: Jane Doe; "name": "Jane Doe" */
bool personal_labelled_name(struct str text, size_t *start, size_t *end)
{
    if (!near_begins(text, *start))
        return false;
    /* things have names too: in data and code the word counts only beside what people have */
    bool is_plain = str_starts(str_from(text, *start), STR("name")) ||
                    (str_starts(str_from(text, *start), STR("Name")) && *start > 0 && text.at[*start - 1] == '"');
    if (is_plain && !near_behind(text, *end, "email|e-mail|phone|mobile|address|birth|dob|age|ssn|gender|surname|iban") &&
        !near_before(text, *start, "email|e-mail|phone|customer|patient|employee|person|contact|dob"))
        return false;
    size_t label = *start;
    while (*start < *end && text.at[*start] != ':' && text.at[*start] != '=')
        (*start)++;
    skip(text, start, *end, ":= \t\"'\\*");
    size_t stop = *end;
    if (*start < *end && is_part_in_quotes(text, label, *start) && read_name(text, start, &stop, false, 1) && stop < text.len &&
        text.at[stop] == text.at[*start - 1]) {
        *end = stop;
        return true;
    }
    return read_name(text, start, end, false, 2);
}

/* Dear Jane, - Best regards,\nJane Doe */
bool personal_greeted_name(struct str text, size_t *start, size_t *end)
{
    bool is_opening = false;
    static const char *const OPENINGS[] = { "dear", "hi", "hello", "hey", "liebe", "lieber", "hallo", "cher", "chère", "bonjour", "hola",
                                            "estimado", "estimada", "querido", "querida", "ciao", "caro", "cara", "beste", "olá", "prezado",
                                            "prezada", NULL };
    if (!near_begins(text, *start))
        return false;
    size_t at = *start;
    is_opening = after_words(text, &at, *end, OPENINGS);
    if (is_opening) {
        /* the greeting begins its line, and the name ends with a comma or the line */
        size_t line = *start;
        while (line > 0 && *start - line < 8 && memchr(" \t\"*>'", text.at[line - 1], 6))
            line--;
        if (line > 0 && !memchr("\n.!?", text.at[line - 1], 4))
            return false;
        skip(text, &at, *end, " ");
        size_t stop = *end;
        if (!read_name(text, &at, &stop, false, 1) || (stop < text.len && !memchr(",!:\r\n", text.at[stop], 5)))
            return false;
        *start = at;
        *end = stop;
        return true;
    }
    /* a closing: the name stands behind a comma and a line feed, alone in its line */
    size_t feed = *start;
    while (feed < *end && text.at[feed] != '\n')
        feed++;
    while (feed < *end && memchr("\r\n ", text.at[feed], 3))
        feed++;
    size_t stop = *end;
    *start = feed;
    if (!read_name(text, start, &stop, false, 1) || (stop < text.len && !memchr("\n\r,.\\\"<", text.at[stop], 7)))
        return false;
    *end = stop;
    return true;
}
