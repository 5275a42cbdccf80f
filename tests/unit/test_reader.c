/* test_reader.c - the strict HTTP/1.1 reader: what it serves, what it refuses, and that cuts do not matter. */
#include "proxy/http/parse.h"
#include "proxy/http/reader.h"
#include "tests/harness/check.h"
#include "tests/unit/http_transcript.h"

static struct http_limits limits;

/* The transcript of the whole, after checking that every way of cutting gives the same. Static: valid until the next.
 */
static struct str read_all(enum http_kind kind, bool answers_head, struct str raw)
{
    static struct buf whole;
    struct buf cut;
    struct http_reader r;
    buf_finish(&whole);
    buf_init(&whole, 1 << 24);
    buf_init(&cut, 1 << 24);
    for (size_t way = 0; way <= raw.len; way++) {
        /* way 0 is whole, 1 byte by byte, the others one cut; long ones only at every 97th byte */
        if (way > 1 && raw.len > 4000 && way % 97)
            continue;
        size_t one = 1;
        buf_clear(&cut);
        http_reader_init(&r, kind, &limits);
        if (kind == HTTP_RESPONSES)
            http_reader_expect(&r, answers_head);
        transcript(way ? &cut : &whole, &r, raw,
                   way == 0   ? NULL
                   : way == 1 ? transcript_cut_every
                              : transcript_cut_at,
                   way == 1 ? &one : &way);
        http_reader_finish(&r);
        if (way && !check_str(buf_str(&cut), buf_str(&whole), __FILE__, __LINE__, "read in pieces")) {
            printf("  cut %zu of [" STR_F "]\n", way, STR_A(raw));
            break;
        }
    }
    buf_finish(&cut);
    return buf_str(&whole);
}

static struct str read_requests(struct str raw)
{
    limits = HTTP_LIMITS_DEFAULT;
    return read_all(HTTP_REQUESTS, false, raw);
}

static struct str read_responses(struct str raw)
{
    limits = HTTP_LIMITS_DEFAULT;
    return read_all(HTTP_RESPONSES, false, raw);
}

/* The refusal of a transcript, "" without one. */
static struct str refusal(struct str text)
{
    size_t at = str_starts(text, STR("bad ")) ? 0 : str_find_str(text, STR("\nbad "));
    struct str rest = str_from(text, at + (text.len && text.at[0] == '\n'));
    if (at && at < text.len)
        rest = str_from(text, at + 1);
    return str_first(rest, str_find(rest, '\n'));
}

#define REQUEST(fields) "POST /v1/x HTTP/1.1\r\nHost: a\r\n" fields
#define CHUNKED         REQUEST("Transfer-Encoding: chunked\r\n\r\n")

