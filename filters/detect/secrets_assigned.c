/* secrets_assigned.c - what is a secret because of the name that it is given to: passwords, keys, credentials. The name makes a candidate,
 * the look of the value decides: code that reads a secret, types, words and placeholders are none. */
#include "filters/detect/near.h"
#include "filters/detect/secrets_parts.h"

#include "proxy/base/base64.h"

enum { NAME_MAX_BYTES = 48, DRAWN_MIN = 12 };

static struct str view(struct str text, size_t start, size_t end)
{
    return str_of(text.at + start, end - start);
}

static const char MARKS[] = " \t\r\n\"'`\\*";

static size_t skip_marks(struct str text, size_t at, size_t end)
{
    while (at < end && memchr(MARKS, text.at[at], sizeof MARKS - 1))
        at++;
    return at;
}

/* Where the sign behind the name stands, and where the value begins: behind it, blanks and quotes. The full-width colon has three bytes. */
static size_t value_at(struct str text, size_t start, size_t end, size_t *sign)
{
    size_t at = start;
    while (at < end && !memchr("=:>|", text.at[at], 4) && !str_starts(view(text, at, end), STR("：")))
        at++;
    *sign = at;
    while (at < end && memchr("=:>|", text.at[at], 4))
        at++;
    if (at == *sign && at < end)
        at += sizeof "：" - 1;
    return skip_marks(text, at, end);
}

/* Of letters in both cases, digits and signs. */
static unsigned kinds_of(struct str s)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < s.len; i++)
        kinds |= ascii_is_upper(s.at[i]) ? 1U : ascii_is_lower(s.at[i]) ? 2U : ascii_is_digit(s.at[i]) ? 4U : memchr("_-.", s.at[i], 3) ? 0U : 8U;
    return kinds;
}

/* Letters and digits in a row, so many and so mixed: paths, names and what else is made of words and signs have none such. */
static bool has_drawn(struct str s)
{
    size_t run = 0, changes = 0;
    bool letter = false, digit = false;
    near_look(s.len);
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_alnum(s.at[i])) {
            run = changes = 0;
            letter = digit = false;
            continue;
        }
        unsigned kind = kinds_of(str_of(s.at + i, 1));
        changes += run && kind != kinds_of(str_of(s.at + i - 1, 1));
        letter |= !ascii_is_digit(s.at[i]);
        digit |= ascii_is_digit(s.at[i]);
        if (++run >= DRAWN_MIN && letter && (digit || 3 * changes >= run))
            return true;
    }
    return false;
}

/* What a program reads a secret from is none: calls, paths of members, variables. */
bool secret_is_code(struct str s)
{
    static const struct str PARTS[] = { STR_INIT("env"), STR_INIT("process"), STR_INIT("config."), STR_INIT("self."), STR_INIT("this."),
                                        STR_INIT("os."), STR_INIT("://"), STR_INIT("->"), STR_INIT("::"), STR_INIT("=="), STR_INIT("req."),
                                        STR_INIT("?.") };
    near_look(4 * s.len);
    while (s.len && s.at[s.len - 1] == '=') /* the end of base64 */
        s.len--;
    for (size_t i = 0; i < s.len; i++)
        if (memchr("()[]{}<>|", s.at[i], 9))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(PARTS); i++)
        if (str_find_str(s, PARTS[i]) < s.len)
            return true;
    if (s.len && s.at[0] == '/') /* a path, or base64 that happens to begin so */
        return !has_drawn(str_first(str_from(s, 1), str_find(str_from(s, 1), '/')));
    return s.len && memchr("$%*@", s.at[0], 4);
}

bool secret_is_shown(struct str word)
{
    char plain[160];
    if (word.len > sizeof plain || !(kinds_of(word) & 4))
        return near_is_placeholder(word);
    near_look(2 * word.len);
    for (size_t i = 0; i < word.len; i++) {
        bool is_alone = i > 0 && i + 1 < word.len && word.at[i - 1] != word.at[i] && word.at[i + 1] != word.at[i];
        bool is_encoded = i + 2 < word.len && hex_value(word.at[i + 1]) >= 0 && hex_value(word.at[i + 2]) >= 0;
        bool is_sign = word.at[i] == '%' ? is_alone || is_encoded : is_alone && memchr("*$", word.at[i], 2);
        plain[i] = is_sign ? '#' : word.at[i];
    }
    return near_is_placeholder(str_of(plain, word.len));
}

