#include "status.h"

#include <sluice/text.h>

static const char *const names[] = {"Pending", "Completed", "Rejected", "In Process"};

enum { NONE = -1, COUNT = 4 };

static int by_number(sluice_text number) {
    for (int i = 0; i < COUNT; i++)
        if (number.len == 1 && number.ptr[0] == (char)('1' + i))
            return i;
    return NONE;
}

/* Some replies have the number in the text's place. */
static int by_text(sluice_text text) {
    for (int i = 0; i < COUNT; i++)
        if (text_same(text, text_of(names[i])))
            return i;
    return by_number(text);
}

sluice_text status_name(sluice_text number, sluice_text text) {
    int status = by_number(number);
    if (status == NONE)
        status = by_text(text);
    if (status != NONE)
        return text_of(names[status]);
    return text.len ? text : (sluice_text){NULL, 0};
}

static bool is_end(sluice_text status) {
    return text_equal(status, TEXT("Completed")) || text_equal(status, TEXT("Rejected"));
}

bool status_contradicts(sluice_text number, sluice_text text) {
    int one = by_number(number), other = by_text(text);
    return one != NONE && other != NONE && one != other &&
           (is_end(text_of(names[one])) || is_end(text_of(names[other])));
}

sluice_text status_without_result(sluice_text status) {
    return is_end(status) ? TEXT("In Process") : status;
}
