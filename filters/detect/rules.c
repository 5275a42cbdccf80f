/* rules.c - rule files become rules: every mistake told where it stands, patterns written out. */
#include "filters/detect/rules.h"

#include "proxy/base/file.h"

#include <stdarg.h>

enum { FILE_MAX_BYTES = 4 * 1024 * 1024, RULES_BYTES_MAX = 64 * 1024 * 1024, LISTS_MAX = 256 };

const char *const RULE_CATEGORIES_WORDS[] = { "override",     "jailbreak", "spoofing",    "extraction",
                                              "exfiltration", "indirect",  "obfuscation", NULL };

static const struct {
    const char *word;
    unsigned score;
} SEVERITIES[] = { { "low", 15 }, { "medium", 30 }, { "high", 60 }, { "certain", 100 } };
static const char *const SEVERITY_WORDS[] = { "low", "medium", "high", "certain", NULL };

struct rule_row { /* a rule as it is written */
    struct str id, what, why;
    int category, severity;
    uint64_t score, at_least;
    bool replaces;
    struct texts languages, patterns, hits, misses;
};

/* No settings of the configuration: of rule files. */
#define RULE_ROW(...) SETTING(struct rule_row, __VA_ARGS__)
#define FILE_ROW(...) SETTING(struct file_row, __VA_ARGS__)

static const struct setting RULE[] = {
    RULE_ROW(id, SET_TEXT, .required = true),
    RULE_ROW(what, SET_TEXT, .required = true),
    RULE_ROW(why, SET_TEXT, .about = "the reason, for whoever reviews it"),
    RULE_ROW(category, SET_WORD, .words = RULE_CATEGORIES_WORDS, .required = true),
    RULE_ROW(severity, SET_WORD, .words = SEVERITY_WORDS, .dflt = "medium"),
    RULE_ROW(score, SET_UINT, .min = 1, .max = RULE_SCORE_MAX),
    RULE_ROW(at_least, SET_UINT, .dflt = "1", .min = 1, .max = 200),
    RULE_ROW(replaces, SET_BOOL, .dflt = "false", .about = "it is meant to take the place of a built-in rule"),
    RULE_ROW(languages, SET_TEXTS, .about = "BCP 47 tags; none: any"),
    RULE_ROW(patterns, SET_TEXTS, .required = true),
    RULE_ROW(hits, SET_TEXTS, .about = "texts that it must find"),
    RULE_ROW(misses, SET_TEXTS, .about = "near misses, which it must not find"),
    SETTINGS_END,
};

struct file_row {
    uint64_t version;
    struct str about;
    struct texts stops, passes;
};

/* Of the file itself; `lists` and `rules` are read by hand. */
static const struct setting FILE_ROWS[] = {
    FILE_ROW(version, SET_UINT, .required = true, .min = 1, .max = 1),
    FILE_ROW(about, SET_TEXT, .required = true),
    FILE_ROW(stops, SET_TEXTS, .about = "texts that must be refused"),
    FILE_ROW(passes, SET_TEXTS, .about = "texts that must pass"),
    SETTINGS_END,
};

void rules_init(struct rules *r)
{
    *r = (struct rules){ 0 };
    arena_init(&r->arena, RULES_BYTES_MAX);
}

void rules_finish(struct rules *r)
{
    arena_finish(&r->arena);
    free(r->at);
    *r = (struct rules){ 0 };
}

/* Index of the rule, or r->count. */
static size_t rules_find(const struct rules *r, struct str id)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_eq(r->at[i].id, id))
            return i;
    return r->count;
}

/* ---- lists of words ---- */

static bool read_lists(struct reading *r, const struct yaml *at, struct rule_lists *lists)
{
    static const struct setting ROW = { .name = "list", .kind = SET_TEXTS };
    if (!at)
        return true;
    if (at->kind != YAML_MAP) {
        problem(r->problems, at->span, "\"lists\" is a map from a name to words");
        return false;
    }
    size_t n = 0;
    for (const struct yaml *y = at->first; y; y = y->next)
        n++;
    if (n > LISTS_MAX || !(lists->at = arena_array(r->arena, struct rule_list, n + 1))) {
        problem(r->problems, at->span, "more than %d lists", LISTS_MAX);
        return false;
    }
    bool ok = true;
    for (const struct yaml *y = at->first; y; y = y->next) {
        struct rule_list *l = &lists->at[lists->count];
        l->name = y->key;
        ok = setting_read_value(r, &ROW, y, &l->words) && ok;
        for (size_t i = 0; i < l->words.count; i++) {
            if (rule_pattern_fits(l->words.at[i]))
                continue;
            problem(r->problems, l->words.spans[i], "a word of a list is too long, or its groups are too deep");
            ok = false;
            l->words.at[i] = STR("x");
        }
        lists->count++; /* a list may use those above it */
    }
    return ok;
}

