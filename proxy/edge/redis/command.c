/* command.c - commands as bytes: a list of bulk strings each, as hiredis' formatter writes them, but into the node's buffer. */
#include "proxy/edge/redis/redis_parts.h"

#include <openssl/evp.h>

enum { NUMBER_BYTES = 24 }; /* a mark, twenty digits, CRLF */

static char *put_digits(char *at, size_t n)
{
    char digits[20];
    size_t len = 0;
    do
        digits[len++] = (char)('0' + n % 10);
    while (n /= 10);
    while (len)
        *at++ = digits[--len];
    return at;
}

static char *put_number(char *at, char mark, size_t n)
{
    *at++ = mark;
    at = put_digits(at, n);
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static char *put_bulk(char *at, struct str s)
{
    at = put_number(at, '$', s.len);
    if (s.len)
        memcpy(at, s.at, s.len);
    at += s.len;
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static bool write_both(struct buf *out, const struct str *head, size_t head_count, const struct str *args, size_t count)
{
    size_t bytes = NUMBER_BYTES;
    for (size_t i = 0; i < head_count; i++)
        bytes += head[i].len + NUMBER_BYTES + 2;
    for (size_t i = 0; i < count; i++)
        bytes += args[i].len + NUMBER_BYTES + 2;
    char *begin = buf_reserve(out, bytes);
    if (!begin)
        return false;
    char *at = put_number(begin, '*', head_count + count);
    for (size_t i = 0; i < head_count; i++)
        at = put_bulk(at, head[i]);
    for (size_t i = 0; i < count; i++)
        at = put_bulk(at, args[i]);
    buf_grew(out, (size_t)(at - begin));
    return true;
}

bool resp_write(struct buf *out, const struct str *args, size_t count)
{
    return write_both(out, NULL, 0, args, count);
}

bool resp_write_ask(struct buf *out, const struct resp_ask *ask)
{
    if (!ask->script)
        return resp_write(out, ask->args, ask->count);
    char keys[20];
    const struct str head[] = {
        ask->is_whole ? STR("EVAL") : STR("EVALSHA"),
        ask->is_whole ? ask->script->text : str_of(ask->script->sha1, sizeof ask->script->sha1),
        str_of(keys, (size_t)(put_digits(keys, ask->keys) - keys)),
    };
    return write_both(out, head, ARRAY_LEN(head), ask->args, ask->count);
}

void resp_script_init(struct resp_script *script, struct str text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    script->text = text;
    if (EVP_Digest(text.at, text.len, digest, &len, EVP_sha1(), NULL) != 1 || len != 20)
        memset(digest, 0, 20); /* without SHA-1 the server knows no such script, and is sent it in full */
    hex_encode(script->sha1, digest, 20);
}
