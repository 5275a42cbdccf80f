/* frame.c - what a whole head means for its body and its connection (RFC 9112 §6 and §9, RFC 9110 §7.2 and §10.1.1). */
#include "proxy/http/parse.h"

enum { LENGTH_DIGITS_MAX = 19 }; /* below 10^19, so it fits uint64_t */

/* Fields for the recipient of the content, which no hop may be told to drop. */
static const bool END_TO_END[HTTP_FIELD_OTHER + 1] = {
    [HTTP_FIELD_HOST] = true,        [HTTP_FIELD_CONTENT_LENGTH] = true, [HTTP_FIELD_AUTHORIZATION] = true,
    [HTTP_FIELD_API_KEY] = true,     [HTTP_FIELD_CONTENT_TYPE] = true,   [HTTP_FIELD_CONTENT_ENCODING] = true,
    [HTTP_FIELD_TRACEPARENT] = true, [HTTP_FIELD_COOKIE] = true,         [HTTP_FIELD_EXPECT] = true,
};

static bool read_framing(struct http_head *h, struct http_bad *bad)
{
    unsigned coding = h->first_known[HTTP_FIELD_TRANSFER_ENCODING], length = h->first_known[HTTP_FIELD_CONTENT_LENGTH];
    if (coding && length)
        return http_refuse(bad, 400, "content-length with transfer-encoding");
    if (coding && h->minor == 0)
        return http_refuse(bad, 400, "transfer-encoding in HTTP/1.0");
    if (coding && !str_eq_nocase(h->fields[coding - 1].value, STR("chunked")))
        return http_refuse(bad, 400, "transfer-encoding other than chunked");
    h->chunked = coding != 0;
    if (!length)
        return true;
    struct str digits = h->fields[length - 1].value;
    if (digits.len > LENGTH_DIGITS_MAX || !str_to_u64(digits, &h->content_length))
        return http_refuse(bad, 400, "bad content-length");
    h->has_length = true;
    return true;
}

static bool read_connection(struct http_head *h, struct http_bad *bad)
{
    bool close = false, keep = false, upgrade = false;
    for (size_t i = h->first_known[HTTP_FIELD_CONNECTION]; i && i <= h->fields_count; i++) {
        struct str rest = h->fields[i - 1].known == HTTP_FIELD_CONNECTION ? h->fields[i - 1].value : STR_NONE;
        while (rest.at) {
            struct str option = str_trim(str_cut(&rest, ','));
            if (!option.len)
                continue;
            if (!http_is_token(option))
                return http_refuse(bad, 400, "connection option that is no token");
            if (END_TO_END[http_known_of(option)])
                return http_refuse(bad, 400, "connection names a field that is not of one hop");
            close |= str_eq_nocase(option, STR("close"));
            keep |= str_eq_nocase(option, STR("keep-alive"));
            upgrade |= str_eq_nocase(option, STR("upgrade"));
        }
    }
    h->keep_alive = !close && (h->minor == 1 || keep);
    h->has_upgrade = upgrade && h->minor == 1 && h->first_known[HTTP_FIELD_UPGRADE];
    return true;
}

static bool read_host(struct http_head *h, struct http_bad *bad)
{
    if (!h->first_known[HTTP_FIELD_HOST])
        return h->minor == 0 || http_refuse(bad, 400, "no host");
    struct str host = http_known_value(h, HTTP_FIELD_HOST);
    if (!http_authority_is_valid(host))
        return http_refuse(bad, 400, "bad host");
    if (h->host.at && !str_eq_nocase(h->host, host))
        return http_refuse(bad, 400, "host differs from the target's");
    h->host = host;
    return true;
}

/* Only 100-continue exists; a 1.0 client does not wait (RFC 9110 §10.1.1). */
static bool read_expect(struct http_head *h, struct http_bad *bad)
{
    for (size_t i = h->first_known[HTTP_FIELD_EXPECT]; i && i <= h->fields_count; i++) {
        if (h->fields[i - 1].known != HTTP_FIELD_EXPECT)
            continue;
        if (!str_eq_nocase(h->fields[i - 1].value, STR("100-continue")))
            return http_refuse(bad, 417, "unknown expectation");
        h->expects_continue = h->minor == 1 && (h->chunked || h->content_length);
    }
    return true;
}

bool http_frame_request(struct http_head *h, struct http_bad *bad)
{
    return read_framing(h, bad) && read_host(h, bad) && read_connection(h, bad) && read_expect(h, bad);
}

bool http_response_has_body(const struct http_head *h, bool answers_head)
{
    return !answers_head && h->status >= 200 && h->status != 204 && h->status != 304;
}

bool http_frame_response(struct http_head *h, bool answers_head, struct http_bad *bad)
{
    if (!read_framing(h, bad) || !read_connection(h, bad))
        return false;
    bool is_bare = h->status < 200 || h->status == 204; /* RFC 9110 §8.6, RFC 9112 §6.1: neither field */
    if (is_bare && (h->chunked || h->content_length))
        return http_refuse(bad, 400, "body announced with a status that has none");
    if (h->status == 101)
        return http_refuse(bad, 400, "protocol switched that nobody asked for");
    if (http_response_has_body(h, answers_head) && !h->chunked && !h->has_length) {
        h->until_close = true;
        h->keep_alive = false;
    }
    return true;
}