static const struct {
    const char *raw, *bad;
} REFUSED[] = {
    /* lines */
    { "GET / HTTP/1.1\nHost: a\r\n\r\n", "bad 400 bare LF" },
    { REQUEST("X: 1\nY: 2\r\n\r\n"), "bad 400 bare LF" },
    { REQUEST("X: 1\rY: 2\r\n\r\n"), "bad 400 bare CR" },
    { REQUEST("X: 1\r\n\rY"), "bad 400 bare CR" },
    { REQUEST("\n"), "bad 400 bare LF" },
    { "GET / HTTP/1.1\rHost: a\r\n\r\n", "bad 400 bare CR" },
    { "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad 400 bare LF" },
    { "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad 400 bad method" },
    { "\rGET / HTTP/1.1\r\n", "bad 400 bare CR" },
    /* the request line */
    { " GET / HTTP/1.1\r\n", "bad 400 bad method" },
    { "GET\t/ HTTP/1.1\r\n", "bad 400 bad method" },
    { "G@T / HTTP/1.1\r\n", "bad 400 bad method" },
    { "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n", "bad 400 bad method" },
    { "GET  / HTTP/1.1\r\n", "bad 400 request line without its three parts" },
    { "GET / HTTP/1.1 \r\n", "bad 400 no HTTP version" },
    { "GET /a b HTTP/1.1\r\n", "bad 400 no HTTP version" },
    { "GET /\r\n", "bad 400 request line without its three parts" },
    { "GET\r\n", "bad 400 bad method" },
    { "GET HTTP/1.1\r\n", "bad 400 request line without its three parts" },
    { "GET / http/1.1\r\n", "bad 400 no HTTP version" },
    { "GET / HTTP/1\r\n", "bad 400 no HTTP version" },
    { "GET / HTTP/01.1\r\n", "bad 400 no HTTP version" },
    { "GET / HTTP/1.2\r\n", "bad 505 HTTP version other than 1.0 and 1.1" },
    { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "bad 505 HTTP version other than 1.0 and 1.1" },
    { "GET / HTTP/0.9\r\n", "bad 505 HTTP version other than 1.0 and 1.1" },
    { "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "bad 501 CONNECT is not offered" },
    /* the target */
    { "GET a HTTP/1.1\r\n", "bad 400 target of no known form" },
    { "GET * HTTP/1.1\r\n", "bad 400 asterisk as target of another method than OPTIONS" },
    { "GET /#f HTTP/1.1\r\n", "bad 400 fragment in the target" },
    { "GET /?q#f HTTP/1.1\r\n", "bad 400 fragment in the target" },
    { "GET /%4 HTTP/1.1\r\n", "bad 400 bad percent-encoding in the target" },
    { "GET /%4g HTTP/1.1\r\n", "bad 400 bad percent-encoding in the target" },
    { "GET /a\\b HTTP/1.1\r\n", "bad 400 byte in the target that must be percent-encoded" },
    { "GET /?\xc3\xa9 HTTP/1.1\r\n", "bad 400 byte in the target that must be percent-encoded" },
    { "GET /\x01 HTTP/1.1\r\n", "bad 400 byte in the target that must be percent-encoded" },
    { "GET /\x7f HTTP/1.1\r\n", "bad 400 byte in the target that must be percent-encoded" },
    { "GET ftp://a/ HTTP/1.1\r\n", "bad 400 target of no known form" },
    { "GET http:/// HTTP/1.1\r\n", "bad 400 bad authority in the target" },
    { "GET http://u@a/ HTTP/1.1\r\n", "bad 400 bad authority in the target" },
    { "GET http://a#f HTTP/1.1\r\n", "bad 400 fragment in the target" },
    { "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "bad 400 host differs from the target's" },
    { "GET http://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n", "bad 400 host differs from the target's" },
    /* the host */
    { "GET / HTTP/1.1\r\n\r\n", "bad 400 no host" },
    { "GET http://a/ HTTP/1.1\r\n\r\n", "bad 400 no host" },
    { "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "bad 400 field twice that may come only once" },
    { "GET / HTTP/1.1\r\nHost:\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: a:8a\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: [1.2.3.4]\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.1\r\nHost: a%2\r\n\r\n", "bad 400 bad host" },
    { "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", "bad 400 bad host" },
    /* field lines */
    { REQUEST(" X: 1\r\n\r\n"), "bad 400 folded field line" },
    { REQUEST("\tX: 1\r\n\r\n"), "bad 400 folded field line" },
    { "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", "bad 400 folded field line" },
    { REQUEST("X : 1\r\n\r\n"), "bad 400 white space in or after a field name" },
    { REQUEST("X Y: 1\r\n\r\n"), "bad 400 white space in or after a field name" },
    { REQUEST(": 1\r\n\r\n"), "bad 400 field line without a name" },
    { REQUEST("X\r\n\r\n"), "bad 400 field line without a colon" },
    { REQUEST("X@: 1\r\n\r\n"), "bad 400 byte in a field name that is none of a token" },
    { REQUEST("X\xc3\xa9: 1\r\n\r\n"), "bad 400 byte in a field name that is none of a token" },
    { REQUEST("X: \x01\r\n\r\n"), "bad 400 control byte in a field value" },
    { REQUEST("X: 12345678\x7f\r\n\r\n"), "bad 400 control byte in a field value" },
    { REQUEST("X: \x0b"
              "1\r\n\r\n"),
      "bad 400 control byte in a field value" },
    { REQUEST("Content_Length: 5\r\n\r\n"), "bad 400 underscore in the name of a field that matters" },
    { REQUEST("X_Forwarded_User: a\r\n\r\n"), "bad 400 underscore in the name of a field that matters" },
    { REQUEST("x-forwarded_for: a\r\n\r\n"), "bad 400 underscore in the name of a field that matters" },
    { REQUEST("x_ms_client_principal: a\r\n\r\n"), "bad 400 underscore in the name of a field that matters" },
    { REQUEST("API_KEY: a\r\n\r\n"), "bad 400 underscore in the name of a field that matters" },
    { REQUEST("Authorization: a\r\nAuthorization: a\r\n\r\n"), "bad 400 field twice that may come only once" },
    { REQUEST("Content-Type: a/b\r\nContent-Type: a/c\r\n\r\n"), "bad 400 field twice that may come only once" },
    { REQUEST("Connection: close, x y\r\n\r\n"), "bad 400 connection option that is no token" },
    { REQUEST("Connection: authorization\r\n\r\n"), "bad 400 connection names a field that is not of one hop" },
    { REQUEST("Expect: 200-ok\r\n\r\n"), "bad 417 unknown expectation" },
    /* the body's length */
    { REQUEST("Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), "bad 400 field twice that may come only once" },
    { REQUEST("Content-Length: 5, 5\r\n\r\n"), "bad 400 bad content-length" },
    { REQUEST("Content-Length:\r\n\r\n"), "bad 400 bad content-length" },
    { REQUEST("Content-Length: +5\r\n\r\n"), "bad 400 bad content-length" },
    { REQUEST("Content-Length: -0\r\n\r\n"), "bad 400 bad content-length" },
    { REQUEST("Content-Length: 0x5\r\n\r\n"), "bad 400 bad content-length" },
    { REQUEST("Content-Length: 1 0\r\n\r\n"), "bad 400 bad content-length" },
    { REQUEST("Content-Length: 1_0\r\n\r\n"), "bad 400 bad content-length" },
    { REQUEST("Content-Length: 99999999999999999999\r\n\r\n"), "bad 400 bad content-length" },
    { REQUEST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
      "bad 400 content-length with transfer-encoding" },
    { REQUEST("Transfer-Encoding: gzip, chunked\r\n\r\n"), "bad 400 transfer-encoding other than chunked" },
    { REQUEST("Transfer-Encoding: chunked, chunked\r\n\r\n"), "bad 400 transfer-encoding other than chunked" },
    { REQUEST("Transfer-Encoding: ,chunked\r\n\r\n"), "bad 400 transfer-encoding other than chunked" },
    { REQUEST("Transfer-Encoding: xchunked\r\n\r\n"), "bad 400 transfer-encoding other than chunked" },
    { REQUEST("Transfer-Encoding:\r\n\r\n"), "bad 400 transfer-encoding other than chunked" },
    { REQUEST("Transfer-Encoding: chunked;a=b\r\n\r\n"), "bad 400 transfer-encoding other than chunked" },
    { REQUEST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
      "bad 400 field twice that may come only once" },
    { "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "bad 400 transfer-encoding in HTTP/1.0" },
    /* chunks */
    { CHUNKED "\r\n", "bad 400 bad chunk size" },
    { CHUNKED "g\r\n", "bad 400 bad chunk size" },
    { CHUNKED " 5\r\nhello\r\n", "bad 400 bad chunk size" },
    { CHUNKED "-1\r\n", "bad 400 bad chunk size" },
    { CHUNKED "5 \r\nhello\r\n", "bad 400 bad chunk extension" },
    { CHUNKED "0x5\r\nhello\r\n", "bad 400 bad chunk extension" },
    { CHUNKED "5;\r\nhello\r\n", "bad 400 bad chunk extension" },
    { CHUNKED "5;a=\r\nhello\r\n", "bad 400 bad chunk extension" },
    { CHUNKED "5;a=b c\r\nhello\r\n", "bad 400 bad chunk extension" },
    { CHUNKED "5;a=\"b\r\nhello\r\n", "bad 400 bad chunk extension" },
    { CHUNKED "5;a=\"b\\\r\nhello\r\n", "bad 400 bad chunk extension" },
    { CHUNKED "5;a=\"\x01\"\r\nhello\r\n", "bad 400 bad chunk extension" },
    { CHUNKED "5;a\rb\r\nhello\r\n", "bad 400 bare CR" },
    { CHUNKED "5\rhello\r\n", "bad 400 bare CR" },
    { CHUNKED "5\nhello\r\n", "bad 400 bare LF after a chunk size" },
    { CHUNKED "5;\nhello\r\n", "bad 400 bare LF after a chunk size" },
    { CHUNKED "FFFFFFFFFFFFFFFF\r\nhello\r\n", "bad 400 bad chunk size" },
    { CHUNKED "00000000000000005\r\nhello\r\n", "bad 400 chunk size of too many digits" },
    { CHUNKED "5\r\nhello\n", "bad 400 chunk data not ended by CRLF" },
    { CHUNKED "5\r\nhello!\r\n", "bad 400 chunk data not ended by CRLF" },
    { CHUNKED "5\r\nhello\rx", "bad 400 chunk data not ended by CRLF" },
    { CHUNKED "5\r\nhello0\r\n\r\n", "bad 400 chunk data not ended by CRLF" },
    { CHUNKED "0\r\n\n", "bad 400 bare LF in the trailers" },
    { CHUNKED "0\r\nX: 1\n\r\n", "bad 400 bare LF in the trailers" },
    { CHUNKED "0\r\nX\r\n\r\n", "bad 400 field line without a colon" },
    { CHUNKED "0\r\n X: 1\r\n\r\n", "bad 400 folded field line" },
    { CHUNKED "0\r\nX: \rY\r\n\r\n", "bad 400 bare CR" },
    { CHUNKED "0\r\nContent-Length: 5\r\n\r\n", "bad 400 field in the trailers that may not be there" },
    { CHUNKED "0\r\nAuthorization: x\r\n\r\n", "bad 400 field in the trailers that may not be there" },
};

TEST("whatever two readers could read differently is refused")
{
    for (size_t i = 0; i < ARRAY_LEN(REFUSED); i++)
        if (!CHECK_STR(refusal(read_requests(str_c(REFUSED[i].raw))), str_c(REFUSED[i].bad)))
            printf("  of [%s]\n", REFUSED[i].raw);
}

TEST("a NUL is refused wherever it stands")
{
    static const char raw[] = "GET /a?b HTTP/1.1\r\nHost: a\r\nX-Y: zz\r\n\r\n";
    for (size_t i = 0; i < sizeof raw - 1; i++) {
        char copy[sizeof raw];
        memcpy(copy, raw, sizeof raw);
        copy[i] = '\0';
        CHECK(refusal(read_requests(str_of(copy, sizeof raw - 1))).len);
    }
}

static const struct {
    const char *raw, *seen;
} SERVED[] = {
    { "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "head 0 [GET] [/] path [/] query 0 [] host [a] 1.1 keep\n 0 Host=a\ndone\nidle, fair to close\n" },
    { "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "head 0 [GET] [/] path [/] query 0 [] host [a] 1.1 keep\n 0 Host=a\ndone\nidle, fair to close\n" },
    { "\r\n", "idle, fair to close\n" },
    { "GET / HTTP/1.1\r\nHost: a\r\n", "unfinished, unfair to close\n" },
    { "GET /a%2Fb?c=d/?e HTTP/1.0\r\n\r\nrest",
      "head 0 [GET] [/a%2Fb?c=d/?e] path [/a%2Fb] query 1 [c=d/?e] host [] 1.0\ndone\n" },
    { "get //x? HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n",
      "head 9 [get] [//x?] path [//x] query 1 [] host [a] 1.0 keep\n 0 Host=a\n 3 Connection=Keep-Alive\ndone\n"
      "idle, fair to close\n" },
    { "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "head 5 [OPTIONS] [*] path [*] query 0 [] host [[::1]:80] 1.1 "
                                                      "keep\n 0 Host=[::1]:80\ndone\nidle, fair to close\n" },
    { "GET http://A:80/b?c HTTP/1.1\r\nhost: a:80\r\n\r\n",
      "head 0 [GET] [http://A:80/b?c] path [/b] query 1 [c] host [a:80] 1.1 keep\n 0 host=a:80\ndone\n"
      "idle, fair to close\n" },
    { "GET HTTPS://a HTTP/1.1\r\nHost: a\r\n\r\n",
      "head 0 [GET] [HTTPS://a] path [/] query 0 [] host [a] 1.1 keep\n 0 Host=a\ndone\nidle, fair to close\n" },
    { "GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n",
      "head 0 [GET] [http://a?b] path [/] query 1 [b] host [a] 1.1 keep\n 0 Host=a\ndone\nidle, fair to close\n" },
    { "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n",
      "head 5 [OPTIONS] [http://a] path [*] query 0 [] host [a] 1.1 keep\n 0 Host=a\ndone\nidle, fair to close\n" },
    { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \t005 \t\r\nX_y:\r\nZ:  a\tb\xff  \r\n\r\nhelloGET / "
      "HTTP/1.0\r\n\r\n",
      "head 2 [POST] [/] path [/] query 0 [] host [a] 1.1 keep length 5\n 0 Host=a\n 1 Content-Length=005\n 20 X_y=\n"
      " 20 Z=a\tb\xff\nbody [hello]\ndone\nhead 0 [GET] [/] path [/] query 0 [] host [] 1.0\ndone\n" },
    { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: x, ,CLOSE,\r\n\r\n\r\n",
      "head 2 [POST] [/] path [/] query 0 [] host [a] 1.1 length 0\n 0 Host=a\n 1 Content-Length=0\n"
      " 3 Connection=x, ,CLOSE,\ndone\n" },
    { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\nx",
      "head 2 [POST] [/] path [/] query 0 [] host [a] 1.1 keep expect length 2\n 0 Host=a\n 1 Content-Length=2\n"
      " 4 Expect=100-Continue\nbody [x]\nunfinished, unfair to close\n" },
    { "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
      "head 0 [GET] [/] path [/] query 0 [] host [a] 1.1 keep upgrade\n 0 Host=a\n 3 Connection=keep-alive, Upgrade\n"
      " 12 Upgrade=websocket\ndone\nidle, fair to close\n" },
    { "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED \r\n\r\n5\r\nhello\r\nA;x;y=z ; q = \"a\\\"b;\"\r\n "
      "123456789\r\n"
      "0;last\r\nX-Sum: 1\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
      "head 3 [PUT] [/] path [/] query 0 [] host [a] 1.1 keep chunked\n 0 Host=a\n 2 Transfer-Encoding=CHUNKED\n"
      "body [hello 123456789]\ndone\nhead 0 [GET] [/] path [/] query 0 [] host [b] 1.1 keep\n 0 Host=b\ndone\n"
      "idle, fair to close\n" },
    { "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n000\r\n\r\n",
      "head 3 [PUT] [/] path [/] query 0 [] host [a] 1.1 keep chunked\n 0 Host=a\n 2 Transfer-Encoding=chunked\ndone\n"
      "idle, fair to close\n" },
};

TEST("valid requests are served, one after the other")
{
    for (size_t i = 0; i < ARRAY_LEN(SERVED); i++)
        CHECK_STR(read_requests(str_c(SERVED[i].raw)), str_c(SERVED[i].seen));
}

/* Whole, the line is long enough for the quick way; byte by byte it is never seen whole, so the strict way reads it. */
TEST("every byte of a field line is judged alike in one step and piece by piece")
{
    static const char before[] = "GET / HTTP/1.1\r\nHost: a\r\n", line[] = "X-Name: v w\r\n";
    char raw[] = "GET / HTTP/1.1\r\nHost: a\r\nX-Name: v w\r\nX-Padding: 0123456789abcdef\r\n\r\n";
    for (size_t i = sizeof before - 1; i < sizeof before + sizeof line - 2; i++) {
        char was = raw[i];
        for (unsigned byte = 0; byte < 256; byte++) {
            raw[i] = (char)byte;
            CHECK(read_requests(str_of(raw, sizeof raw - 1)).len > 0);
        }
        raw[i] = was;
    }
}

TEST("responses are read by length, by chunks, until close, and without a body")
{
    CHECK_STR(
        read_responses(STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n"
                           "HTTP/1.1 304 Not\tso\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200\r\n\r\nto the end")),
        STR("head 200 [OK] 1.1 keep length 2\n 1 Content-Length=2\nbody [hi]\ndone\n"
            "head 204 [] 1.1 keep length 0\n 1 Content-Length=0\ndone\n"
            "head 304 [Not\tso] 1.1 keep length 9\n 1 Content-Length=9\ndone\n"
            "head 200 [] 1.1 until-close\nbody [to the end]\nunfinished, fair to close\n"));
    CHECK_STR(
        read_responses(STR("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")),
        STR("head 100 [Continue] 1.1 keep\ndone\nhead 103 [Early] 1.1 keep\n 20 Link=x\ndone\n"
            "head 200 [OK] 1.1 keep chunked\n 2 Transfer-Encoding=chunked\nbody [a]\ndone\nidle, fair to close\n"));
    limits = HTTP_LIMITS_DEFAULT;
    CHECK_STR(
        read_all(HTTP_RESPONSES, true, STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.0 200 OK\r\n\r\n")),
        STR("head 200 [OK] 1.1 keep length 2\n 1 Content-Length=2\ndone\nhead 200 [OK] 1.0\ndone\n"));
}

static const struct {
    const char *raw, *bad;
} REFUSED_RESPONSES[] = {
    { "HTTP/1.1 99 X\r\n\r\n", "bad 400 bad status line" },
    { "HTTP/1.1 600 X\r\n\r\n", "bad 400 bad status line" },
    { "HTTP/1.1 2000 X\r\n\r\n", "bad 400 bad status line" },
    { "HTTP/1.1  200 X\r\n\r\n", "bad 400 bad status line" },
    { "HTTP/1.1 +20 X\r\n\r\n", "bad 400 bad status line" },
    { "HTTP/1.1 200 \x01\r\n\r\n", "bad 400 control byte in the reason" },
    { "HTTP/2 200 OK\r\n\r\n", "bad 400 no HTTP version" },
    { "\r\nHTTP/1.1 200 OK\r\n\r\n", "bad 400 no HTTP version" },
    { "ICY 200 OK\r\n\r\n", "bad 400 no HTTP version" },
    { "HTTP/1.1 200 OK\nX: 1\r\n\r\n", "bad 400 bare LF" },
    { "HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
      "bad 400 protocol switched that nobody asked for" },
    { "HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n", "bad 400 body announced with a status that has none" },
    { "HTTP/1.1 100 X\r\nContent-Length: 1\r\n\r\n", "bad 400 body announced with a status that has none" },
    { "HTTP/1.1 200 X\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "bad 400 content-length with transfer-encoding" },
    { "HTTP/1.0 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", "bad 400 transfer-encoding in HTTP/1.0" },
    { "HTTP/1.1 200 X\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
      "bad 400 field twice that may come only once" },
    { "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad 400 bad chunk size" },
};

TEST("an upstream's answer is read as strictly as a request")
{
    for (size_t i = 0; i < ARRAY_LEN(REFUSED_RESPONSES); i++)
        CHECK_STR(refusal(read_responses(str_c(REFUSED_RESPONSES[i].raw))), str_c(REFUSED_RESPONSES[i].bad));
}

/* front + `n` times `c` + back. */
static struct str padded(const char *front, size_t n, char c, const char *back)
{
    static struct buf b;
    buf_finish(&b);
    buf_init(&b, 1 << 24);
    transcript_add(&b, str_c(front));
    for (size_t i = 0; i < n; i++)
        transcript_add(&b, str_of(&c, 1));
    transcript_add(&b, str_c(back));
    return buf_str(&b);
}

TEST("lines, fields and heads end at their limits, to the byte")
{
    limits =
        (struct http_limits){ .line_bytes = 40, .field_bytes = 30, .head_bytes = 100, .fields = 3, .body_bytes = 9 };
    const char *rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(!refusal(read_all(HTTP_REQUESTS, false, padded("GET /", 40 - 14, 'a', rest))).len);
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, padded("GET /", 40 - 13, 'a', rest))),
              STR("bad 414 request line too long"));
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, padded("GET /", 900, 'a', rest))),
              STR("bad 414 request line too long"));
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, padded("", 900, 'A', rest))), STR("bad 400 bad method"));
    CHECK_STR(refusal(read_all(HTTP_RESPONSES, false, padded("HTTP/1.1 200 ", 900, 'A', "\r\n\r\n"))),
              STR("bad 400 status line too long"));
    CHECK(!refusal(read_all(HTTP_REQUESTS, false, padded("GET / HTTP/1.1\r\nHost: a\r\nX:", 28, 'b', "\r\n\r\n"))).len);
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, padded("GET / HTTP/1.1\r\nHost: a\r\nX:", 29, 'b', "\r\n\r\n"))),
              STR("bad 431 field too long"));
    const char *two = "GET / HTTP/1.1\r\nHost: a\r\nXXXXXXXXXXXX: 1234567890\r\nX:"; /* 53 bytes, then 28, then 2 */
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, padded(two, 28, 'b', "\r\nA: b\r\n\r\n"))),
              STR("bad 431 too many fields"));
    limits.fields = 10;
    CHECK(!refusal(read_all(HTTP_REQUESTS, false, padded(two, 28, 'b', "\r\nABC: defghijk\r\n\r\n"))).len);
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, padded(two, 28, 'b', "\r\nABC: defghijkl\r\n\r\n"))),
              STR("bad 431 head too long"));
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, padded(two, 28, 'b', "\r\nAB: defghijklmno\r\n\r\n"))),
              STR("bad 431 head too long"));
}

