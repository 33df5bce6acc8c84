#include "status.h"

#include "text.h"

sluice_text status_name(sluice_text number, sluice_text text) {
    static const char *const names[] = {"Pending", "Completed", "Rejected", "In Process"};
    if (!number.len && text.len == 1)
        number = text; /* some replies have the number in the text's place */
    for (size_t i = 0; i < 4; i++)
        if (number.len == 1 && number.ptr[0] == (char)('1' + i))
            return text_of(names[i]);
    for (size_t i = 0; i < 4; i++)
        if (text_same(text, text_of(names[i])))
            return text_of(names[i]);
    return text.len ? text : (sluice_text){NULL, 0};
}

sluice_text status_without_result(sluice_text status) {
    bool ended = text_equal(status, TEXT("Completed")) || text_equal(status, TEXT("Rejected"));
    return ended ? TEXT("In Process") : status;
}
