/* play.c - runs one scenario: the whole proxy in memory, on a clock wound by hand. The language is in README.md. */
#include "tests/play/stage_world.h"

#include "config/setting.h"
#include "filters/list.h"

static struct str rest; /* of the scenario */
static unsigned line_number;
static const char *play_path;
static struct arena memory; /* of everything that the scenario says */

void play_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%u: ", play_path, line_number);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static struct str next_line(void)
{
    line_number++;
    struct str line = str_cut(&rest, '\n');
    while (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

static struct str kept(struct buf *b)
{
    struct str copy = arena_copy(&memory, buf_str(b));
    buf_finish(b);
    if (!copy.at)
        play_fail("the scenario is too large");
    return copy;
}

/* The lines up to `end`, joined by `newline`; the indentation of the first one is taken off all. */
static struct str block(const char *newline)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    size_t indent = SIZE_MAX;
    while (rest.at) {
        struct str line = next_line();
        if (str_eq(str_trim(line), STR("end")))
            break;
        size_t lead = 0;
        while (lead < line.len && line.at[lead] == ' ')
            lead++;
        if (indent == SIZE_MAX)
            indent = lead;
        line = str_from(line, lead < indent ? lead : indent);
        if (!buf_add(&out, line) || !buf_add(&out, str_c(newline)))
            play_fail("a block is too large");
    }
    return kept(&out);
}

/* Turns the head lines of a message to CRLF and adds what is missing. */
static struct str message(struct str text, bool is_request, bool adds_length)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    bool has_host = false, has_length = false;
    struct str line = str_cut(&text, '\n');
    bool ok = buf_add(&out, line) && buf_add(&out, STR("\r\n"));
    while (text.at && (line = str_cut(&text, '\n')).len) {
        has_host = has_host || str_starts_nocase(line, STR("host:"));
        has_length = has_length || str_starts_nocase(line, STR("content-length:")) ||
                     str_starts_nocase(line, STR("transfer-encoding:"));
        ok = ok && buf_add(&out, line) && buf_add(&out, STR("\r\n"));
    }
    struct str body = text.at ? text : STR("");
    if (is_request && body.len && body.at[body.len - 1] == '\n')
        body.len--;
    if (is_request && !has_host)
        ok = ok && buf_add(&out, STR("host: gateway.test\r\n"));
    if (adds_length && !has_length && (body.len || !is_request))
        ok = ok && buf_addf(&out, "content-length: %zu\r\n", body.len);
    ok = ok && buf_add(&out, STR("\r\n")) && buf_add(&out, body);
    if (!ok)
        play_fail("a message is too large");
    return kept(&out);
}

static struct str unescape(struct str s)
{
    char *out = arena_bytes(&memory, s.len + 1);
    size_t n = 0;
    if (!out)
        play_fail("the scenario is too large");
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (c == '\\' && i + 1 < s.len) {
            c = s.at[++i];
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
        }
        out[n++] = c;
    }
    return str_of(out, n);
}

static bool takes(struct str *line, const char *word)
{
    struct str w = str_c(word);
    if (!str_starts(*line, w) || (line->len > w.len && line->at[w.len] != ' '))
        return false;
    *line = str_trim(str_from(*line, w.len));
    return true;
}

static size_t number(struct str *line)
{
    uint64_t n;
    struct str word = str_cut(line, ' ');
    if (!str_to_u64(word, &n))
        play_fail("a number is missing");
    if (!line->at)
        *line = STR("");
    return (size_t)n;
}

static void expect(bool has, bool wanted, struct str text, struct str in)
{
    if (has != wanted)
        play_fail("%s \"" STR_F "\" in:\n" STR_F, wanted ? "no" : "there is", STR_A(text), STR_A(in));
}

static void caller_line(struct str line)
{
    size_t n = number(&line);
    if (takes(&line, "sends")) {
        caller_sends(n, message(block("\n"), true, true));
        return;
    }
    struct caller_side *c = caller_at(n);
    if (takes(&line, "leaves"))
        caller_leaves(n);
    else if (takes(&line, "gets"))
        expect(c->status == number(&line), true, STR("that status"), buf_str(&c->got));
    else if (takes(&line, "reads"))
        expect(str_find_str(buf_str(&c->got), unescape(line)) < buf_len(&c->got), true, line, buf_str(&c->got));
    else if (takes(&line, "never reads"))
        expect(str_find_str(buf_str(&c->got), unescape(line)) < buf_len(&c->got), false, line, buf_str(&c->got));
    else if (takes(&line, "is served"))
        expect(c->ended && c->whole, true, STR("whole end"), buf_str(&c->got));
    else if (takes(&line, "is cut"))
        expect(c->ended && !c->whole, true, STR("cut end"), buf_str(&c->got));
    else if (takes(&line, "waits"))
        expect(c->status == 0, true, STR("waiting"), buf_str(&c->got));
    else
        play_fail("what does the caller do?");
}

