/* replay.c - runs a fuzz target over the files of its corpus, so that every build replays what was found. */
#include "proxy/base/str.h"

#include <dirent.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        if (f)
            fclose(f);
        return false;
    }
    /* exactly as large as the file, so that ASan sees one byte too many */
    uint8_t *data = malloc(st.st_size ? (size_t)st.st_size : 1);
    size_t size = fread(data, 1, (size_t)st.st_size, f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return true;
}

int main(int argc, char **argv)
{
    size_t runs = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        if (!dir) {
            runs += run_file(argv[i]);
            continue;
        }
        for (struct dirent *entry; (entry = readdir(dir));) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            runs += run_file(path);
        }
        closedir(dir);
    }
    printf("%zu inputs replayed\n", runs);
    return runs ? 0 : 1; /* a target without a corpus is not a test */
}
