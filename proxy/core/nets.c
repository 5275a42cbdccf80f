/* nets.c - a list of networks. */
#include "proxy/core/nets.h"

bool nets_read(struct arena *a, const struct texts *texts, bool *has_unix, struct problems *problems, struct nets *out)
{
    *out = (struct nets){ .at = arena_array(a, struct cidr, texts->count + 1) };
    bool ok = true;
    if (!out->at)
        return setting_no_memory(&(struct reading){ .problems = problems }, texts->count ? texts->spans[0] : (struct span){ 0 });
    for (size_t i = 0; i < texts->count; i++) {
        if (has_unix && str_eq(texts->at[i], STR("unix"))) {
            *has_unix = true;
        } else if (cidr_parse(texts->at[i], &out->at[out->count])) {
            out->count++;
        } else {
            problem(problems, texts->spans[i], "\"" STR_F "\" is no network such as 10.0.0.0/8 or fd00::/8", STR_A(texts->at[i]));
            ok = false;
        }
    }
    return ok;
}

bool nets_have(const struct nets *nets, const struct ip_address *ip)
{
    for (size_t i = 0; i < nets->count; i++)
        if (cidr_has(&nets->at[i], ip))
            return true;
    return false;
}