static void upstream_line(struct str line)
{
    size_t n = number(&line);
    struct upstream_side *u = upstream_at(n);
    if (takes(&line, "is cancelled"))
        expect(u->cancelled, true, STR("cancelled"), STR(""));
    else if (takes(&line, "is"))
        expect(str_eq(u->endpoint->url.host, line), true, line, u->endpoint->url.host);
    else if (takes(&line, "gets"))
        expect(str_find_str(buf_str(&u->got), unescape(line)) < buf_len(&u->got), true, line, buf_str(&u->got));
    else if (takes(&line, "never gets"))
        expect(str_find_str(buf_str(&u->got), unescape(line)) < buf_len(&u->got), false, line, buf_str(&u->got));
    else if (takes(&line, "answers"))
        upstream_sends(u, message(block("\n"), false, true));
    else if (takes(&line, "begins"))
        upstream_sends(u, message(block("\n"), false, false));
    else if (takes(&line, "sends"))
        upstream_sends(u, unescape(line));
    else if (takes(&line, "ends"))
        upstream_closes(u);
    else if (takes(&line, "breaks"))
        upstream_fails(u, FORWARD_BROKEN, false);
    else if (takes(&line, "refuses"))
        upstream_fails(u, FORWARD_UNREACHABLE, false);
    else if (takes(&line, "had closed"))
        upstream_fails(u, FORWARD_BROKEN, true);
    else
        play_fail("what does the upstream do?");
}

static void fetch_line(struct str line)
{
    size_t n = number(&line);
    if (takes(&line, "is"))
        expect(fetch_asks(n, line), true, line, STR("the fetch"));
    else if (takes(&line, "answers"))
        fetch_answers(n, (unsigned)number(&line), block("\n"));
    else if (takes(&line, "fails"))
        fetch_answers(n, 0, STR(""));
    else
        play_fail("what does the fetch do?");
}

static void journal_line(struct str line)
{
    struct str last = world_journal_last(), all = world_journal_all();
    if (takes(&line, "has no"))
        expect(str_find_str(all, line) < all.len, false, line, all);
    else if (takes(&line, "has"))
        expect(str_find_str(last, line) < last.len, true, line, last);
    else if (takes(&line, "counts"))
        expect(world_journal_count() == number(&line), true, STR("that many lines"), all);
    else
        play_fail("what of the journal?");
}

static void read_config(void)
{
    struct problems problems;
    struct str text = block("\n");
    if (str_find_str(text, STR("listen:")) == text.len)
        text = arena_printf(&memory, STR_F "listen: [ { address: 127.0.0.1:1 } ]\n", STR_A(text));
    problems_init(&problems, STR("config"), text);
    struct setup *setup = setup_read(str_c(play_path), text, &LANGUAGE, &problems);
    struct buf out;
    buf_init(&out, 1 << 20);
    if (!setup && problems_print(&problems, &out))
        play_fail("the configuration has mistakes:\n" STR_F, STR_A(buf_str(&out)));
    buf_finish(&out);
    problems_finish(&problems);
    world_begin(setup);
}

static void store_line(struct str line)
{
    if (takes(&line, "owes"))
        expect(world_store_owes() == (long long)number(&line), true, STR("that debt"), STR("the store"));
    else if (!world_store(line))
        play_fail("what does the store do?");
}

static void play_line(struct str line)
{
    uint64_t ms;
    if (!line.len || line.at[0] == '#')
        return;
    if (takes(&line, "config"))
        read_config();
    else if (takes(&line, "caller"))
        caller_line(line);
    else if (takes(&line, "upstream"))
        upstream_line(line);
    else if (takes(&line, "no upstream"))
        expect(world_forwarded() >= number(&line), false, STR("forwarded"), STR(""));
    else if (takes(&line, "fetch"))
        fetch_line(line);
    else if (takes(&line, "store"))
        store_line(line);
    else if (takes(&line, "journal"))
        journal_line(line);
    else if (takes(&line, "wait") && duration_parse(line, &ms))
        world_wait(ms);
    else
        play_fail("not understood: " STR_F, STR_A(line));
    world_settle();
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: play FILE\n");
        return 2;
    }
    play_path = argv[1];
    FILE *f = fopen(play_path, "rb");
    static char text[1 << 20];
    size_t len = f ? fread(text, 1, sizeof text, f) : 0;
    if (!f || len == sizeof text)
        play_fail("cannot be read");
    fclose(f);
    rest = str_of(text, len);
    arena_init(&memory, 64 << 20);
    while (rest.at)
        play_line(str_trim(next_line()));
    world_finish();
    arena_finish(&memory);
    printf("1 passed, 0 failed\n");
    return 0;
}
