/* order.h - private to the room: words in reverse order. */
#ifndef TEXT_ORDER_H
#define TEXT_ORDER_H

#include "proxy/text/view_parts.h"

/* Once, before texts are looked at. */
void order_init(void);
/* Do the neighbours of the key word text[start, end) stand on its wrong sides, and words around too? Not asked again before *judged. */
bool order_is_turned_at(struct str text, size_t start, size_t end, size_t *judged, uint64_t *work);
/* Does a text begin in the middle of a sentence, or end with the beginning of one, and its first words stand the wrong way round? */
bool order_is_turned(struct str text, uint64_t *work);
/* The words from the last to the first. */
bool order_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* Are each two words of the text swapped? Told from its beginning. */
bool order_is_swapped(struct str text, uint64_t *work);
bool swapped_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;

#endif
