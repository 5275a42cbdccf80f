/* pattern_nodes.c - a tree as nodes, written from its end to its beginning, and how long a match may be. */
#include "filters/detect/pattern_tree.h"

/* ---- lengths ---- */

static uint64_t bounded(uint64_t n)
{
    return n < PATTERN_BYTES_MAX + 1 ? n : PATTERN_BYTES_MAX + 1; /* beyond it all lengths are one */
}

struct pattern_length pattern_tree_length(const struct tree *trees, uint32_t tree)
{
    const struct tree *t = &trees[tree];
    struct pattern_length a = { 0, 0 }, b = { 0, 0 };
    if (t->kind == TREE_THEN || t->kind == TREE_OR || t->kind == TREE_REPEAT)
        a = pattern_tree_length(trees, t->a);
    if (t->kind == TREE_THEN || t->kind == TREE_OR)
        b = pattern_tree_length(trees, t->b);
    switch (t->kind) {
    case TREE_BYTES:
        return (struct pattern_length){ 1, 1 };
    case TREE_THEN:
        return (struct pattern_length){ bounded(a.least + b.least), bounded(a.most + b.most) };
    case TREE_OR:
        return (struct pattern_length){ a.least < b.least ? a.least : b.least, a.most > b.most ? a.most : b.most };
    case TREE_REPEAT:
        return (struct pattern_length){ bounded(a.least * t->least), bounded(a.most * t->most) };
    default:
        return a;
    }
}

/* ---- writing nodes ---- */

static uint32_t add_node(struct pattern_set *set, struct pattern_node node)
{
    if (set->nodes_count == set->nodes_room) {
        uint32_t room = set->nodes_room ? set->nodes_room * 2 : 1024;
        struct pattern_node *more = room <= NODES_MAX ? realloc(set->nodes, room * sizeof *more) : NULL;
        if (!more)
            return STATE_UNKNOWN;
        set->nodes = more;
        set->nodes_room = room;
    }
    set->nodes[set->nodes_count] = node;
    return set->nodes_count++;
}

static uint32_t add_bytes(struct pattern_set *set, const struct byte_set *s, uint32_t next)
{
    uint32_t i = 0;
    while (i < set->sets_count && memcmp(&set->sets[i], s, sizeof *s) != 0)
        i++;
    if (i == set->sets_room) {
        uint32_t room = i ? i * 2 : 64;
        struct byte_set *more = realloc(set->sets, room * sizeof *more);
        if (!more)
            return STATE_UNKNOWN;
        set->sets = more;
        set->sets_room = room;
    }
    if (i == set->sets_count)
        set->sets[set->sets_count++] = *s;
    return add_node(set, (struct pattern_node){ .kind = NODE_BYTE, .next = next, .set = i });
}

/* The first node of the tree, which leads to `next`; STATE_UNKNOWN when there is no room. */
static uint32_t write_tree(const struct tree *trees, struct pattern_set *set, uint32_t tree, uint32_t next)
{
    const struct tree *t = &trees[tree];
    uint32_t to = next, other;
    if (next == STATE_UNKNOWN)
        return next;
    switch (t->kind) {
    case TREE_NOTHING:
        return next;
    case TREE_BYTES:
        return add_bytes(set, &t->bytes, next);
    case TREE_THEN:
        return write_tree(trees, set, t->a, write_tree(trees, set, t->b, next));
    case TREE_OR:
        to = write_tree(trees, set, t->a, next);
        other = write_tree(trees, set, t->b, next);
        if (to == STATE_UNKNOWN || other == STATE_UNKNOWN)
            return STATE_UNKNOWN;
        return add_node(set, (struct pattern_node){ .kind = NODE_FORK, .next = to, .other = other });
    case TREE_REPEAT:
        if (t->most == REPEAT_ENDLESS) {
            to = add_node(set, (struct pattern_node){ .kind = NODE_FORK, .next = next, .other = next });
            other = write_tree(trees, set, t->a, to);
            if (other == STATE_UNKNOWN)
                return other;
            set->nodes[to].next = other;
        }
        for (unsigned i = t->least; t->most != REPEAT_ENDLESS && i < t->most && to != STATE_UNKNOWN; i++) {
            to = write_tree(trees, set, t->a, to);
            if (to != STATE_UNKNOWN)
                to = add_node(set, (struct pattern_node){ .kind = NODE_FORK, .next = to, .other = next });
        }
        for (unsigned i = 0; i < t->least && to != STATE_UNKNOWN; i++)
            to = write_tree(trees, set, t->a, to);
        return to;
    case TREE_AT_WORD_END:
        return add_node(set, (struct pattern_node){ .kind = NODE_AT_WORD_END, .next = next });
    case TREE_INSIDE:
        return add_node(set, (struct pattern_node){ .kind = NODE_INSIDE, .next = next });
    }
    NOTREACHED("a tree without a kind");
}

uint32_t pattern_tree_write(const struct tree *trees, struct pattern_set *set, uint32_t tree, uint32_t pattern)
{
    uint32_t found = add_node(set, (struct pattern_node){ .kind = NODE_FOUND, .next = pattern });
    return write_tree(trees, set, tree, found);
}
