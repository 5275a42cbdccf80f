/* command.c - commands as bytes: a list of bulk strings each, as hiredis' formatter writes them, but into the node's buffer. */
#include "proxy/base/put.h"
#include "proxy/edge/redis/redis_parts.h"

#include <openssl/evp.h>

enum { NUMBER_BYTES = 24 }; /* a mark, twenty digits, CRLF */

static char *put_number(char *at, char mark, size_t n)
{
    *at++ = mark;
    if (n < 10)
        *at++ = (char)('0' + n);
    else
        at = put_u64(at, n);
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

struct str resp_bulk(char *at, struct str s)
{
    return str_of(at, (size_t)(put_bulk(at, s) - at));
}

/* What a command begins with: strings that are written already, so many; then more. */
struct begin {
    struct str written;
    size_t written_count;
    const struct str *more;
    size_t more_count;
    bool are_bulks; /* the args that follow */
};

static bool write_command(struct buf *out, const struct begin *b, const struct str *args, size_t count)
{
    size_t bytes = NUMBER_BYTES + b->written.len + (b->more_count + count) * RESP_BULK_MORE;
    for (size_t i = 0; i < b->more_count; i++)
        bytes += b->more[i].len;
    for (size_t i = 0; i < count; i++)
        bytes += args[i].len;
    char *first = buf_reserve(out, bytes);
    if (!first)
        return false;
    char *at = put_number(first, '*', b->written_count + b->more_count + count);
    at = put_str(at, b->written);
    for (size_t i = 0; i < b->more_count; i++)
        at = put_bulk(at, b->more[i]);
    for (size_t i = 0; i < count; i++)
        at = b->are_bulks ? put_str(at, args[i]) : put_bulk(at, args[i]);
    buf_grew(out, (size_t)(at - first));
    return true;
}

bool resp_write(struct buf *out, const struct str *args, size_t count)
{
    return write_command(out, &(struct begin){ .written = STR("") }, args, count);
}

bool resp_write_ask(struct buf *out, const struct resp_ask *ask)
{
    const struct resp_script *script = ask->script;
    char digits[PUT_U64_MAX];
    if (!script)
        return resp_write(out, ask->args, ask->count);
    struct str keys = str_of(digits, (size_t)(put_u64(digits, ask->keys) - digits));
    const struct str whole[] = { STR("EVAL"), script->text, keys };
    struct begin begin = { .written = STR(""), .more = whole, .more_count = ARRAY_LEN(whole) };
    if (!ask->is_whole)
        begin = (struct begin){ .written = str_of(script->call, sizeof script->call), 2, &keys, 1 };
    begin.are_bulks = ask->are_bulks;
    return write_command(out, &begin, ask->args, ask->count);
}

void resp_script_init(struct resp_script *script, struct str text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    script->text = text;
    if (EVP_Digest(text.at, text.len, digest, &len, EVP_sha1(), NULL) != 1 || len != 20)
        memset(digest, 0, 20); /* without SHA-1 the server knows no such script, and is sent it in full */
    char sha1[40];
    hex_encode(sha1, digest, 20);
    put_str(put_str(put_str(script->call, STR("$7\r\nEVALSHA\r\n$40\r\n")), str_of(sha1, sizeof sha1)), STR("\r\n"));
}
