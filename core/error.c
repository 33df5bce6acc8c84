#include "error.h"

#include <stdio.h>
#include <string.h>

/* A provider's or a file's text may be in the message: nothing in it may move a terminal's cursor. */
static void flatten(char *text) {
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

int32_t vfail(sluice_error *error, int32_t code, const char *format, va_list arguments) {
    if (error) {
        error->code = code;
        vsnprintf(error->text, sizeof error->text, format, arguments);
        flatten(error->text);
    }
    return code;
}

int32_t fail(sluice_error *error, int32_t code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfail(error, code, format, arguments);
    va_end(arguments);
    return code;
}

int32_t fail_memory(sluice_error *error) {
    return fail(error, SLUICE_E_IO, "out of memory");
}

int32_t fail_within(sluice_error *error, const char *format, ...) {
    char inner[SLUICE_ERROR_TEXT];
    char prefix[SLUICE_ERROR_TEXT];
    va_list arguments;
    if (!error)
        return SLUICE_E_SOFTWARE;
    memcpy(inner, error->text, sizeof inner);
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    return fail(error, error->code, "%.400s: %.590s", prefix, inner);
}