TEST("bodies end at their limit, announced or in chunks, and chunk lines and trailers at theirs")
{
    limits = HTTP_LIMITS_DEFAULT;
    limits.body_bytes = 9;
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, STR(REQUEST("Content-Length: 10\r\n\r\n0123456789")))),
              STR("bad 413 content-length above the limit"));
    CHECK(!refusal(read_all(HTTP_REQUESTS, false, STR(CHUNKED "5\r\n01234\r\n4\r\n0123\r\n0\r\n\r\n"))).len);
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, STR(CHUNKED "5\r\n01234\r\n5\r\n01234\r\n0\r\n\r\n"))),
              STR("bad 413 body above the limit"));
    CHECK_STR(refusal(read_all(HTTP_REQUESTS, false, STR(CHUNKED "7fffffffffffffff\r\n"))),
              STR("bad 413 body above the limit"));
    CHECK_STR(read_all(HTTP_RESPONSES, false, STR("HTTP/1.0 200 OK\r\n\r\n0123456789")),
              STR("head 200 [OK] 1.0 until-close\nbody [012345678]\nbad 413 body above the limit\n"));
    CHECK_STR(refusal(read_requests(padded(CHUNKED "1;", 1022, 'a', "\r\nx\r\n"))), STR(""));
    CHECK_STR(refusal(read_requests(padded(CHUNKED "1;", 1023, 'a', "\r\nx\r\n"))), STR("bad 400 chunk line too long"));
    CHECK_STR(refusal(read_requests(padded(CHUNKED "1;", 70000, 'a', "\r\nx\r\n"))),
              STR("bad 400 chunk line too long"));
    CHECK_STR(refusal(read_requests(padded(CHUNKED "0\r\nX:", 9000, 'a', "\r\n\r\n"))),
              STR("bad 431 trailers too long"));
    struct buf many;
    buf_init(&many, 1 << 20);
    transcript_add(&many, STR(CHUNKED));
    for (int i = 0; i < 1000; i++)
        transcript_add(&many, STR("1;aaaaaaaaaaaaaaaaaaaa\r\nx\r\n"));
    CHECK_STR(refusal(read_requests(buf_str(&many))), STR("bad 400 too much of chunk extensions"));
    buf_finish(&many);
}

