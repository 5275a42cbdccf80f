/* table.c - the tables into which the fields of heads are read: taken from blocks that stay, since few are in use at once. */
#include "proxy/http/parse.h"

enum { BLOCK_TABLES = 4 };

/* Per process, like the chunks of arenas: those who read have one thread. */
struct block {
    struct block *next;
    struct http_table tables[BLOCK_TABLES];
};
static struct block *blocks;
static struct http_table *unused;

static bool add_block(void)
{
    struct block *b = malloc(sizeof *b);
    if (!b)
        return false;
    b->next = blocks;
    blocks = b;
    for (size_t i = 0; i < BLOCK_TABLES; i++)
        http_table_give(&b->tables[i]);
    return true;
}

struct http_table *http_table_take(void)
{
    if (!unused && !add_block())
        return NULL;
    struct http_table *t = unused;
    unused = t->next;
    return t;
}

void http_table_give(struct http_table *t)
{
    t->next = unused;
    unused = t;
}
