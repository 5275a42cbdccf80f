/* media.c - Content-Type, RFC 9110 §8.3. */
#include "proxy/http/media.h"

struct str media_type(struct str value, struct str *charset)
{
    struct str type = str_trim(str_cut(&value, ';'));
    *charset = STR_NONE;
    while (value.at) {
        struct str parameter = str_trim(str_cut(&value, ';'));
        struct str name = str_trim(str_cut(&parameter, '='));
        if (!str_eq_nocase(name, STR("charset")))
            continue;
        if (charset->at) {
            *charset = STR("");
            return type;
        }
        parameter = str_trim(parameter);
        if (parameter.len >= 2 && parameter.at[0] == '"' && parameter.at[parameter.len - 1] == '"')
            parameter = str_of(parameter.at + 1, parameter.len - 2);
        *charset = parameter.at ? parameter : STR("");
    }
    return type;
}

bool media_is_json(struct str type)
{
    return str_eq_nocase(type, STR("application/json")) ||
           (str_starts_nocase(type, STR("application/")) && type.len > 5 &&
            str_eq_nocase(str_from(type, type.len - 5), STR("+json")));
}
