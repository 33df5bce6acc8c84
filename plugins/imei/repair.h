/* repair.h - an IMEI as a spreadsheet left it becomes 15 digits, or the reason why it can't. Pure. */
#ifndef IMEI_REPAIR_H
#define IMEI_REPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

enum repair_check {
    REPAIR_LUHN,   /* 15 digits, the last one right */
    REPAIR_DIGITS, /* 15 digits */
    REPAIR_ANY     /* any identifier: a serial number, a MEID, a lock code */
};

struct repair_rules {
    enum repair_check check;
    bool complete_14; /* add the check digit */
    bool complete_16; /* IMEISV: the software version gives way to the check digit */
};

enum repair_verdict {
    REPAIR_SAME,    /* fine as it is */
    REPAIR_CHANGED, /* `out` is what it should be */
    REPAIR_REFUSED  /* code and reason say why */
};

enum {
    REPAIR_ROOM = 64,   /* of a repaired IMEI */
    REPAIR_REASON = 240 /* of a reason */
};

struct repair {
    sluice_text out; /* in `room`, or a part of the value */
    const char *code;
    char reason[REPAIR_REASON];
    char room[REPAIR_ROOM];
};

/* 15 digits with the right check digit: what nearly every value of a clean file is. */
bool repair_is_imei(sluice_text value);

/* `value` is in NFKC, or plain ASCII. */
enum repair_verdict repair_value(sluice_text value, const struct repair_rules *rules, struct repair *repair);

/* The check digit that belongs to the first 14 digits. */
char repair_check_digit(const char *digits);

#endif