/* SHA-256, base64-encoded: how a password is kept, not one. */
static bool is_method(struct str s)
{
    static const struct str METHODS[] = {
        STR_INIT("base64"), STR_INIT("sha"), STR_INIT("md5"), STR_INIT("pbkdf2"), STR_INIT("bcrypt"),
        STR_INIT("argon2"), STR_INIT("aes"), STR_INIT("utf"), STR_INIT("rot13"),  STR_INIT("hmac"),
    };
    for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
        size_t at = METHODS[i].len;
        if (!str_eq_nocase(str_first(s, at), METHODS[i]))
            continue;
        while (at < s.len && ascii_is_digit(s.at[at + (s.at[at] == '-' && at + 1 < s.len)]))
            at++;
        if (at == s.len || s.at[at] == '-')
            return true;
    }
    return false;
}

/* What people choose: letters with a digit, or eight signs with one that is in no words; in no list of words that stand for
 * one. */
static bool is_password(struct str s)
{
    unsigned kinds = kinds_of(s);
    bool letter = kinds & 3, sign = false;
    for (size_t i = 0; i < s.len; i++)
        sign |= s.at[i] != '/' && kinds_of(str_of(s.at + i, 1)) == 8;
    return s.len >= 6 && letter && (kinds & 4 || (sign && s.len >= 8)) && !secret_is_shown(s) && !secret_is_code(s) &&
           !is_method(s);
}

/* With which is said what a password is like, whose it is, or where it comes from. */
static bool is_told_with(struct str word)
{
    static const char WORDS[] =
        "|access|admin|all|and|any|app|are|auth|authentication|based|before|bit|button|can|case|change|char|"
        "character|characters|chars|class|clear|cluster|coded|config|confirm|control|cred|credential|credentials|"
        "creds|current|data|database|days|default|dev|digit|digits|eight|encoded|encrypted|end|env|example|factor|"
        "field|file|first|for|forgot|form|from|full|given|group|hard|has|hash|hashed|have|hidden|hide|icon|init|"
        "input|invalid|key|keys|known|label|last|least|length|letter|letters|level|line|list|load|long|lower|"
        "managed|max|memory|min|mindestens|mit|mode|month|most|must|name|names|never|new|nicht|not|null|number|"
        "numbers|old|once|one|only|optional|out|page|pass|passphrase|password|passwords|passwort|path|per|plain|"
        "policy|prod|protected|provided|random|read|ref|required|reset|root|rule|sample|saved|secret|secrets|"
        "secure|sensitive|server|service|set|shared|short|show|sign|size|soft|special|stored|string|strong|symbol|"
        "symbols|test|text|than|that|the|then|this|time|toggle|token|tokens|two|type|und|upper|use|used|user|"
        "username|users|valid|value|var|variable|vault|version|view|weak|well|when|with|without|word|words|write|"
        "year|your|zeichen|";
    for (const char *at = WORDS; *at; at += strcspn(at + 1, "|") + 1)
        if (str_eq_nocase(str_of(at + 1, strcspn(at + 1, "|")), word))
            return true;
    return false;
}

/* correct-horse-battery-staple: four words or more with the same sign between them. */
static bool is_passphrase(struct str s, const char *signs)
{
    enum { WORDS_MIN = 4, WORD_MIN = 3, WORD_MAX = 12 };
    struct str rest = s;
    char sign = '\0';
    size_t count = 0;
    near_look(8 * s.len);
    while (rest.at) {
        size_t len = 0;
        while (len < rest.len && (ascii_is_lower(ascii_lower(rest.at[len])) || (unsigned char)rest.at[len] >= 0x80))
            len++;
        if (len < rest.len && !sign && strchr(signs, rest.at[len]))
            sign = rest.at[len];
        if (len < WORD_MIN || len > WORD_MAX || (len < rest.len && (!sign || rest.at[len] != sign)))
            return false;
        for (size_t i = 1; i < len; i++)
            if (ascii_is_upper(rest.at[i]))
                return false;
        if (is_told_with(str_first(rest, len)))
            return false;
        count++;
        rest = len < rest.len ? str_from(rest, len + 1) : STR_NONE;
    }
    return count >= WORDS_MIN;
}

