/* test_tls_memory.c - OpenSSL's large buffers: taken, given back, grown. */
#include "tests/harness/check.h"

#include <openssl/crypto.h>

#include "proxy/edge/tls.h"

enum { RECORD = 17 * 1024, MANY = 100 };

/* OpenSSL takes nothing before the first test. */
static void begin(void)
{
    static bool begun;
    if (!begun)
        tls_keep_buffers();
    begun = true;
}

TEST("a large buffer is of pages of its own, and the last one given back is the next one taken")
{
    begin();
    char *first = OPENSSL_malloc(RECORD);
    if (!CHECK(first && (uintptr_t)first % 4096 == 0))
        return;
    memset(first, 'a', RECORD);
    OPENSSL_free(first);
    char *second = OPENSSL_malloc(RECORD);
    CHECK(second == first);
    OPENSSL_free(second);
}

TEST("many at once have nothing in common, also when they are taken again")
{
    begin();
    for (int round = 0; round < 2; round++) {
        char *all[MANY];
        for (int i = 0; i < MANY; i++) {
            all[i] = OPENSSL_malloc(RECORD);
            if (!CHECK(all[i]))
                return;
            memset(all[i], i, RECORD);
        }
        for (int i = 0; i < MANY; i++) {
            CHECK(all[i][0] == (char)i && all[i][RECORD - 1] == (char)i);
            OPENSSL_free(all[i]);
        }
    }
}

TEST("a buffer grows into the large ones and out of them")
{
    begin();
    char *at = NULL;
    for (size_t size = 100; size < 200000; size = size * 3 / 2) {
        char *grown = OPENSSL_realloc(at, size);
        if (!CHECK(grown))
            break;
        if (at)
            CHECK(grown[99] == 'x');
        at = grown;
        memset(at, 'x', size);
    }
    OPENSSL_free(at);
    CHECK(OPENSSL_realloc(OPENSSL_malloc(RECORD), 0) == NULL);
    OPENSSL_free(NULL);
}
