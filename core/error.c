#include "error.h"

#include <stdio.h>
#include <string.h>

#include "secret.h"
#include "utf8.h"

int32_t vfail(sluice_error *error, int32_t code, const char *format, va_list arguments) {
    char text[SLUICE_ERROR_TEXT];
    if (!error)
        return code;
    int wanted = vsnprintf(text, sizeof text, format, arguments);
    size_t length = strlen(text);
    /* A provider's or a file's text may be in the message. It goes to places that don't look again. */
    length = wanted < (int)sizeof text ? secret_redact(text, length) : secret_redact_cut(text, length);
    length = utf8_flatten(text, length);
    memcpy(error->text, text, length);
    error->text[length] = 0;
    error->code = code;
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

int32_t fail_callback(sluice_error *error, int32_t answer, const char *callback) {
    bool known = answer <= SLUICE_E_USAGE && answer >= SLUICE_E_CONFIG;
    int32_t code = known ? answer : SLUICE_E_PLUGIN;
    if (error && error->code < 0 && error->text[0]) {
        error->text[sizeof error->text - 1] = 0;
        error->code = code;
        return code;
    }
    return fail(error, code, "the plugin's %s() answered %d and didn't say why", callback, answer);
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