/* Words with signs that are in no name are what people choose. */
static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (memchr("!?#&^~", s.at[i], 6))
            return false;
    return near_is_words(s);
}

/* A sentence goes on behind a value; what is in quotes ends with them. */
static void trim_value(struct str text, size_t start, size_t *end)
{
    bool is_quoted = start > 0 && memchr("\"'`", text.at[start - 1], 3);
    while (*end > start && memchr(is_quoted ? "\\" : ".,;:!?\\*&", text.at[*end - 1], is_quoted ? 1 : 9))
        (*end)--;
}

/* Where less than a sign says that it is a value: a tag is closed behind it, a cell or line has nothing else in it. */
static bool is_set_apart(struct str text, size_t sign, size_t at, size_t end)
{
    struct str behind = str_from(text, end);
    if (text.at[sign] == '>')
        return str_starts(behind, STR("</"));
    if (text.at[sign] == '|')
        return __builtin_popcount(kinds_of(view(text, at, end))) >= 3;
    return !memchr(text.at + sign, '\n', at - sign) || (text.at[at - 1] == '\n' && (!behind.len || memchr("\r\n", behind.at[0], 2)));
}

/* The value of an address's parameter ends with the next one: &name= */
static size_t parameter_end(struct str text, size_t at, size_t end)
{
    for (; at < end; at++) {
        size_t name = at + 1;
        while (text.at[at] == '&' && name < end && (ascii_is_alnum(text.at[name]) || text.at[name] == '_'))
            name++;
        if (name > at + 1 && name < end && text.at[name] == '=')
            break;
    }
    return at;
}

bool secret_password(struct str text, size_t *start, size_t *end)
{
    size_t sign, at = value_at(text, *start, *end, &sign);
    *end = parameter_end(text, at, *end);
    trim_value(text, at, end);
    struct str value = view(text, at, *end);
    bool is_quoted = at > 0 && memchr("\"'", text.at[at - 1], 2); /* else it may be a variable */
    bool is_one = at < *end && (is_password(value) || is_passphrase(value, is_quoted ? "-_." : "-"));
    if (!is_one || !is_set_apart(text, sign, at, *end))
        return false;
    *start = at;
    return true;
}

/* From behind a blank or a quote on, but for what stresses it. */
static size_t last_word(struct str text, size_t start, size_t end)
{
    size_t at = end;
    while (at > start && !memchr(" \t\r\n\"'`", text.at[at - 1], 7) && (unsigned char)text.at[at - 1] < 0x80)
        at--;
    return skip_marks(text, at, end);
}

/* The last word; a script without spaces goes on behind it. */
bool secret_said_password(struct str text, size_t *start, size_t *end)
{
    while (*end > *start && (unsigned char)text.at[*end - 1] >= 0x80)
        (*end)--;
    size_t at = last_word(text, *start, *end);
    trim_value(text, at, end);
    if (at <= *start || at >= *end || !(is_password(view(text, at, *end)) || is_passphrase(view(text, at, *end), "-_.")))
        return false;
    *start = at;
    return true;
}

/* The last word, where nothing says that one follows: letters in both cases or with signs, and a digit, that make no name;
 * or many words. */
bool secret_bare_password(struct str text, size_t *start, size_t *end)
{
    if (!secret_said_password(text, start, end))
        return false;
    struct str word = view(text, *start, *end);
    unsigned kinds = kinds_of(word);
    if (is_passphrase(word, "-"))
        return true;
    return word.len >= 8 && kinds & 4 && ((kinds & 3) == 3 || kinds & 8) && !is_name(word);
}

/* -pWORD, -p 'WORD' */
bool secret_glued_password(struct str text, size_t *start, size_t *end)
{
    size_t at = skip_marks(text, *start + 2, *end);
    trim_value(text, at, end);
    struct str word = view(text, at, *end);
    if (at >= *end || !is_password(word) || is_name(word) || str_find(word, '/') < word.len)
        return false;
    *start = at;
    return true;
}

/* A token that is longer than what names may be given, and one with a checksum, which its stand-in is to have too: they are found by
 * themselves, and whole. */