/* ---- rules ---- */

static struct rule *room_for(struct rules *r, struct str id)
{
    size_t i = rules_find(r, id);
    if (i < r->count)
        return &r->at[i];
    if (r->count == RULES_MAX)
        return NULL;
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 256;
        struct rule *at = realloc(r->at, room * sizeof *at);
        if (!at)
            return NULL;
        r->at = at;
        r->room = room;
    }
    return &r->at[r->count++];
}

static bool read_patterns(struct rules *rules, struct rule *rule, const struct rule_lists *lists, struct problems *problems)
{
    bool ok = true;
    rule->chains = arena_array(&rules->arena, struct rule_chain, rule->patterns.count);
    if (!rule->chains)
        return false;
    for (size_t i = 0; i < rule->patterns.count; i++) {
        char why[128];
        if (rule_pattern_read(&rules->arena, rule->patterns.at[i], lists, &rule->chains[i], why))
            continue;
        problem(problems, rule->patterns.spans[i], "%s", why);
        ok = false;
    }
    return ok;
}

static bool read_rule(struct reading *r, struct rules *rules, struct str file, struct str text, const struct yaml *at,
                      const struct rule_lists *lists)
{
    struct rule_row row = { 0 };
    if (!settings_read(r, RULE, "rule", at, at->span, &row))
        return false;
    const struct yaml *score = yaml_member(at, STR("score")), *severity = yaml_member(at, STR("severity"));
    if (score && severity) {
        problem(r->problems, score->span, "a rule has a score or a severity, not both");
        return false;
    }
    if (!name_is_sound(row.id)) {
        problem(r->problems, at->span, "\"" STR_F "\" is no name for a rule", STR_A(row.id));
        return false;
    }
    for (size_t i = 0; i < RULE_CATEGORIES; i++)
        if (str_eq(row.id, str_c(RULE_CATEGORIES_WORDS[i]))) {
            problem(r->problems, at->span, "\"" STR_F "\" is a category, which is what `override` would mean by it", STR_A(row.id));
            problem_hint(r->problems, "give the rule another id");
            return false;
        }
    if (!row.patterns.count || row.patterns.count > RULE_PATTERNS_MAX) {
        problem(r->problems, at->span, "a rule has 1 to %d patterns", RULE_PATTERNS_MAX);
        return false;
    }
    struct rule rule = {
        .id = row.id,
        .what = row.what,
        .why = row.why,
        .category = (enum rule_category)row.category,
        .score = row.score ? (unsigned)row.score : SEVERITIES[row.severity].score,
        .at_least = (unsigned)row.at_least,
        .languages = row.languages,
        .patterns = row.patterns,
        .hits = row.hits,
        .misses = row.misses,
        .file = file,
        .text = text,
        .span = at->span,
    };
    if (!read_patterns(rules, &rule, lists, r->problems))
        return false;
    size_t there = rules_find(rules, rule.id);
    if (there < rules->count && str_eq(rules->at[there].file, file)) {
        problem(r->problems, at->span, "there are two rules \"" STR_F "\"", STR_A(rule.id));
        return false;
    }
    bool is_first_file = !rules->count || str_eq(rules->at[0].file, file);
    if (there < rules->count && !row.replaces) {
        problem_warn(r->problems, at->span, "\"" STR_F "\" takes the place of the built-in rule in " STR_F, STR_A(rule.id),
                     STR_A(rules->at[there].file));
        problem_hint(r->problems, "give it another id, or say \"replaces: true\"");
    } else if (there == rules->count && row.replaces && !is_first_file) {
        problem_warn(r->problems, at->span, "there is no built-in rule \"" STR_F "\" whose place it could take", STR_A(rule.id));
    }
    if (!rule.hits.count) {
        problem_warn(r->problems, at->span, "rule \"" STR_F "\" has no `hits`: nothing shows that it finds anything", STR_A(rule.id));
        problem_hint(r->problems, "write texts that it must find: \"hits: [ … ]\"");
    }
    struct rule *into = room_for(rules, rule.id);
    if (!into) {
        problem(r->problems, at->span, "more than %d rules", RULES_MAX);
        return false;
    }
    *into = rule;
    return true;
}

