/* option.h - an option of a component, declared once as a row of data.
 *
 * From these rows come parsing, lint with did-you-mean, `sluice plugins show`, and every reference
 * page. A row names a member of the component's config struct; the macros check the member's type,
 * so that a wrong one doesn't compile. The core allocates config_size bytes, zeroed, fills every
 * member that has a value or a default, and owns what they point to until close() has returned.
 */
#ifndef SLUICE_OPTION_H
#define SLUICE_OPTION_H

#include <stddef.h>

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The type of the member that the value goes into; and how the value is written in YAML. */
enum sluice_option_type {
    SLUICE_TYPE_TEXT = 1,     /* sluice_text; taken as it stands: 0123, no, 1e5 stay text */
    SLUICE_TYPE_BOOL = 2,     /* uint8_t; true | false */
    SLUICE_TYPE_INT = 3,      /* int64_t; decimal digits */
    SLUICE_TYPE_DURATION = 4, /* int64_t, milliseconds; 250ms 15s 5m 2h 30d */
    SLUICE_TYPE_SIZE = 5,     /* int64_t, bytes; 512 64KiB 2MiB 10MB */
    SLUICE_TYPE_MONEY = 6,    /* sluice_text; a decimal number, checked: at most 6 decimals */
    SLUICE_TYPE_RATE = 7,     /* sluice_rate; 60/min 5/s 1000/h none */
    SLUICE_TYPE_CHOICE = 8,   /* int64_t, the index in `choices`; the choice itself */
    SLUICE_TYPE_TEXTS = 9,    /* sluice_texts; [a, b] or one scalar */
    SLUICE_TYPE_PAIRS = 10,   /* sluice_pairs; {key: value}, {key: [values]}; [a] is {a: a} */
    SLUICE_TYPE_SECRET = 11,  /* sluice_secret; a text that the core keeps */
    SLUICE_TYPE_URL = 12      /* sluice_text; https://…, http:// only for loopback */
};

#define SLUICE_REQUIRED 1u /* no value and no default: an error of lint */
#define SLUICE_LIVE 2u     /* may change on reload without closing the component */

/* count events in each `per_ms` milliseconds; count 0: no limit. */
typedef struct sluice_rate {
    int64_t count;
    int64_t per_ms;
} sluice_rate;

typedef struct sluice_option {
    const char *name;
    uint32_t type;  /* enum sluice_option_type */
    uint32_t flags; /* SLUICE_REQUIRED, SLUICE_LIVE */
    uint32_t offset;
    uint32_t member_size;
    const char *fallback;       /* the default, written as in YAML; ${NAME} is looked up. NULL: none */
    int64_t min, max;           /* INT, DURATION, SIZE; both 0: no range, else both count */
    const char *const *choices; /* CHOICE: NULL-terminated */
    const char *unit;           /* for the reference: "ms", "rows"; may be NULL */
    const char *help;           /* one sentence */
    const char *example;        /* may be NULL */
    const char *since;          /* the version that brought it; NULL: the first */
} sluice_option;

/* SLUICE_MEMBER(T, m, TYPE): offset and size, refused by the compiler when T.m is not a TYPE. */
#ifdef __cplusplus
} /* extern "C" */
template <class A, class B> struct sluice_same_type;
template <class A> struct sluice_same_type<A, A> {
    enum { value = 0 };
};
#define SLUICE_OFFSET(T, m, TYPE) ((uint32_t)(offsetof(T, m) + sluice_same_type<decltype(T::m), TYPE>::value))
extern "C" {
#else
#define SLUICE_OFFSET(T, m, TYPE) ((uint32_t)(offsetof(T, m) + 0 * sizeof(_Generic(((T *)0)->m, TYPE : 1))))
#endif
#define SLUICE_MEMBER(T, m, TYPE) SLUICE_OFFSET(T, m, TYPE), (uint32_t)sizeof(TYPE)

/* One row each: SLUICE_OPT_x(config struct, member, "name", flags, "default", …, "help", "example") */
#define SLUICE_OPT_TEXT(T, m, name, flags, fallback, help, example) \
    { \
        name, SLUICE_TYPE_TEXT, flags, SLUICE_MEMBER(T, m, sluice_text), fallback, 0, 0, 0, 0, help, \
            example, 0 \
    }
#define SLUICE_OPT_BOOL(T, m, name, flags, fallback, help) \
    { name, SLUICE_TYPE_BOOL, flags, SLUICE_MEMBER(T, m, uint8_t), fallback, 0, 0, 0, 0, help, 0, 0 }
#define SLUICE_OPT_INT(T, m, name, flags, fallback, min, max, unit, help) \
    { name, SLUICE_TYPE_INT, flags, SLUICE_MEMBER(T, m, int64_t), fallback, min, max, 0, unit, help, 0, 0 }
#define SLUICE_OPT_DURATION(T, m, name, flags, fallback, min_ms, max_ms, help) \
    { \
        name, SLUICE_TYPE_DURATION, flags, SLUICE_MEMBER(T, m, int64_t), fallback, min_ms, max_ms, 0, \
            "duration", help, 0, 0 \
    }
#define SLUICE_OPT_SIZE(T, m, name, flags, fallback, min, max, help) \
    { name, SLUICE_TYPE_SIZE, flags, SLUICE_MEMBER(T, m, int64_t), fallback, min, max, 0, "size", help, 0, 0 }
#define SLUICE_OPT_MONEY(T, m, name, flags, fallback, help) \
    { name, SLUICE_TYPE_MONEY, flags, SLUICE_MEMBER(T, m, sluice_text), fallback, 0, 0, 0, 0, help, 0, 0 }
#define SLUICE_OPT_RATE(T, m, name, flags, fallback, help) \
    { name, SLUICE_TYPE_RATE, flags, SLUICE_MEMBER(T, m, sluice_rate), fallback, 0, 0, 0, 0, help, 0, 0 }
#define SLUICE_OPT_CHOICE(T, m, name, flags, fallback, choices, help) \
    { name, SLUICE_TYPE_CHOICE, flags, SLUICE_MEMBER(T, m, int64_t), fallback, 0, 0, choices, 0, help, 0, 0 }
#define SLUICE_OPT_TEXTS(T, m, name, flags, fallback, help, example) \
    { \
        name, SLUICE_TYPE_TEXTS, flags, SLUICE_MEMBER(T, m, sluice_texts), fallback, 0, 0, 0, 0, help, \
            example, 0 \
    }
#define SLUICE_OPT_PAIRS(T, m, name, flags, help, example) \
    { name, SLUICE_TYPE_PAIRS, flags, SLUICE_MEMBER(T, m, sluice_pairs), 0, 0, 0, 0, 0, help, example, 0 }
#define SLUICE_OPT_SECRET(T, m, name, flags, fallback, help) \
    { name, SLUICE_TYPE_SECRET, flags, SLUICE_MEMBER(T, m, sluice_secret), fallback, 0, 0, 0, 0, help, 0, 0 }
#define SLUICE_OPT_URL(T, m, name, flags, fallback, help, example) \
    { name, SLUICE_TYPE_URL, flags, SLUICE_MEMBER(T, m, sluice_text), fallback, 0, 0, 0, 0, help, example, 0 }

#ifdef __cplusplus
}
#endif
#endif
