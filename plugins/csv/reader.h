/* reader.h - a CSV file as batches of records. */
#ifndef CSV_READER_H
#define CSV_READER_H

#include "heading.h"
#include "rows.h"

enum reader_header { READER_HEADER_AUTO, READER_HEADER_YES, READER_HEADER_NO };

struct reader {
    const sluice_host *host;
    sluice_self *self;
    const char *name;
    sluice_pairs columns; /* the option */
    int64_t header;       /* enum reader_header */
    char delimiter;       /* 0: find out */
    bool begun, ended;
    bool said_1252, said_torn;
    struct rows rows;
    struct heading heading;
    sluice_text **cells; /* of each column of the file: where its cells of this batch go; NULL: nowhere */
};

/* `name` and what `columns` points to must stay; `fd` is closed by the caller. */
void reader_init(struct reader *reader, const sluice_host *host, sluice_self *self, const char *name, int fd);
void reader_free(struct reader *reader);
/* Fill the next batch: 0, or SLUICE_END when it is the last. */
int32_t reader_read(struct reader *reader, sluice_filling *out, sluice_error *error);

#endif