static bool is_found_itself(struct str text, size_t at, size_t end)
{
    struct str s = view(text, at, end);
    bool is_cut = end < text.len && (ascii_is_word(text.at[end]) || text.at[end] == '-');
    bool is_github = s.len == 40 && (str_starts(s, STR("npm_")) || (str_starts(s, STR("gh")) && memchr("pousr", s.at[2], 5) && s.at[3] == '_'));
    return is_github || (is_cut && str_starts(s, STR("eyJ")));
}

bool secret_assigned(struct str text, size_t *start, size_t *end)
{
    size_t sign, at = value_at(text, *start, *end, &sign);
    *end = parameter_end(text, at, *end);
    trim_value(text, at, end);
    if (at + 16 > *end || is_found_itself(text, at, *end))
        return false;
    struct str value = view(text, at, *end);
    bool is_public = str_starts(value, STR("pk.")) || str_starts(value, STR("pk_"));
    if (is_public || secret_is_code(value) || !near_is_random(value) || is_name(value) || !is_set_apart(text, sign, at, *end))
        return false;
    *start = at;
    return true;
}

/* --account-key VALUE, the token is VALUE: the last word. */
bool secret_given(struct str text, size_t *start, size_t *end)
{
    size_t at = last_word(text, *start, *end);
    trim_value(text, at, end);
    struct str value = view(text, at, *end);
    if (value.len < 16 || is_found_itself(text, at, *end) || secret_is_code(value) || !near_is_random(value) || is_name(value) || !has_drawn(value))
        return false;
    *start = at;
    return true;
}

/* SOME_KEY=VALUE, but of keys that are told to everybody, or that are none. */
bool secret_env_key(struct str text, size_t *start, size_t *end)
{
    static const struct str OTHERS[] = { STR_INIT("PUBLIC"), STR_INIT("PUBLISH"), STR_INIT("SITE"), STR_INIT("CACHE"), STR_INIT("PARTITION"), STR_INIT("SORT"),
                                         STR_INIT("ROUTING"), STR_INIT("IDEMPOTENCY"), STR_INIT("OBJECT"), STR_INIT("FOREIGN"), STR_INIT("S3"),
                                         STR_INIT("GPG"), STR_INIT("PGP") };
    size_t name = *start;
    while (name > 0 && *start - name < NAME_MAX_BYTES && (ascii_is_alnum(text.at[name - 1]) || text.at[name - 1] == '_'))
        name--;
    struct str s = view(text, name, *start);
    near_look(s.len * 4);
    for (size_t i = 0; i < ARRAY_LEN(OTHERS); i++)
        if (str_find_str(s, OTHERS[i]) < s.len)
            return false;
    return s.len && secret_assigned(text, start, end) && has_drawn(view(text, *start, *end));
}

bool secret_bearer(struct str text, size_t *start, size_t *end)
{
    size_t at = *start;
    while (at < *end && text.at[at] != ' ')
        at++;
    at++;
    if (at >= *end || *end - at < 20 || is_found_itself(text, at, *end) || secret_is_code(view(text, at, *end)) || !near_is_random(view(text, at, *end)))
        return false;
    *start = at;
    return true;
}

/* The base64 of user:password (RFC 7617) is the last word. */
bool secret_basic(struct str text, size_t *start, size_t *end)
{
    enum { BASIC_MAX = 408 };
    unsigned char plain[BASE64_DECODED_MAX(BASIC_MAX)];
    size_t at = *end, n = 0;
    while (at > *start && !memchr(MARKS, text.at[at - 1], sizeof MARKS - 1))
        at--;
    near_look(2 * (*end - at));
    if (*end - at > BASIC_MAX || !base64_decode(view(text, at, *end), plain, &n))
        return false;
    struct str s = str_of((const char *)plain, n);
    size_t mark = str_find(s, ':');
    if (mark + 4 > n || near_is_placeholder(str_from(s, mark + 1)))
        return false;
    for (size_t i = 0; i < n; i++)
        if (plain[i] <= ' ' || plain[i] > '~')
            return false;
    *start = at;
    return true;
}

/* Of letters, digits and signs, behind its mark. */
bool secret_signs(struct str text, size_t *start, size_t *end)
{
    char letters[128];
    return near_is_random(str_of(letters, near_compact(text, *start + sizeof "django-insecure", *end, letters, sizeof letters)));
}
