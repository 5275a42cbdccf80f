/* local.c - the list of models, made of what routes and admit rules name. */
#include "proxy/core/local.h"

#include "proxy/core/refusal.h"

bool local_answers(const struct exchange *x)
{
    return (x->call.operation == OP_MODELS || x->call.operation == OP_MODEL) && x->dialect->write_models;
}

/* What `admit` left, or else the models that the route's selections name. */
static struct strs usable(struct exchange *x)
{
    if (x->models_limited)
        return x->models;
    struct strs list = { 0 };
    const struct selection *select = x->route->select.at;
    size_t room = 0;
    for (size_t i = 0; i < x->route->select.count; i++)
        room += select[i].models.count;
    list.at = arena_array(&x->arena, struct str, room ? room : 1);
    for (size_t i = 0; list.at && i < x->route->select.count; i++)
        for (size_t k = 0; k < select[i].models.count; k++)
            if (!strs_has(&list, select[i].models.at[k]))
                list.at[list.count++] = select[i].models.at[k];
    return list;
}

enum verdict local_models(struct exchange *x)
{
    struct strs list = usable(x);
    if (x->call.operation == OP_MODEL && !strs_has(&list, x->call.model_key))
        return exchange_refuse(x, WHY_MODEL_NOT_ALLOWED, "not among the models of this route");
    struct strs one = { &x->call.model_key, 1 };
    const struct strs *shown = x->call.operation == OP_MODEL ? &one : &list;
    x->answer.ceiling_bytes = 1024 * 1024;
    buf_clear(&x->answer);
    if (!x->dialect->write_models(&x->answer, &x->call, shown->at, shown->count))
        return exchange_refuse(x, WHY_INTERNAL, "the list of models does not fit");
    x->content_type = STR("application/json");
    x->status = 200;
    refusal_answer(x, 200, STR("content-type: application/json\r\n"), buf_str(&x->answer));
    return STOP;
}
