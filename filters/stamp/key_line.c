/* key_line.c - a key of ours as a field line. */
#include "filters/stamp/key_line.h"

#include "config/setting.h"
#include "proxy/base/log.h"

enum { KEY_BYTES_MAX = 8192 };

/* What could end the line, or is no text, is no key. */
static bool is_field_value(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || (unsigned char)s.at[i] >= 0x7f)
            return false;
    return s.len > 0;
}

bool key_line_load(const struct secret_source *source, const char *field, const char *whose, struct secret *line)
{
    struct secret key = { 0 };
    struct buf text;
    char why[160] = "it is no single line of text";
    buf_init(&text, KEY_BYTES_MAX + 64);
    bool ok = secret_source_load(source, &key, KEY_BYTES_MAX, why) && is_field_value(secret_reveal(&key)) &&
              buf_add(&text, str_c(field)) && buf_add(&text, secret_reveal(&key)) && buf_add(&text, STR("\r\n")) &&
              secret_set(line, buf_str(&text));
    if (!ok)
        log_error("%s: the key cannot be used: %s", whose, why);
    buf_wipe(&text);
    secret_finish(&key);
    return ok;
}
