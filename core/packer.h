/* packer.h - records that come one by one are packed into batches again. One thread. */
#ifndef CORE_PACKER_H
#define CORE_PACKER_H

#include "batch.h"

enum { PACKER_ADDED = 64 };

struct packer {
    struct filling filling;
    uint32_t row_limit;
    bool open;
    uint32_t read_count, added_count; /* of the records that the open batch takes */
    uint32_t place[PACKER_ADDED];     /* the column of each added value */
    sluice_text file;
    int64_t version; /* of the last record in the open batch, or of the batch just given to full() */
    /* A full batch; the reference becomes the callee's. */
    void (*full)(void *user, struct batch *batch);
    void *user;
};

/* Names and values in two parts: the record as it was read, and what was added to it. A value of
 * the second part takes the place of that of the same name in the first, unless it is null. */
struct packer_record {
    const sluice_text *names, *values;
    uint32_t count;
    const sluice_text *added_names, *added_values;
    uint32_t added_count;
    uint64_t number;
    int64_t version; /* of the ledger's change behind it; 0: none */
    sluice_text file;
};

/* Copies the record. A record with other names than the batch at hand ends that batch. */
int packer_add(struct packer *packer, const struct packer_record *record, sluice_error *error);
void packer_flush(struct packer *packer);
uint32_t packer_rows(const struct packer *packer);
void packer_free(struct packer *packer);

#endif
