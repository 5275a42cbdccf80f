/* left.c - a few places in shared memory, each free, filled, or in the hands of one process. */
#include "proxy/edge/store/left.h"

#include "proxy/edge/store/table.h"

enum { FREE, FILLED, TAKEN /* by row 0; and so on */ };

/* A place in this state, now in the hands of the row; LEFT_MAX when there is none. */
static size_t seize(struct store *s, unsigned row, uint32_t state)
{
    for (size_t i = 0; i < LEFT_MAX; i++) {
        uint32_t now = state;
        if (atomic_load_explicit(&s->left_states[i], memory_order_relaxed) == state &&
            atomic_compare_exchange_strong(&s->left_states[i], &now, TAKEN + row))
            return i;
    }
    return LEFT_MAX;
}

bool left_put(struct store *s, unsigned row, const struct left_due *due)
{
    size_t at = due->name.len <= LEFT_NAME_MAX ? seize(s, row, FREE) : LEFT_MAX;
    if (at == LEFT_MAX)
        return false;
    s->left[at].due = *due;
    memcpy(s->left[at].name, due->name.at, due->name.len);
    atomic_fetch_add(&s->left_count, 1); /* first: who takes it at once must find it counted */
    atomic_store(&s->left_states[at], FILLED);
    return true;
}

bool left_any(const struct store *s)
{
    return atomic_load_explicit(&s->left_count, memory_order_relaxed) != 0;
}

bool left_take(struct store *s, unsigned row, char name[LEFT_NAME_MAX], struct left_due *due)
{
    size_t at = left_any(s) ? seize(s, row, FILLED) : LEFT_MAX;
    if (at == LEFT_MAX)
        return false;
    atomic_fetch_sub(&s->left_count, 1);
    *due = s->left[at].due;
    memcpy(name, s->left[at].name, due->name.len);
    due->name = str_of(name, due->name.len);
    due->op.key = STR_NONE;
    atomic_store(&s->left_states[at], FREE);
    return true;
}

void left_forget_row(struct store *s, unsigned row)
{
    for (size_t i = 0; i < LEFT_MAX; i++) {
        uint32_t taken = TAKEN + row;
        atomic_compare_exchange_strong(&s->left_states[i], &taken, FREE);
    }
}
