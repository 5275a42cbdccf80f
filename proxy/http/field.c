/* field.c - one field line into the head (RFC 9112 §5), and the fields that are known. */
#include "proxy/http/parse.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static const struct str WORDS[HTTP_FIELD_OTHER] = {
#define X(name, word) STR_INIT(word),
    HTTP_KNOWN_FIELDS(X)
#undef X
};

/* The known names by their length, each as 1 + its number; test_reader.c checks that none is missing. */
static const uint8_t BY_LENGTH[18][3] = {
    [2] = { 1 + HTTP_FIELD_TE },
    [4] = { 1 + HTTP_FIELD_HOST, 1 + HTTP_FIELD_DATE },
    [6] = { 1 + HTTP_FIELD_ACCEPT, 1 + HTTP_FIELD_COOKIE, 1 + HTTP_FIELD_EXPECT },
    [7] = { 1 + HTTP_FIELD_API_KEY, 1 + HTTP_FIELD_UPGRADE, 1 + HTTP_FIELD_TRAILER },
    [10] = { 1 + HTTP_FIELD_USER_AGENT, 1 + HTTP_FIELD_CONNECTION, 1 + HTTP_FIELD_KEEP_ALIVE },
    [11] = { 1 + HTTP_FIELD_TRACEPARENT, 1 + HTTP_FIELD_RETRY_AFTER },
    [12] = { 1 + HTTP_FIELD_CONTENT_TYPE },
    [13] = { 1 + HTTP_FIELD_AUTHORIZATION },
    [14] = { 1 + HTTP_FIELD_CONTENT_LENGTH, 1 + HTTP_FIELD_RETRY_AFTER_MS },
    [16] = { 1 + HTTP_FIELD_CONTENT_ENCODING },
    [17] = { 1 + HTTP_FIELD_TRANSFER_ENCODING },
};

/* What two readers could take the first or the last of: at most one. */
static const bool ONCE[HTTP_FIELD_OTHER + 1] = {
    [HTTP_FIELD_HOST] = true,          [HTTP_FIELD_CONTENT_LENGTH] = true, [HTTP_FIELD_TRANSFER_ENCODING] = true,
    [HTTP_FIELD_AUTHORIZATION] = true, [HTTP_FIELD_API_KEY] = true,        [HTTP_FIELD_CONTENT_TYPE] = true,
};

/* What must not come in a trailer section (RFC 9110 §6.5.1), though dropped: framing, routing, credentials. */
static const bool NEVER_TRAILER[HTTP_FIELD_OTHER + 1] = {
    [HTTP_FIELD_HOST] = true,
    [HTTP_FIELD_CONTENT_LENGTH] = true,
    [HTTP_FIELD_TRANSFER_ENCODING] = true,
    [HTTP_FIELD_CONNECTION] = true,
    [HTTP_FIELD_EXPECT] = true,
    [HTTP_FIELD_AUTHORIZATION] = true,
    [HTTP_FIELD_API_KEY] = true,
    [HTTP_FIELD_TE] = true,
    [HTTP_FIELD_TRAILER] = true,
    [HTTP_FIELD_UPGRADE] = true,
    [HTTP_FIELD_KEEP_ALIVE] = true,
    [HTTP_FIELD_COOKIE] = true,
};

/* Beginnings of names that somebody behind us trusts: with "_" for "-" they would slip past whoever strips them. */
static const struct str TRUSTED[] = {
    STR_INIT("x-forwarded"), STR_INIT("forwarded"), STR_INIT("x-real"),     STR_INIT("x-ms-"),    STR_INIT("ocp-apim"),
    STR_INIT("proxy-"),      STR_INIT("x-client"),  STR_INIT("x-original"), STR_INIT("x-envoy"),  STR_INIT("x-user"),
    STR_INIT("x-auth"),      STR_INIT("x-api-key"), STR_INIT("x-http-"),    STR_INIT("content-"), STR_INIT("x-rewrite"),
};

static inline uint64_t eight_lowered(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes | UINT64_C(0x2020202020202020);
}

/* Of the bytes of a token only the two cases of a letter meet a word's byte so; "-" has the bit already. */
static inline bool is_word(const char *name, const char *word, size_t len)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8)
        if (eight_lowered(name + i) != eight_lowered(word + i))
            return false;
    if (len >= 8)
        return eight_lowered(name + len - 8) == eight_lowered(word + len - 8);
    for (; i < len; i++)
        if ((name[i] | 0x20) != word[i])
            return false;
    return true;
}

enum http_known http_known_of(struct str name)
{
    if (name.len >= ARRAY_LEN(BY_LENGTH))
        return HTTP_FIELD_OTHER;
    const uint8_t *row = BY_LENGTH[name.len];
    for (size_t i = 0; i < ARRAY_LEN(BY_LENGTH[0]) && row[i]; i++)
        if (is_word(name.at, WORDS[row[i] - 1].at, name.len))
            return (enum http_known)(row[i] - 1);
    return HTTP_FIELD_OTHER;
}

