#include "escape.h"

#include <stdbool.h>
#include <string.h>

static size_t copy(char *out, const char *bytes, size_t count) {
    memcpy(out, bytes, count);
    return count;
}

static size_t form_byte(unsigned char c, char *out) {
    bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                 c == '.' || c == '_' || c == '~';
    if (plain)
        return copy(out, (const char *)&c, 1);
    static const char hex[] = "0123456789ABCDEF";
    const char code[] = {'%', hex[c >> 4], hex[c & 15]};
    return copy(out, code, sizeof code);
}

static size_t xml_byte(unsigned char c, char *out) {
    const char *entity = c == '&'    ? "&amp;"
                         : c == '<'  ? "&lt;"
                         : c == '>'  ? "&gt;"
                         : c == '"'  ? "&quot;"
                         : c == '\'' ? "&apos;"
                                     : NULL;
    return entity ? copy(out, entity, strlen(entity)) : copy(out, (const char *)&c, 1);
}

static size_t json_byte(unsigned char c, char *out) {
    static const char digits[] = "0123456789abcdef";
    const char quoted[] = {'\\', (char)c}, code[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    if (c == '"' || c == '\\')
        return copy(out, quoted, sizeof quoted);
    return c < 0x20 ? copy(out, code, sizeof code) : copy(out, (const char *)&c, 1);
}

size_t escape_byte(enum escape_style style, unsigned char byte, char out[ESCAPE_MOST]) {
    switch (style) {
    case ESCAPE_FORM:
        return form_byte(byte, out);
    case ESCAPE_XML:
        return xml_byte(byte, out);
    case ESCAPE_JSON:
        return json_byte(byte, out);
    }
    return 0;
}