TEST("a route's own ceiling holds for its body, and only for that")
{
    struct http_reader r;
    size_t used;
    struct str piece, in = STR(REQUEST("Content-Length: 5\r\n\r\n"));
    http_reader_init(&r, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
    CHECK_INT(http_reader_next(&r, in, &used, &piece), HTTP_HEAD);
    CHECK(!http_reader_limit_body(&r, 4));
    CHECK(http_reader_limit_body(&r, 5));
    http_reader_finish(&r);
    http_reader_init(&r, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
    CHECK_INT(http_reader_next(&r, STR(CHUNKED), &used, &piece), HTTP_HEAD);
    CHECK(http_reader_limit_body(&r, 4));
    CHECK_INT(http_reader_next(&r, STR("5\r\nhello\r\n"), &used, &piece), HTTP_BAD);
    CHECK_INT(r.bad.status, 413);
    CHECK_INT(http_reader_next(&r, STR("5\r\nhello\r\n"), &used, &piece), HTTP_BAD);
    http_reader_finish(&r);
}

TEST("a head is asked by kind, by name and by token, and follows its bytes")
{
    static const char raw[] =
        "GET /p?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-A: 1\r\nx-a: 2\r\nconnection: x, Y\r\n\r\n";
    char first[sizeof raw], second[sizeof raw];
    struct http_reader r;
    size_t used;
    struct str piece;
    memcpy(first, raw, sizeof raw);
    memcpy(second, raw, sizeof raw);
    http_reader_init(&r, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
    CHECK_INT(http_reader_next(&r, str_of(first, sizeof raw - 1), &used, &piece), HTTP_HEAD);
    http_head_rebase(&r.head, first, second);
    memset(first, 'x', sizeof first);
    CHECK_STR(r.head.path, STR("/p"));
    CHECK_STR(r.head.query, STR("q"));
    CHECK_STR(r.head.host, STR("a"));
    CHECK(r.head.reason.at == NULL);
    CHECK_STR(http_known_value(&r.head, HTTP_FIELD_HOST), STR("a"));
    CHECK(http_known_value(&r.head, HTTP_FIELD_COOKIE).at == NULL);
    CHECK_STR(http_field_value(&r.head, STR("X-a")), STR("1"));
    CHECK_INT(http_field_count(&r.head, STR("X-a")), 2);
    CHECK(http_field_has_token(&r.head, HTTP_FIELD_CONNECTION, STR("y")));
    CHECK(http_field_has_token(&r.head, HTTP_FIELD_CONNECTION, STR("Close")));
    CHECK(!http_field_has_token(&r.head, HTTP_FIELD_CONNECTION, STR("z")));
    CHECK_STR(str_c(http_status_phrase(429)), STR("Too Many Requests"));
    CHECK_STR(str_c(http_status_phrase(599)), STR("Unknown"));
}

TEST("every known field is known, in any case, and nothing else is")
{
#define X(name, word)                                                                                                  \
    CHECK_INT(http_known_of(STR(word)), HTTP_FIELD_##name);                                                            \
    {                                                                                                                  \
        char upper[] = word;                                                                                           \
        for (size_t i = 0; i < sizeof upper - 1; i++)                                                                  \
            upper[i] = (char)(upper[i] >= 'a' && upper[i] <= 'z' ? upper[i] - 32 : upper[i]);                          \
        CHECK_INT(http_known_of(STR(upper)), HTTP_FIELD_##name);                                                       \
        upper[0] = '!';                                                                                                \
        CHECK_INT(http_known_of(STR(upper)), HTTP_FIELD_OTHER);                                                        \
    }
    HTTP_KNOWN_FIELDS(X)
#undef X
    CHECK_INT(http_known_of(STR("x")), HTTP_FIELD_OTHER);
    CHECK_INT(http_known_of(STR("a-very-long-name-of-a-field")), HTTP_FIELD_OTHER);
}

TEST("the table of byte classes is what the RFCs say")
{
    static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool an = c && strchr(alnum, c);
#define IN(set) (an || (c && strchr(set, c)))
        CHECK_INT(http_is(c, CHAR_TOKEN), IN("!#$%&'*+-.^_`|~"));
        CHECK_INT(http_is(c, CHAR_UNDERSCORE), c == '_');
        CHECK_INT(http_is(c, CHAR_UNRESERVED), IN("-._~"));
        CHECK_INT(http_is(c, CHAR_PATH), IN("-._~!$&'()*+,;=:@/"));
        CHECK_INT(http_is(c, CHAR_QUERY), IN("-._~!$&'()*+,;=:@/?"));
        CHECK_INT(http_is(c, CHAR_HOST), IN("-._~!$&'()*+;="));
        CHECK_INT(http_is(c, CHAR_VALUE), i == 9 || (i >= 0x20 && i != 0x7f));
        CHECK_INT(http_is(c, CHAR_QUOTED), i == 9 || (i >= 0x20 && i != 0x7f && c != '"' && c != '\\'));
        char eight[11] = "abcdefghij";
        for (int at = 0; at < 10; at++) {
            memcpy(eight, "abcdefghij", 10);
            eight[at] = c;
            CHECK_INT(http_is_value(str_of(eight, 10)), http_is(c, CHAR_VALUE));
        }
        char line[40];
        for (size_t at = 0; at < sizeof line; at++) {
            memset(line, 'a', sizeof line);
            line[at] = c;
            CHECK_INT(http_clean_run(str_of(line, sizeof line)), i >= 0x20 && i != 0x7f ? sizeof line : at);
        }
    }
}