static bool is_trusted_with_hyphens(struct str name, bool and_prefixes)
{
    char plain[32];
    struct str view = { plain, name.len < sizeof plain ? name.len : sizeof plain };
    for (size_t i = 0; i < view.len; i++)
        plain[i] = name.at[i] == '_' ? '-' : name.at[i];
    if (name.len <= sizeof plain && http_known_of(view) != HTTP_FIELD_OTHER)
        return true;
    for (size_t i = 0; and_prefixes && i < ARRAY_LEN(TRUSTED); i++)
        if (str_starts_nocase(view, TRUSTED[i]))
            return true;
    return false;
}

/* Takes a line apart; `*name` is a token. */
static bool split(struct http_line whole, enum http_kind kind, struct str *name, struct str *value, struct http_bad *bad)
{
    struct str line = whole.text;
    const char *end = line.at; /* of the name; the CR behind the line ends it at the latest */
    unsigned seen = 0, what;
    while ((what = HTTP_CHARS[(unsigned char)*end]) & CHAR_TOKEN) {
        seen |= what;
        end++;
    }
    size_t len = (size_t)(end - line.at);
    if (len == line.len)
        return http_refuse(bad, 400, "field line without a colon");
    if (line.at[len] != ':' || !len) {
        bool is_blank = line.at[len] == ' ' || line.at[len] == '\t';
        return http_refuse(bad, 400,
                           !len && is_blank ? "folded field line"
                           : is_blank       ? "white space in or after a field name"
                           : !len           ? "field line without a name"
                                            : "byte in a field name that is none of a token");
    }
    *name = str_first(line, len);
    const char *from = line.at + len + 1, *to = line.at + line.len;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (from < to && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    *value = str_of(from, (size_t)(to - from));
    if ((seen & CHAR_UNDERSCORE) && is_trusted_with_hyphens(*name, kind == HTTP_REQUESTS))
        return http_refuse(bad, 400, "underscore in the name of a field that matters");
    if (!whole.is_clean && !http_is_value(*value))
        return http_refuse(bad, 400, "control byte in a field value");
    return true;
}

/* The field behind the last one becomes one of the head's; false when it may come only once and did. */
static inline bool count_in(struct http_head *h)
{
    enum http_known known = http_known_of(h->fields[h->fields_count].name);
    bool is_first = known == HTTP_FIELD_OTHER || !h->first_known[known];
    if (!is_first && ONCE[known])
        return false;
    h->fields[h->fields_count++].known = known;
    if (is_first && known != HTTP_FIELD_OTHER)
        h->first_known[known] = (uint8_t)h->fields_count;
    return true;
}

bool http_field_add(struct http_head *h, enum http_kind kind, size_t most, struct http_line line, struct http_bad *bad)
{
    if (h->fields_count >= most)
        return http_refuse(bad, 431, "too many fields");
    struct http_field *f = &h->fields[h->fields_count];
    return split(line, kind, &f->name, &f->value, bad) &&
           (count_in(h) || http_refuse(bad, 400, "field twice that may come only once"));
}

/* ---- nearly every line: a plain name, a colon, at most one space, a value that is clean to its CR LF ---- */

/* How many bytes at the front are letters, digits and hyphens, as far as that is quickly seen; names are of little
 * else. */
static inline size_t plain_name(struct str line)
{
    size_t len = 0;
#if defined(__SSE2__)
    while (line.len - len >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(line.at + len));
        __m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20)), least = _mm_set1_epi8(-128);
        /* moved to the least number, a range is one comparison */
        __m128i letter =
            _mm_cmplt_epi8(_mm_add_epi8(lower, _mm_set1_epi8(0x80 - 'a')), _mm_add_epi8(least, _mm_set1_epi8(26)));
        __m128i digit =
            _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8(0x80 - '0')), _mm_add_epi8(least, _mm_set1_epi8(10)));
        __m128i plain = _mm_or_si128(_mm_or_si128(letter, digit), _mm_cmpeq_epi8(v, _mm_set1_epi8('-')));
        unsigned other = (unsigned)_mm_movemask_epi8(plain) ^ 0xffff;
        if (other)
            return len + (unsigned)__builtin_ctz(other);
        len += 16;
    }
#else
    (void)line;
#endif
    return len;
}

static inline size_t take_plain_line(struct http_field *f, struct str in)
{
    size_t name = plain_name(in), from = name + 1;
    if (!name || from >= in.len || in.at[name] != ':')
        return 0;
    from += in.at[from] == ' ';
    size_t to = from + http_clean_run(str_from(in, from));
    if (in.len < to + 2 || in.at[to] != '\r' || in.at[to + 1] != '\n' || in.at[from] == ' ' || in.at[to - 1] == ' ')
        return 0;
    f->name = str_of(in.at, name);
    f->value = str_of(in.at + from, to - from);
    return to + 2;
}

size_t http_fields_add_plain(struct http_head *h, size_t most, size_t line_max, struct str in)
{
    size_t taken = 0, n;
    while (h->fields_count < most &&
           (n = take_plain_line(&h->fields[h->fields_count], str_first(str_from(in, taken), line_max))) && count_in(h))
        taken += n;
    return taken;
}

bool http_trailer_check(struct http_line line, struct http_bad *bad)
{
    struct str name, value;
    if (!split(line, HTTP_REQUESTS, &name, &value, bad))
        return false;
    if (NEVER_TRAILER[http_known_of(name)])
        return http_refuse(bad, 400, "field in the trailers that may not be there");
    return true;
}
