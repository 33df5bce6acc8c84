#include "reject_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MOST = 100, HEADER_MOST = 65536 };

/* As the csv plugin names them: in front of the ending, where there is one. */
static void name_number(const char *path, unsigned number, char *out, size_t room) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    if (!dot || dot == path || (slash && dot <= slash + 1))
        dot = path + strlen(path);
    if (number < 2)
        snprintf(out, room, "%s", path);
    else
        snprintf(out, room, "%.*s-%u%s", (int)(dot - path), path, number, dot);
}

static bool has_orders(FILE *file) {
    static const char column[] = "order_id";
    size_t met = 0;
    for (int c, read = 0; read < HEADER_MOST && (c = getc(file)) != EOF && c != '\n'; read++) {
        met = c == column[met] ? met + 1 : c == column[0];
        if (met == sizeof column - 1)
            return true;
    }
    return false;
}

/* When it was written, in ns; -1: it isn't there, or has no orders. */
static int64_t written(const char *path, bool *there) {
    struct stat found;
    int64_t when = -1;
    FILE *file = fopen(path, "re");
    *there = file != NULL;
    if (!file)
        return -1;
    if (!fstat(fileno(file), &found) && S_ISREG(found.st_mode) && has_orders(file))
        when = (int64_t)found.st_mtim.tv_sec * 1000000000 + found.st_mtim.tv_nsec;
    fclose(file);
    return when;
}

void reject_file_of_orders(const char *path, char *out, size_t room) {
    char name[4096];
    int64_t newest = -1;
    bool there = true;
    snprintf(out, room, "%s", path);
    for (unsigned number = 1; there && number < FILES_MOST; number++) {
        name_number(path, number, name, sizeof name);
        int64_t when = written(name, &there);
        there = there || number == 1;
        if (when > newest) {
            newest = when;
            snprintf(out, room, "%s", name);
        }
    }
}
