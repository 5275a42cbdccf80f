/* prices.c - the price table, and the arithmetic of it: integers only. */
#include "filters/reserve/prices.h"

#include "filters/limit/terms.h"

__extension__ typedef unsigned __int128 u128;

enum { BILLION = 1000000000, MILLION = 1000000, DECIMALS = 9, AMOUNT_MAX = 1000000 /* of the currency */ };

static const struct setting SETTINGS[] = {
    SETTING(struct price, models, SET_TEXTS, .max = 1000, .example = "[gpt-4o, \"gpt-4o-2024*\"]",
            .about = "names of models or deployments, in lower case; a last `*` stands for any rest. Default: the entry's own name"),
    SETTING(struct price, currency, SET_TEXT, .dflt = "USD", .example = "EUR",
            .about = "what the amounts are in; a label, nothing is converted"),
    SETTING(struct price, input, SET_CUSTOM, .custom = read_amount, .required = true, .example = "2.50",
            .about = "for a million tokens of input"),
    SETTING(struct price, cached_input, SET_CUSTOM, .custom = read_amount, .example = "1.25",
            .about = "for a million tokens of input that the model server had in its cache. Default: as input"),
    SETTING(struct price, output, SET_CUSTOM, .custom = read_amount, .example = "10.00",
            .about = "for a million tokens of output. Default: 0, as for embeddings"),
    SETTING(struct price, reasoning, SET_CUSTOM, .custom = read_amount, .example = "10.00",
            .about = "for a million tokens of reasoning. Default: as output"),
    SETTINGS_END,
};

bool amount_parse(struct str s, uint64_t *billionths)
{
    struct str fraction = s, whole = str_cut(&fraction, '.');
    uint64_t units, parts = 0;
    if (!str_to_u64(whole, &units) || units > AMOUNT_MAX || (fraction.at && (!fraction.len || fraction.len > DECIMALS)))
        return false;
    if (fraction.at && !str_to_u64(fraction, &parts))
        return false;
    for (size_t i = fraction.at ? fraction.len : DECIMALS; i < DECIMALS; i++)
        parts *= 10;
    *billionths = units * BILLION + parts;
    return true;
}

void read_amount(struct reading *r, const struct yaml *at, void *field)
{
    struct amount *a = field;
    if (at->kind == YAML_SCALAR && amount_parse(at->text, &a->billionths))
        a->is_set = true;
    else
        problem(r->problems, at->span, "an amount is written as 2.50: up to a million, nine digits behind the point");
}

bool print_amount(struct buf *out, const void *field)
{
    const struct amount *a = field;
    return !a->is_set || print_billionths(out, a->billionths);
}

static bool check_model(struct price *p, size_t i, struct setup *s, struct problems *problems)
{
    struct str *model = &p->models.at[i], name = *model, key;
    bool is_beginning = name.len > 1 && name.at[name.len - 1] == '*';
    name = is_beginning ? str_first(name, name.len - 1) : name;
    if (!model_normalise(&s->arena, name, false, &key)) {
        problem(problems, p->models.spans[i], "\"" STR_F "\" cannot be the name of a model", STR_A(*model));
        return false;
    }
    *model = is_beginning ? arena_printf(&s->arena, STR_F "*", STR_A(key)) : key;
    return model->at != NULL;
}

/* Which of two were taken would depend on their order. */
static bool check_alone(const struct price *p, size_t i, const struct setup *s, struct problems *problems)
{
    for (size_t k = 0; k < s->language->sections_count; k++) {
        const struct price *prices = s->sections[k].at;
        for (size_t e = 0; s->language->sections[k] == &section_prices && e < s->sections[k].count && &prices[e] <= p; e++)
            for (size_t m = 0; m < (&prices[e] < p ? prices[e].models.count : i); m++) {
                if (!str_eq(prices[e].models.at[m], p->models.at[i]))
                    continue;
                problem(problems, p->models.spans[i], "\"" STR_F "\" has a price already, in \"" STR_F "\"",
                        STR_A(p->models.at[i]), STR_A(prices[e].name.text));
                return false;
            }
    }
    return true;
}

static bool check(void *entry, struct setup *s, struct problems *problems)
{
    struct price *p = entry;
    bool ok = true;
    if (!p->models.count) {
        p->models.at = arena_array(&s->arena, struct str, 1);
        p->models.spans = arena_array(&s->arena, struct span, 1);
        if (!p->models.at || !p->models.spans)
            return false;
        p->models.spans[0] = p->name.span;
        p->models.at[p->models.count++] = p->name.text;
    }
    for (size_t i = 0; i < p->models.count; i++)
        ok = check_model(p, i, s, problems) && check_alone(p, i, s, problems) && ok;
    p->cached_input = p->cached_input.is_set ? p->cached_input : p->input;
    p->reasoning = p->reasoning.is_set ? p->reasoning : p->output;
    return ok;
}

const struct section_kind section_prices = {
    .name = "prices",
    .about = "What the tokens of models cost, by name, for limits of money.",
    .settings = SETTINGS,
    .size = sizeof(struct price),
    .check = check,
};

const struct price *price_find(const struct setup *s, struct str model)
{
    const struct price *best = NULL;
    size_t best_len = 0;
    for (size_t k = 0; k < s->language->sections_count; k++) {
        const struct price *prices = s->sections[k].at;
        if (s->language->sections[k] != &section_prices)
            continue;
        for (size_t i = 0; i < s->sections[k].count; i++)
            for (size_t m = 0; m < prices[i].models.count; m++) {
                struct str name = prices[i].models.at[m];
                bool is_beginning = name.len && name.at[name.len - 1] == '*';
                if (str_eq(name, model))
                    return &prices[i];
                if (is_beginning && name.len > best_len && str_starts(model, str_first(name, name.len - 1))) {
                    best = &prices[i];
                    best_len = name.len;
                }
            }
    }
    return best;
}

uint64_t price_of(const struct price *p, const struct usage *u)
{
    uint64_t cached = u->cached_tokens < u->input_tokens ? u->cached_tokens : u->input_tokens;
    uint64_t reasoning = u->reasoning_tokens < u->output_tokens ? u->reasoning_tokens : u->output_tokens;
    u128 sum = (u128)(u->input_tokens - cached) * p->input.billionths + (u128)cached * p->cached_input.billionths +
               (u128)(u->output_tokens - reasoning) * p->output.billionths + (u128)reasoning * p->reasoning.billionths;
    sum = sum / MILLION + (sum % MILLION != 0);
    return sum > INT64_MAX ? INT64_MAX : (uint64_t)sum;
}

uint64_t price_output(const struct price *p)
{
    return p->output.billionths > p->reasoning.billionths ? p->output.billionths : p->reasoning.billionths;
}
