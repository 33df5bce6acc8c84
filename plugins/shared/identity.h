/* identity.h - the normal form of what is ordered: one order, one key, however a cell was written. Pure. */
#ifndef SHARED_IDENTITY_H
#define SHARED_IDENTITY_H

#include <sluice/plugin.h>

/* Texts live in the cell or in the arena. */
struct identifier {
    sluice_text key;  /* the ledger's: no separators, hex in upper case */
    sluice_text wire; /* what is sent: the key, or an opaque identifier as it was written */
    const char *code; /* when it can't be ordered: why */
    const char *reason;
};

/* 0: read; 1: it can't be ordered, code and reason say why; negative: a failure. */
int32_t identifier_read(const sluice_host *host, sluice_arena *arena, sluice_text cell,
                        struct identifier *out, sluice_error *error);

enum { SERVICE_TEXT = 20 };
/* `01739` and `1739.0` are 1739. Null: no service id. */
sluice_text service_read(sluice_text cell, char out[SERVICE_TEXT]);

#endif
