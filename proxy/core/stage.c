/* stage.c - the rows behind the enums. */
#include "proxy/core/stage.h"

const struct stage_row STAGES[STAGE_COUNT] = {
#define STAGE(NAME, word, part, about) { #word, #part, about },
#include "proxy/core/stages.def"
#undef STAGE
};

const struct reason_row REASONS[WHY_COUNT] = {
#define REASON(NAME, word, status, type, retry, sentence) { #word, type, sentence, status, retry },
#include "proxy/core/reasons.def"
#undef REASON
};
