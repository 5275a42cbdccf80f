/* pseudonym_parts.h - the lists that pseudonyms are drawn from. Private to this folder. */
#ifndef DETECT_PSEUDONYM_PARTS_H
#define DETECT_PSEUDONYM_PARTS_H

#include "proxy/base/str.h"

/* ASCII, so that they come back as they went, whatever they are written in. */
extern const struct str GIVEN_NAMES[], FAMILY_NAMES[], STREETS[], TOWNS[];
extern const unsigned GIVEN_NAMES_COUNT, FAMILY_NAMES_COUNT, STREETS_COUNT, TOWNS_COUNT;

#endif
