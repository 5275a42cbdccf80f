/* fuzz_url.c - URLs, paths, escapes and addresses: no byte outside is touched, and the readers agree with each other.
 */
#include "proxy/http/url.h"

#include <arpa/inet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(struct str s, struct arena *a)
{
    struct str decoded;
    if (!url_path_is_plain(s))
        return;
    assert(s.at[0] == '/' && !str_has(s, '\\') && !str_has(s, '\0'));
    /* a plain path can be decoded, and means the same afterwards */
    bool ok = url_decode(a, s, true, &decoded);
    assert(ok);
    assert(str_find_str(decoded, STR("//")) == decoded.len && str_find_str(decoded, STR("/../")) == decoded.len &&
           str_find_str(decoded, STR("/./")) == decoded.len && !str_ends(decoded, STR("/..")) &&
           !str_ends(decoded, STR("/.")));
}

static void check_escapes(struct str s, struct arena *a)
{
    struct buf out;
    struct str decoded;
    buf_init(&out, 3 * s.len + 1);
    bool ok = url_encode(&out, s);
    assert(ok);
    if (!str_has(s, '\0')) {
        ok = url_decode(a, buf_str(&out), false, &decoded);
        assert(ok && str_eq(decoded, s));
    }
    buf_finish(&out);
}

static void check_address(struct str s)
{
    struct ip_address strict, lenient, again;
    char text[64], copy[64];
    bool is_strict = ip_parse(s, &strict), is_lenient = ip_parse_lenient(s, &lenient);
    if (is_strict) {
        assert(is_lenient && memcmp(strict.bytes, lenient.bytes, 16) == 0);
        bool ok = ip_print(&strict, text, sizeof text) && ip_parse(str_c(text), &again);
        assert(ok && memcmp(strict.bytes, again.bytes, 16) == 0);
        (void)(ip_is_loopback(&strict) || ip_is_metadata(&strict) || ip_is_private(&strict));
    }
    /* what the C library takes for an IPv4 address we do not take for a name */
    struct in_addr in;
    if (s.len < sizeof copy && !str_has(s, '\0') && !str_has(s, ' ') && !str_has(s, '\t') && !str_has(s, '\n') &&
        !str_has(s, '\r') && !str_has(s, '\v') && !str_has(s, '\f')) {
        memcpy(copy, s.at, s.len);
        copy[s.len] = '\0';
        if (inet_aton(copy, &in))
            assert(is_lenient && memcmp(&in, lenient.bytes + 12, 4) == 0);
    }
    struct cidr net;
    if (cidr_parse(s, &net))
        assert(net.bits <= 128 && cidr_has(&net, &net.base));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_of((const char *)data, size), rest = s;
    struct arena a;
    struct url u;
    const char *why = NULL;
    size_t count;
    arena_init(&a, 1 << 24);
    if (url_parse(s, &u, &why)) {
        assert(u.host.len && u.port && !str_has(u.host, '@') && (!u.path.len || u.path.at[0] == '/'));
        assert(!u.host_is_v6 || ip_parse_lenient(u.host, &(struct ip_address){ .is_v4 = false }));
    } else {
        assert(why);
    }
    check_path(s, &a);
    check_escapes(s, &a);
    check_address(s);
    struct str name = str_cut(&rest, '=');
    (void)url_query_value(s, name, &count);
    assert(count <= size + 1);
    arena_finish(&a);
    return 0;
}
