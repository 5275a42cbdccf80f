/* test_examples.c - every configuration that is shown to people is one that the program takes. */
#include "certs/dev.h"
#include "filters/list.h"
#include "proxy/app/load.h"
#include "tests/harness/check.h"
#include "tests/unit/complaints.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_DIR TESTS_DATA "/../../config"

/* RFC 7515 §A.3.1, and RFC 8037 §A.2. */
static const char JWKS[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"use\":\"sig\","
                           "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                           "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

static char home[] = "/tmp/examples-XXXXXX";
static char paths[64][512];
static size_t paths_count;

/* What was made, taken away again in reverse. */
static const char *made(const char *path)
{
    assert(paths_count < ARRAY_LEN(paths));
    snprintf(paths[paths_count], sizeof paths[0], "%s", path);
    return paths[paths_count++];
}

static bool make_directory(const char *below)
{
    char path[512];
    snprintf(path, sizeof path, "%s%s", home, below);
    return mkdir(made(path), 0700) == 0 || errno == EEXIST;
}

static bool make_certificates(const char *below)
{
    static const char *const FILES[] = { "ca.pem",         "server.pem", "server.key", "server-rsa.pem",
                                         "server-rsa.key", "client.pem", "client.key" };
    char path[512], why[200] = "";
    if (!make_directory(below))
        return false;
    snprintf(path, sizeof path, "%s%s", home, below);
    bool ok = dev_certs_write(&(struct dev_certs){ .directory = path }, why);
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        snprintf(path, sizeof path, "%s%s/%s", home, below, FILES[i]);
        made(path);
    }
    return ok;
}

static bool write_file(const char *below, struct str text)
{
    char path[512];
    snprintf(path, sizeof path, "%s%s", home, below);
    FILE *f = fopen(made(path), "wb");
    bool ok = f && fwrite(text.at, 1, text.len, f) == text.len;
    return f ? fclose(f) == 0 && ok : false;
}

static bool make_home(void)
{
    return mkdtemp(home) && made(home) && make_directory("/certs") && make_directory("/certs/dev") &&
           write_file("/certs/dev/jwks.json", str_c(JWKS)) && make_directory("/config") &&
           make_directory("/config/examples") && make_certificates("/config/tls") &&
           make_certificates("/config/examples/tls");
}

static bool copy(const char *from, const char *below)
{
    char text[64 * 1024];
    FILE *f = fopen(from, "rb");
    size_t len = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    return len && len < sizeof text && write_file(below, str_of(text, len));
}

static void check_file(const char *folder, const char *name)
{
    char from[1024], below[256], path[512];
    struct problems problems;
    snprintf(from, sizeof from, "%s%s/%s", CONFIG_DIR, folder, name);
    snprintf(below, sizeof below, "/config%s/%s", folder, name);
    snprintf(path, sizeof path, "%s%s", home, below);
    if (!CHECK(copy(from, below)))
        return;
    struct setup *s = load_setup(path, &problems);
    if (!CHECK(s != NULL))
        load_print(&problems);
    CHECK(!s || (s->routes.count > 0 && s->listeners.count > 0));
    problems_finish(&problems);
    setup_free(s);
}

static size_t check_folder(const char *folder)
{
    char path[1024];
    size_t files = 0;
    snprintf(path, sizeof path, "%s%s", CONFIG_DIR, folder);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (str_ends(str_c(entry->d_name), STR(".yaml"))) {
            check_file(folder, entry->d_name);
            files++;
        }
    if (dir)
        closedir(dir);
    return files;
}

TEST("the annotated file and every example are taken")
{
    if (CHECK(make_home())) {
        CHECK_INT(check_folder(""), 1);
        CHECK(check_folder("/examples") >= 3);
    }
    while (paths_count)
        (void)remove(paths[--paths_count]);
}

TEST("a file that is not there, or is a folder, is a complaint")
{
    static const char *const PATHS[] = { "/nonexistent/bartizan.yaml", "/tmp" };
    for (size_t i = 0; i < ARRAY_LEN(PATHS); i++) {
        struct problems problems;
        CHECK(!load_setup(PATHS[i], &problems));
        CHECK(problems.errors == 1 && strstr(problems.list[0].message, "cannot be read"));
        problems_finish(&problems);
    }
}

TEST("each file that is not there is told once, where it is named")
{
    static const char TEXT[] =
        "listen: [ { address: 127.0.0.1:18080, certificate: no-1.pem, key: no-2.key, client_ca: no-3.pem } ]\n"
        "pools: { p: { ca: no-4.pem, endpoints: https://127.0.0.1:9, identity: { managed: workload, token_file: no-5 } } }\n"
        "issuers: { i: { issuer: 'https://a.test/', audience: x, keys_file: no-6.json } }\n"
        "routes:\n"
        "  r:\n"
        "    match: { path: /v1/chat/completions }\n"
        "    authenticate: [ { jwt: { issuer: i } } ]\n"
        "    authorise: [ { anyone: true } ]\n"
        "    inspect: [ { patterns: { words_file: no-7.txt } }, { injection: { rules: no-8.yaml } } ]\n"
        "    relay: [ { answer: { schema: no-9.json } } ]\n"
        "    select: p\n";
    struct problems problems;
    problems_init(&problems, STR("missing.yaml"), str_c(TEXT));
    CHECK(!setup_read(STR("missing.yaml"), str_c(TEXT), &LANGUAGE, &problems));
    size_t told[10] = { 0 };
    for (size_t i = 0; i < problems.count; i++) {
        const char *at = strstr(problems.list[i].message, "no-");
        if (CHECK(at && at[3] > '0' && at[3] <= '9'))
            told[at[3] - '0']++;
    }
    for (size_t i = 1; i < ARRAY_LEN(told); i++)
        if (!CHECK_INT(told[i], 1))
            printf("  no-%zu\n", i);
    if (problems.count != 9)
        complaints_show(&problems);
    problems_finish(&problems);
}
