/* disguise.h - what was found in the texts of one request, what stands for each value, and the way back.
 *
 * The same value is disguised the same in all texts, and everywhere: once a name was found where words around it told that it is
 * one, it is a name where they do not, too. No stand-in is alike a value, another stand-in or anything that a text has anyway: what is
 * put back in a disguised text gives the text, byte by byte, which is tried on each before it is used. */
#ifndef DETECT_DISGUISE_H
#define DETECT_DISGUISE_H

#include "filters/detect/pseudonym.h"
#include "filters/detect/replacer.h"

struct disguise;

struct disguise_options {
    bool realistic; /* pseudonyms; else placeholders: [EMAIL_1] */
    bool goes_back; /* will be put back: stand-ins must be told from all else */
    unsigned char key[HMAC_BYTES]; /* of pseudonyms */
    const struct pattern_set *set; /* in which all was found; NULL: pseudonyms follow no expression */
};

/* All in the arena. NULL at its ceiling. */
struct disguise *disguise_new(struct arena *a, const struct disguise_options *options);
/* text[start, end) is a value of that kind. Texts are added in their order, and in each its values in theirs; `text` stays.
 * False at a ceiling. */
bool disguise_add(struct disguise *d, struct str text, size_t start, size_t end, const struct sensitive *row) MUST_USE;
/* Chooses what stands for each value. `texts` are all that will be disguised. False at a ceiling, or when no stand-ins can be found
 * that are told from the texts: *why says so. */
bool disguise_choose(struct disguise *d, const struct str *texts, size_t n, const char **why) MUST_USE;
/* The text as it is to be read, in the arena; the text itself when there is nothing in it. at == NULL at the ceiling. */
struct str disguise_text(struct disguise *d, struct str text);

/* From stand-ins to values. */
const struct replacer *disguise_back(const struct disguise *d);
/* Is it a stand-in of this exchange? */
bool disguise_knows(const struct disguise *d, struct str stand_in);
size_t disguise_count(const struct disguise *d);

#endif
