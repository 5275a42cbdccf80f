/* node_send.c - what is on its way to one server: asks, and words of our own, in the order in which they are answered. */
#include "proxy/edge/redis/redis_parts.h"

enum { ROOM_FIRST = 64 };

/* ---- the row of what was sent ---- */

static size_t sent_count(const struct resp_node *n)
{
    return (size_t)(n->end - n->first);
}

static bool make_room(struct resp_node *n)
{
    if (sent_count(n) < n->room)
        return true;
    size_t room = n->room ? n->room * 2 : ROOM_FIRST;
    struct sent *sent = calloc(room, sizeof *sent);
    if (!sent)
        return false;
    for (uint64_t place = n->first; place < n->end; place++)
        sent[place & (room - 1)] = *node_sent_at(n, place);
    free(n->sent);
    n->sent = sent;
    n->room = room;
    return true;
}

/* There is room. */
static uint64_t push(struct resp_node *n, enum sent_kind kind, struct resp_ask *ask)
{
    if (n->first == n->end)
        n->heard_ms = loop_now_ms(n->client->loop); /* from now on something is owed */
    *node_sent_at(n, n->end) = (struct sent){ .kind = kind, .ask = ask };
    loop_at_flush(n->client->loop, &n->flush);
    return n->end++;
}

/* Of our own; harmless when there is no room for it. */
bool node_send_own(struct resp_node *n, enum sent_kind kind, const struct str *args, size_t count)
{
    if (!make_room(n) || !resp_write(&n->out, args, count))
        return false;
    push(n, kind, NULL);
    return true;
}

bool node_send_word(struct resp_node *n, enum sent_kind kind, const char *word)
{
    struct str arg = str_c(word);
    return node_send_own(n, kind, &arg, 1);
}

bool node_send_login(struct resp_node *n, enum login_answer *answer)
{
    struct resp_login *login = n->is_sentinel ? &n->client->sentinel_login : &n->client->login;
    if (!make_room(n))
        return false;
    *answer = login_write(login, &n->out);
    if (*answer == LOGIN_WRITTEN) {
        n->out_is_secret = true;
        push(n, SENT_AUTH, NULL);
    }
    return true;
}

/* ---- asks ---- */

static bool send_ask(struct resp_node *n, struct resp_ask *ask)
{
    static const struct str ASKING[] = { STR_INIT("ASKING") };
    if (sent_count(n) + 1 >= RESP_SENT_MAX || !make_room(n))
        return false;
    if (ask->is_asking && !node_send_own(n, SENT_NOBODY, ASKING, 1))
        return false;
    if (!make_room(n) || !resp_write_ask(&n->out, ask))
        return false;
    ask->node = n;
    ask->is_sent = true;
    ask->place = push(n, SENT_ASK, ask);
    return true;
}

void node_take(struct resp_node *n, struct resp_ask *ask)
{
    if (n->is_doubted || n->state == NODE_ASLEEP) {
        client_tell(ask, RESP_DOWN, n->why ? n->why : "nobody asks there");
        return;
    }
    if (n->state == NODE_READY) {
        if (!send_ask(n, ask))
            client_tell(ask, RESP_DOWN, "too many commands are under way");
        return;
    }
    if (n->waiting_count >= RESP_SENT_MAX) {
        client_tell(ask, RESP_DOWN, "too many commands wait for a connection");
        return;
    }
    ask->node = n;
    list_push_back(&n->waiting, &ask->node_link);
    n->waiting_count++;
}

void node_leave(struct resp_node *n, struct resp_ask *ask)
{
    assert(ask->node == n);
    if (ask->is_sent) {
        *node_sent_at(n, ask->place) = (struct sent){ .kind = SENT_NOBODY };
    } else {
        list_remove(&ask->node_link);
        n->waiting_count--;
    }
    ask->is_sent = false;
    ask->node = NULL;
}

bool node_is_idle(const struct resp_node *n)
{
    return n->first == n->end && !n->waiting_count;
}

void node_login_again(struct resp_node *n)
{
    enum login_answer login;
    if (n->state == NODE_READY && !node_send_login(n, &login))
        node_fail(n, "no memory to log in again");
}
