/* view_kinds.c - the words for the ways in which a text is looked at. */
#include "proxy/text/views.h"

const char *const VIEW_KINDS_WORDS[VIEW_KINDS] = {
    [VIEW_PLAIN] = "plain", [VIEW_BARE] = "bare",         [VIEW_TIGHT] = "tight",
    [VIEW_LEET] = "leet",   [VIEW_REVERSED] = "reversed", [VIEW_UNSCRAMBLED] = "unscrambled",
    [VIEW_DECODED] = "decoded", [VIEW_PARTED] = "parted",
};
