/* test_exam_jose.c - the open JOSE vectors from elsewhere, through the self-test: every verdict right. */
#include <jansson.h>

#include "certs/selftest.h"
#include "tests/harness/check.h"

/* The verdict on one line, and its reason. */
static bool verdict(const json_t *jwk, const json_t *jws, const char *alg, char reason[200])
{
    json_t *line = json_pack("{s:O, s:O}", "jwk", jwk, "jws", jws);
    if (alg)
        json_object_set_new(line, "algs", json_pack("[s]", alg));
    char *in = json_dumps(line, JSON_COMPACT), out[400] = "";
    FILE *from = fmemopen(in, strlen(in), "r"), *to = fmemopen(out, sizeof out, "w");
    CHECK(selftest_jws(from, to));
    fclose(from), fclose(to);
    json_t *answer = json_loads(out, 0, NULL);
    bool ok = json_is_true(json_object_get(answer, "ok"));
    snprintf(reason, 200, "%s", json_string_value(json_object_get(answer, "reason")));
    json_decref(answer);
    json_decref(line);
    free(in);
    return ok;
}

static json_t *document(const json_t *group, const char *name)
{
    const json_t *v = json_object_get(group, name);
    return json_is_string(v) ? json_loads(json_string_value(v), 0, NULL) : json_incref((json_t *)(uintptr_t)v);
}

TEST("every Wycheproof JWK vector gets its verdict")
{
    json_t *root = json_load_file(EXAM_DIR "/jose/json_web_key_test.json", 0, NULL);
    if (!root) {
        check_skip("the open suites are not beside this tree");
        return;
    }
    size_t g, t, count = 0;
    json_t *group, *test;
    json_array_foreach(json_object_get(root, "testGroups"), g, group)
    {
        /* Symmetric keys have no public form. */
        json_t *jwk = document(group, json_object_get(group, "public") ? "public" : "private");
        json_array_foreach(json_object_get(group, "tests"), t, test)
        {
            char reason[200];
            bool valid = strcmp(json_string_value(json_object_get(test, "result")), "valid") == 0;
            if (!CHECK_INT(verdict(jwk, json_object_get(test, "jws"), NULL, reason), valid))
                fprintf(stderr, "  case %lld: %s\n", json_integer_value(json_object_get(test, "tcId")), reason);
            count++;
        }
        json_decref(jwk);
    }
    CHECK_INT(count, json_integer_value(json_object_get(root, "numberOfTests")));
    json_decref(root);
}

TEST("every compact figure of RFC 7520 verifies")
{
    static const char *const FIGURES[] = { "4_1.rsa_v15_signature", "4_2.rsa-pss_signature", "4_3.ecdsa_signature",
                                           "4_4.hmac-sha2_integrity_protection" };
    for (size_t i = 0; i < ARRAY_LEN(FIGURES); i++) {
        char path[400], reason[200];
        snprintf(path, sizeof path, EXAM_DIR "/jose/cookbook/jws/%s.json", FIGURES[i]);
        json_t *root = json_load_file(path, 0, NULL), *input = json_object_get(root, "input");
        if (!root) {
            check_skip("the open suites are not beside this tree");
            return;
        }
        json_t *compact = json_object_get(json_object_get(root, "output"), "compact");
        const char *alg = json_string_value(json_object_get(input, "alg"));
        if (!CHECK(verdict(json_object_get(input, "key"), compact, alg, reason)))
            fprintf(stderr, "  %s: %s\n", FIGURES[i], reason);
        CHECK(!verdict(json_object_get(input, "key"), compact, "ES256", reason));
        json_decref(root);
    }
}

TEST("figures of RFC 7520 in other forms than the compact one are refused")
{
    static const char *const FIGURES[] = { "4_5.signature_with_detached_content",
                                           "4_6.protecting_specific_header_fields", "4_7.protecting_content_only",
                                           "4_8.multiple_signatures" };
    for (size_t i = 0; i < ARRAY_LEN(FIGURES); i++) {
        char path[400], reason[200];
        snprintf(path, sizeof path, EXAM_DIR "/jose/cookbook/jws/%s.json", FIGURES[i]);
        json_t *root = json_load_file(path, 0, NULL);
        if (!root) {
            check_skip("the open suites are not beside this tree");
            return;
        }
        const json_t *key = json_object_get(json_object_get(root, "input"), "key"), *form;
        const char *name;
        json_object_foreach(json_object_get(root, "output"), name, form)
            CHECK(!verdict(json_is_array(key) ? json_array_get(key, 0) : key, form, NULL, reason));
        json_decref(root);
    }
}
