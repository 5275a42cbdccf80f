/* urls.c - addresses that no body may name, whatever the configuration says: they hand out credentials of the machine
 * that opens them. */
#include "proxy/core/dialect/parts.h"

#include "proxy/http/url.h"

/* Names under which clouds serve their metadata. */
static const struct str METADATA_NAMES[] = {
    STR_INIT("metadata"),
    STR_INIT("metadata.google.internal"),
    STR_INIT("metadata.goog"),
    STR_INIT("metadata.azure.internal"),
    STR_INIT("metadata.azure.com"),
    STR_INIT("instance-data"),
    STR_INIT("instance-data.ec2.internal"),
};

static bool host_is_never(struct str host)
{
    struct ip_address ip;
    if (host.len && host.at[host.len - 1] == '.')
        host.len--;
    if (ip_parse_lenient(host, &ip))
        return ip_leads_to_metadata(&ip);
    /* services that turn any name with an address in it into that address */
    return str_is_one_of_nocase(host, METADATA_NAMES, ARRAY_LEN(METADATA_NAMES)) ||
           str_find_str(host, STR("169.254.169.254")) < host.len ||
           str_find_str(host, STR("169-254-169-254")) < host.len;
}

/* Is it an address to who reads as browsers do (WHATWG URL §4.4), who need no slashes behind these schemes, skip blanks before
 * them and tabs and line ends anywhere? */
static bool is_browsers(struct str text)
{
    static const struct str SCHEMES[] = { STR_INIT("http"), STR_INIT("https"), STR_INIT("ws"),
                                          STR_INIT("wss"),  STR_INIT("ftp"),   STR_INIT("file") };
    char scheme[5];
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ':')
            return str_is_one_of_nocase(str_of(scheme, len), SCHEMES, ARRAY_LEN(SCHEMES));
        if (c == '\t' || c == '\n' || c == '\r' || (!len && (unsigned char)c <= ' '))
            continue;
        if (len == sizeof scheme)
            return false;
        scheme[len++] = c;
    }
    return false;
}

bool url_is_any(struct str text)
{
    return str_find_str(text, STR("://")) < text.len || is_browsers(text);
}

bool url_is_never(struct str text)
{
    struct url url;
    const char *why;
    if (url_parse(text, &url, &why))
        return host_is_never(url.host);
    /* No address at all (a name in a store, say) is the server's business; one that cannot be read surely is refused.
     */
    return url_is_any(text) || str_starts(text, STR("//")) || str_has(text, '\\');
}
