/* feed.h - the bytes of a CSV file as UTF-8, or as they are when they aren't UTF-16. */
#ifndef CSV_FEED_H
#define CSV_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <sluice/host.h>

enum feed_encoding {
    FEED_UNKNOWN, /* nothing read yet */
    FEED_BYTES,   /* UTF-8, or a single-byte encoding: each cell is looked at later */
    FEED_UTF16_LE,
    FEED_UTF16_BE
};

enum { FEED_RAW = 16 * 1024 };

struct feed {
    const sluice_host *host;
    const char *name; /* for messages */
    int fd;
    ssize_t (*read)(int fd, void *buffer, size_t bytes); /* read(2); the tests put their own here */
    enum feed_encoding encoding;
    uint64_t bytes; /* read so far */
    uint64_t most;  /* 0: to the end of the file, however far that moves */
    bool eof;
    bool torn;      /* UTF-16: the file ended in the middle of a character */
    uint16_t first; /* UTF-16: the first half of a pair whose second half isn't here yet; 0: none */
    uint32_t raw_at, raw_end;
    unsigned char raw[FEED_RAW]; /* UTF-16: what was read and isn't converted yet */
};

enum { FEED_ROOM = 64 }; /* feed_read needs this much room at least */

/* Read on: 1 … room bytes to `out`. *got is 0 only at the end of the file. */
int32_t feed_read(struct feed *feed, char *out, uint32_t room, uint32_t *got, sluice_error *error);

/* Would reading on return at once? Always for a file. */
bool feed_ready(const struct feed *feed);

#endif
