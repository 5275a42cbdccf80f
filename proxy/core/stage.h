/* stage.h - the enums that stages.def and reasons.def make. */
#ifndef CORE_STAGE_H
#define CORE_STAGE_H

#include "proxy/base/str.h"

enum stage {
#define STAGE(NAME, word, part, about) STAGE_##NAME,
#include "proxy/core/stages.def"
#undef STAGE
    STAGE_COUNT
};

enum reason {
#define REASON(NAME, word, status, type, retry, sentence) WHY_##NAME,
#include "proxy/core/reasons.def"
#undef REASON
    WHY_COUNT
};

enum retry_advice { RETRY, FINAL, SILENT };

struct reason_row {
    const char *word, *type, *sentence;
    unsigned status;
    enum retry_advice retry;
};
extern const struct reason_row REASONS[WHY_COUNT];

struct stage_row {
    const char *word, *part, *about;
};
extern const struct stage_row STAGES[STAGE_COUNT];

/* NEXT: go on with the next step. WAIT: exchange_wait was told who continues. STOP: the exchange was ended by a refusal. */
enum verdict { NEXT, WAIT, STOP };

#endif
