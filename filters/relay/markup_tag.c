/* markup_tag.c - which tags are active by themselves, and which attributes hold addresses. */
#include "filters/relay/markup.h"

bool markup_tag_is_active(struct str tag)
{
    static const struct str tags[] = {
        STR_INIT("script"), STR_INIT("iframe"), STR_INIT("object"), STR_INIT("embed"),    STR_INIT("applet"),
        STR_INIT("frame"),  STR_INIT("form"),   STR_INIT("base"),   STR_INIT("meta"),     STR_INIT("link"),
        STR_INIT("style"),  STR_INIT("svg"),    STR_INIT("math"),   STR_INIT("frameset"), STR_INIT("portal"),
    };
    return str_is_one_of_nocase(tag, tags, ARRAY_LEN(tags));
}

bool markup_tag_fetches(struct str tag)
{
    static const struct str tags[] = { STR_INIT("image"), STR_INIT("feimage"), STR_INIT("use"), STR_INIT("link"), STR_INIT("script") };
    return str_is_one_of_nocase(tag, tags, ARRAY_LEN(tags));
}

enum markup_attribute markup_attribute_of(struct str name)
{
    static const struct {
        struct str name;
        enum markup_attribute kind;
    } rows[] = {
        { STR_INIT("href"), ATTRIBUTE_LINK },       { STR_INIT("xlink:href"), ATTRIBUTE_IMAGE },
        { STR_INIT("src"), ATTRIBUTE_IMAGE },       { STR_INIT("poster"), ATTRIBUTE_IMAGE },
        { STR_INIT("background"), ATTRIBUTE_IMAGE }, { STR_INIT("data"), ATTRIBUTE_IMAGE },
        { STR_INIT("action"), ATTRIBUTE_IMAGE },    { STR_INIT("formaction"), ATTRIBUTE_IMAGE },
        { STR_INIT("ping"), ATTRIBUTE_IMAGE },      { STR_INIT("lowsrc"), ATTRIBUTE_IMAGE },
        { STR_INIT("dynsrc"), ATTRIBUTE_IMAGE },    { STR_INIT("manifest"), ATTRIBUTE_IMAGE },
        { STR_INIT("codebase"), ATTRIBUTE_IMAGE },  { STR_INIT("srcset"), ATTRIBUTE_LIST },
        { STR_INIT("imagesrcset"), ATTRIBUTE_LIST }, { STR_INIT("style"), ATTRIBUTE_LIST },
        { STR_INIT("content"), ATTRIBUTE_LIST },    { STR_INIT("srcdoc"), ATTRIBUTE_LIST },
        { STR_INIT("archive"), ATTRIBUTE_LIST },    { STR_INIT("cite"), ATTRIBUTE_LINK },
        { STR_INIT("attributionsrc"), ATTRIBUTE_IMAGE },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(name, rows[i].name))
            return rows[i].kind;
    return ATTRIBUTE_OTHER;
}
