#include "lost_zeros.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

static bool is_number(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (!text_is_digit(text.ptr[i]))
            return false;
    return text.len > 0;
}

static bool has_check_digit(const char digits[LOST_ZEROS_IMEI]) {
    int sum = 0;
    for (int i = 0; i < LOST_ZEROS_IMEI; i++) {
        int digit = digits[i] - '0';
        if (i % 2 == 1)
            digit = digit < 5 ? 2 * digit : 2 * digit - 9;
        sum += digit;
    }
    return sum % 10 == 0;
}

size_t lost_zeros_forms(sluice_text identifier, char room[LOST_ZEROS_IMEI],
                        sluice_text forms[LOST_ZEROS_FORMS]) {
    forms[0] = identifier;
    if (identifier.len >= LOST_ZEROS_IMEI || !is_number(identifier))
        return 1;
    memset(room, '0', LOST_ZEROS_IMEI);
    memcpy(room + LOST_ZEROS_IMEI - identifier.len, identifier.ptr, identifier.len);
    forms[1] = (sluice_text){room, LOST_ZEROS_IMEI};
    return has_check_digit(room) ? 2 : 1;
}
