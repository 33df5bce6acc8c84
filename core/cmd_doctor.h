/* cmd_doctor.h - the pieces of `sluice doctor`. Nobody else includes it. */
#ifndef CORE_CMD_DOCTOR_H
#define CORE_CMD_DOCTOR_H

#include "json.h"
#include "program.h"

struct doctor {
    struct program *program;
    bool as_json;
    struct json json; /* the checks so far, a list */
    unsigned wrong;   /* findings */
};

/* One check that went well, and what there is to know. */
void doctor_fine(struct doctor *doctor, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One that didn't; `remedy` says what to do, or is NULL where the text does. */
void doctor_wrong(struct doctor *doctor, const char *what, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The libraries that are loaded when they are needed. */
void doctor_libraries(struct doctor *doctor);
/* The state directory: rights, room, whether what is written stays, who is at work there. */
void doctor_state(struct doctor *doctor, const char *dir);
/* The ledger there; a `uri`: that of a Postgres database. */
void doctor_ledger(struct doctor *doctor, const char *dir, const char *uri);
/* A pipeline, and what it needs: its ledger, its provider, its store. */
void doctor_pipeline(struct doctor *doctor, const char *dir, const char *file);

#endif
