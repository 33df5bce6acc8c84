/* input.h - files that a source reads, and reads a second time when the run spends.
 *
 * Before money is spent the input is read once to count and check it. What is read the second time must
 * be the same: standard input is spooled to an unlinked file, a named file is compared by device, inode,
 * size and time of change. */
#ifndef CORE_INPUT_H
#define CORE_INPUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"

enum { INPUT_SPOOL_MOST = 1024 * 1024 * 1024 }; /* bytes of standard input that are spooled */

struct input {
    struct input *next;
    char *path;
    struct stat seen;
    int spool; /* -1: not standard input */
    int fd;    /* of a pipe, a terminal: what the source reads; -1: a file, which never makes it wait */
};

struct inputs {
    struct input *list;
    bool twice;            /* the run will open each input again */
    const char *spool_dir; /* where standard input is spooled; needed when `twice` */
};

int input_open(struct inputs *inputs, const char *path, int *fd, sluice_error *error);
/* Nothing is paid for that wasn't counted: a file that is written while it is read again is DATA. One that
 * was put in its place is another file, and isn't read. */
int inputs_check(const struct inputs *inputs, sluice_error *error);
/* Is `path` one of the files that are read? */
bool inputs_have(const struct inputs *inputs, const char *path);
/* End the inputs that may be waited for, pipes and terminals: whoever reads them finds their end. From
 * another thread than the reader's; a read that waits already has to be interrupted by a signal. */
void inputs_cut(struct inputs *inputs);
void inputs_free(struct inputs *inputs);

#endif
