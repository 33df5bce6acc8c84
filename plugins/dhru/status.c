#include "status.h"

#include <sluice/text.h>

sluice_text status_name(sluice_text number) {
    static const char *const names[] = {"Pending", "In Process", NULL, "Rejected", "Completed"};
    number = text_trim(number);
    if (number.len != 1 || number.ptr[0] < '0' || number.ptr[0] > '4')
        return (sluice_text){NULL, 0};
    return text_of(names[number.ptr[0] - '0']);
}

bool status_is_rejected(sluice_text name) {
    return text_is(name, "Rejected");
}

sluice_text status_without_result(sluice_text name) {
    return text_is(name, "Rejected") || text_is(name, "Completed") ? TEXT("In Process") : name;
}
