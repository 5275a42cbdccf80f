/* test_choose.c - which identity answers to which server name. */
#include "certs/choose.h"

#include "tests/harness/check.h"
#include "tests/unit/certificates.h"

static struct identity *identity_of(bool is_rsa, const char *san)
{
    char certificate[] = "choose-XXXXXX", key[] = "choose-XXXXXX";
    close(mkstemp(certificate)), close(mkstemp(key));
    struct made m = make(is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), "x", san, -1, 100);
    made_write(&m, certificate, key);
    struct problems problems;
    problems_init(&problems, STR(""), STR(""));
    struct identity_files files = { .certificate_path = certificate, .key_path = key };
    struct identity *id = identity_load(&files, &problems);
    assert(id);
    problems_finish(&problems);
    made_finish(&m);
    unlink(certificate), unlink(key);
    return id;
}

TEST("exact before wildcard before the first; companions of another kind go together")
{
    struct identity *ids[] = {
        identity_of(false, "DNS:a.test,DNS:www.a.test"),
        identity_of(true, "DNS:a.test"),
        identity_of(false, "DNS:*.b.test"),
        identity_of(true, "DNS:x.b.test"),
        identity_of(false, "DNS:a.test"), /* late for its only name */
    };
    struct choose *c = choose_new((const struct identity *const *)ids, ARRAY_LEN(ids));
    static const struct {
        struct str name;
        int ecdsa, rsa; /* index, or -1 */
    } ROWS[] = {
        { STR_INIT("a.test"), 0, 1 },
        { STR_INIT("A.TEST"), 0, 1 },
        { STR_INIT("a.test."), 0, 1 },
        { STR_INIT("www.a.test"), 0, -1 },
        { STR_INIT("x.b.test"), -1, 3 },
        { STR_INIT("y.b.test"), 2, -1 },
        { STR_INIT("z.y.b.test"), 0, 1 },
        { STR_INIT("b.test"), 0, 1 },
        { STR_INIT(".b.test"), 0, 1 },
        { STR_INIT(""), 0, 1 },
        { STR_INIT("unknown.test"), 0, 1 },
        { STR_INIT("test"), 0, 1 },
        { STR_INIT("."), 0, 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct choice *got = choose_find(c, ROWS[i].name);
        if (!CHECK(got && got->identity[IDENTITY_ECDSA] == (ROWS[i].ecdsa < 0 ? NULL : ids[ROWS[i].ecdsa]) &&
                   got->identity[IDENTITY_RSA] == (ROWS[i].rsa < 0 ? NULL : ids[ROWS[i].rsa])))
            fprintf(stderr, "  name %.*s\n", STR_A(ROWS[i].name));
        CHECK(got && choose_at(c, got->index) == got);
    }
    CHECK_INT(choose_count(c), 4);
    CHECK(!choose_find(c, STR("a.test\0.evil")));
    CHECK(!choose_find(c, STR("a test")));
    CHECK(!choose_find(c, STR("*.b.test")));
    CHECK(!choose_find(c, STR("caf\xc3\xa9.test")));
    char longer[260];
    memset(longer, 'a', sizeof longer);
    CHECK(!choose_find(c, str_of(longer, 254)));
    CHECK(choose_find(c, str_of(longer, 253)) == choose_at(c, 0));
    choose_free(c);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        identity_free(ids[i]);
}
