/* target.h - the file that a sink writes: replaced as a whole, or appended to.
 *
 * Replace: rows go to .NAME.part beside the file, which takes its place at the end; a run that fails
 * leaves the file as it was. Append: rows go behind those that are there. While rows are written that
 * no finished run has confirmed, .NAME.tail beside the file says where they begin; after a crash that is
 * where a torn row is looked for, and where rows that come again are found. */
#ifndef CSV_TARGET_H
#define CSV_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <sluice/host.h>

enum target_mode { TARGET_APPEND, TARGET_REPLACE };

struct target {
    const sluice_host *host;
    sluice_self *self;
    enum target_mode mode;
    char path[PATH_MAX];   /* of the file itself, symbolic links followed; "" is standard output */
    char beside[PATH_MAX]; /* .NAME.part or .NAME.tail */
    char name[PATH_MAX];   /* for messages: as the user wrote it */
    int fd;                /* -1: not open yet */
    bool regular;          /* a file, not a pipe or a terminal: it can be cut, locked, synced */
    bool created;
    bool marked;    /* append: .NAME.tail is there */
    bool proved;    /* … and was put there before there was a row */
    int64_t length; /* bytes in the file */
    int64_t kept;   /* bytes that a commit made durable */
    int64_t tail;   /* append: where the unconfirmed rows of a run that crashed begin; -1: none */
};

int32_t target_init(struct target *target, const sluice_host *host, sluice_self *self, sluice_text path,
                    enum target_mode mode, sluice_error *error);
/* Create or open and lock the file. Once; later calls do nothing. */
int32_t target_open(struct target *target, sluice_error *error);
/* Show that the disk takes what is written: the mark of an append is put there now. */
int32_t target_prove(struct target *target, sluice_error *error);
int32_t target_write(struct target *target, const char *bytes, uint64_t count, sluice_error *error);
/* Append: what was written is durable on return. */
int32_t target_commit(struct target *target, sluice_error *error);
/* Cut the file back to `length`; it is what a commit has kept, or the last whole row after a crash. */
int32_t target_cut(struct target *target, int64_t length, sluice_error *error);
/* The run is over: put the file in its place, take the mark away. */
int32_t target_finish(struct target *target, sluice_error *error);
/* Replace: the run is over, and there is nothing to put in the file's place: it goes. */
int32_t target_remove(struct target *target, sluice_error *error);
void target_close(struct target *target);

#endif