static bool append(struct arena *a, struct texts *to, const struct texts *more)
{
    if (!more->count)
        return true;
    struct texts all = { .at = arena_array(a, struct str, to->count + more->count),
                         .spans = arena_array(a, struct span, to->count + more->count),
                         .count = to->count + more->count };
    if (!all.at || !all.spans)
        return false;
    for (size_t i = 0; i < all.count; i++) {
        const struct texts *from = i < to->count ? to : more;
        size_t at = i < to->count ? i : i - to->count;
        all.at[i] = from->at[at];
        all.spans[i] = from->spans[at];
    }
    *to = all;
    return true;
}

/* The members that are settings, without the two that are read by hand. */
static struct yaml *without(struct arena *a, const struct yaml *map)
{
    struct yaml *copy = arena_new(a, struct yaml);
    if (!copy)
        return NULL;
    *copy = *map;
    struct yaml **end = &copy->first;
    for (const struct yaml *y = map->first; y; y = y->next) {
        if (str_eq(y->key, STR("lists")) || str_eq(y->key, STR("rules")))
            continue;
        struct yaml *kept = arena_new(a, struct yaml);
        if (!kept)
            return NULL;
        *kept = *y;
        *end = kept;
        end = &kept->next;
    }
    *end = NULL;
    return copy;
}

bool rules_read(struct rules *r, struct str file, struct str text, struct problems *problems)
{
    struct reading reading = { .arena = &r->arena, .problems = problems, .directory = STR(".") };
    struct str kept = arena_copy(&r->arena, text), name = arena_copy(&r->arena, file);
    size_t before = problems->errors;
    struct yaml *top = kept.at && name.at ? yaml_read(&r->arena, kept, problems) : NULL;
    if (!top || top->kind != YAML_MAP) {
        if (problems->errors == before)
            problem(problems, (struct span){ 0 }, "a rule file is a map of version, about, lists and rules");
        return false;
    }
    struct file_row row = { 0 };
    struct rule_lists lists = { 0 };
    const struct yaml *settings = without(&r->arena, top), *list = yaml_member(top, STR("rules"));
    bool ok = settings && settings_read(&reading, FILE_ROWS, "rule file", settings, top->span, &row);
    ok = read_lists(&reading, yaml_member(top, STR("lists")), &lists) && ok;
    if (list && list->kind != YAML_LIST) {
        problem(problems, list->span, "\"rules\" is a list");
        ok = false;
    } else if (list) {
        for (const struct yaml *y = list->first; y; y = y->next)
            ok = read_rule(&reading, r, name, kept, y, &lists) && ok;
    }
    return append(&r->arena, &r->stops, &row.stops) && append(&r->arena, &r->passes, &row.passes) && ok &&
           problems->errors == before;
}

/* ---- where they come from ---- */

void rule_problem(struct problems *problems, const struct rule *r, struct span span, const char *format, ...)
{
    char *message;
    va_list args;
    va_start(args, format);
    bool ok = vasprintf(&message, format, args) >= 0;
    va_end(args);
    problem(problems, span, "%s", ok ? message : "no memory");
    problem_elsewhere(problems, r->file, r->text);
    if (ok)
        free(message);
}

/* A rule file is not the text that `problems` quotes: what is wrong in it is told with its own place. */
static bool read_apart(struct rules *r, struct str file, struct str text, struct problems *problems)
{
    struct problems own;
    problems_init(&own, file, text);
    bool ok = rules_read(r, file, text, &own);
    problems_take(problems, &own);
    problems_finish(&own);
    return ok;
}

bool rules_read_builtin(struct rules *r, struct problems *problems)
{
    bool ok = true;
    for (size_t i = 0; i < rules_builtin_count(); i++) {
        struct rules_file file = rules_builtin_at(i);
        ok = read_apart(r, file.name, file.text, problems) && ok;
    }
    return ok;
}

bool rules_read_path(struct rules *r, struct str path, struct problems *problems)
{
    char *name = arena_cstr(&r->arena, path), why[FILE_WHY_BYTES] = "no memory for its name";
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES);
    bool ok = name && file_read(name, &text, why);
    if (!ok)
        problem(problems, (struct span){ 0 }, "rule file " STR_F ": %s", STR_A(path), why);
    ok = ok && read_apart(r, path, buf_str(&text), problems);
    buf_finish(&text);
    return ok;
}
