/* replay.c - gives files, and all files of folders, to a fuzz target: corpora as tests. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is in a block of its own size, so that a sanitizer sees a read beyond it. */
static int replay_file(const char *path) {
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &about) != 0) {
        perror(path);
        if (file)
            fclose(file);
        return 1;
    }
    size_t size = (size_t)about.st_size;
    uint8_t *data = malloc(size ? size : 1);
    int failed = !data || fread(data, 1, size, file) != size;
    fclose(file);
    if (failed)
        fprintf(stderr, "%s: can't be read\n", path);
    else
        LLVMFuzzerTestOneInput(data, size);
    free(data);
    return failed;
}

static int visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int replay_folder(const char *path, unsigned *total) {
    struct dirent **entries;
    int failed = 0, count = scandir(path, &entries, visible, alphasort);
    for (int i = 0; i < count; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        failed |= replay_file(file);
        free(entries[i]);
        ++*total;
    }
    if (count >= 0)
        free(entries);
    return failed || count < 0;
}

int main(int argc, char **argv) {
    struct stat about;
    unsigned total = 0;
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        if (stat(argv[i], &about) == 0 && S_ISDIR(about.st_mode)) {
            failed |= replay_folder(argv[i], &total);
        } else {
            failed |= replay_file(argv[i]);
            total++;
        }
    }
    printf("%u inputs replayed\n", total);
    return failed || total == 0;
}
