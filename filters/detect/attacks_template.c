/* attacks_template.c - look-ups of log4j, however their letters are hidden: ${jndi:ldap://…}, ${${lower:j}ndi:…}. */
#include "filters/detect/attacks_parts.h"

enum { LOOKUP_MAX = 192 };

/* Behind the first j that follows `${`: the other letters of jndi:, in their order, and the beginning of an address. */
void attack_template_lookup(struct attack_look *l, size_t to)
{
    static const char LETTERS[] = "ndi:";
    struct str s = str_first(str_from(l->text, to), l->work < LOOKUP_MAX ? l->work : LOOKUP_MAX);
    size_t at = 0, letter = 0;
    for (; at < s.len && s.at[at] != '\n' && LETTERS[letter]; at++)
        letter += ascii_lower(s.at[at]) == LETTERS[letter];
    l->work -= s.len;
    for (; at < s.len && s.at[at] != '\n'; at++)
        if (s.at[at] == ':' || (s.at[at] == '/' && at + 1 < s.len && s.at[at + 1] == '/')) {
            attack_note(l, RULE_TEMPLATE_JNDI, to - 1, to + at + 1);
            return;
        }
}
