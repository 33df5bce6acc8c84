/* base.h - the words every other header is written in: text, errors, results.
 *
 * The rules of the whole contract:
 *   - Every struct that may grow begins with `size`, set to sizeof by the side that owns it. Members are
 *     only ever appended. The reader copies min(size) into a zeroed struct of its own. One that is
 *     handed over to be filled in (sluice_request, sluice_identity, sluice_sandbox_reply,
 *     sluice_filling, sluice_error) keeps the size it came with, and nothing is written beyond it.
 *   - Values are UTF-8 text or null. Money is decimal text. No floating point anywhere.
 *   - A function returns 0 for success, a positive number for an outcome that its comment names,
 *     a negative number for a failure. A failure is the negated exit code (sysexits.h) that the
 *     program ends with when nothing better is known, and its message stands in a sluice_error.
 *     A failure is passed up unchanged; what returns an error doesn't log it.
 */
#ifndef SLUICE_BASE_H
#define SLUICE_BASE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_ABI_MAJOR 1 /* in the name of the exported symbol */
#define SLUICE_ABI_MINOR 3 /* grows with each appended member or host function */

/* A view of text: not terminated, not owned. ptr == NULL is null (no value); ptr != NULL with
 * len == 0 is the empty text. `len` is in bytes. */
typedef struct sluice_text {
    const char *ptr;
    uint64_t len;
} sluice_text;

/* A list of texts. */
typedef struct sluice_texts {
    const sluice_text *items;
    uint64_t count;
} sluice_texts;

/* One entry of an option that maps a name to one or more texts. */
typedef struct sluice_pair {
    sluice_text key;
    sluice_texts values;
} sluice_pair;

typedef struct sluice_pairs {
    const sluice_pair *items;
    uint64_t count;
} sluice_pairs;

/* Outcomes. */
#define SLUICE_OK 0
#define SLUICE_END 1 /* a source: nothing more will come; build: nothing to send */
/* 2 is SLUICE_LOGIN_FIRST of build, see exchange.h. */

/* Failures: the negated exit code. */
#define SLUICE_E_USAGE (-64)       /* the command line is wrong */
#define SLUICE_E_DATA (-65)        /* the input can't be used */
#define SLUICE_E_NOINPUT (-66)     /* the input is missing or can't be opened */
#define SLUICE_E_UNAVAILABLE (-69) /* a provider or a store can't be reached, or says no for now */
#define SLUICE_E_SOFTWARE (-70)    /* a bug */
#define SLUICE_E_CANTCREAT (-73)   /* an output can't be created */
#define SLUICE_E_IO (-74)          /* a read or write failed: disk full, read-only */
#define SLUICE_E_BUSY (-75)        /* locked by another; try again */
#define SLUICE_E_PLUGIN (-76)      /* a plugin was refused */
#define SLUICE_E_AUTH (-77)        /* credentials were refused */
#define SLUICE_E_CONFIG (-78)      /* the pipeline or an option is wrong */

#define SLUICE_ERROR_TEXT 1000

/* Where a failure puts its message. Owned by the caller, written by the callee through
 * host->fail or by hand; one line, no newline, no secret: the place, what is wrong, the remedy. */
typedef struct sluice_error {
    uint32_t size;
    int32_t code; /* the same negative number that was returned */
    char text[SLUICE_ERROR_TEXT];
} sluice_error;

/* A secret's value never leaves the core. A plugin holds this handle and names it in a request;
 * the core fills the value in while the request is sent. handle 0: the option was not given. */
typedef struct sluice_secret {
    uint32_t handle;
    uint32_t reserved;
} sluice_secret;

/* How a secret (or any text) is written into the place where it stands. */
enum sluice_encoding {
    SLUICE_ENCODE_RAW = 0,
    SLUICE_ENCODE_FORM = 1,  /* application/x-www-form-urlencoded */
    SLUICE_ENCODE_XML = 2,   /* & < > " ' as entities */
    SLUICE_ENCODE_JSON = 3,  /* escaped for the inside of a JSON string, without the quotes */
    SLUICE_ENCODE_BASE64 = 4 /* standard alphabet, padded */
};

/* Memory that lives as long as the thing it was given with (a batch, a call). Never freed alone. */
typedef struct sluice_arena sluice_arena;

/* The core's side of one component in one pipeline: what host functions use to know who calls. */
typedef struct sluice_self sluice_self;

#ifdef __cplusplus
}
#endif
#endif
