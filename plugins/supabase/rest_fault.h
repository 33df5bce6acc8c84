/* rest_fault.h - a reply that says no: what it says, what that means, and what helps. Pure. */
#ifndef SUPABASE_REST_FAULT_H
#define SUPABASE_REST_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/base.h>

/* Nothing can be made over REST: the statements are run by a person. */
#define REST_BY_HAND "run what 'sluice store init --print' shows in the SQL editor of the dashboard"

enum rest_kind {
    REST_FINE,
    REST_ROW,   /* about a value: the rows can be divided until the one is found */
    REST_SIZE,  /* too much at once */
    REST_AGAIN, /* passing: the same once more, later */
    REST_FATAL  /* nothing helps but what the message says */
};

/* Whose key it is, by its looks. */
enum rest_role { REST_ROLE_SERVICE, REST_ROLE_ANON, REST_ROLE_USER, REST_ROLE_OTHER };

struct rest_fault {
    enum rest_kind kind;
    int exit;        /* SLUICE_E_… */
    char code[16];   /* SQLSTATE, PGRST…; empty: none */
    char text[700];  /* the server's words, and the remedy */
    char words[400]; /* the server's words alone, with the code */
};

/* `table`: SCHEMA.TABLE, for the remedy. FINE: the status says yes. */
void rest_fault_read(struct rest_fault *fault, int status, sluice_text body, const char *table,
                     enum rest_role role);
/* What a key says of itself. */
enum rest_role rest_role_of(const char *key);

#endif
