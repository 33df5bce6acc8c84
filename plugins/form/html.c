#include "html.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>
#include <sluice/utf8.h>

static const char *entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool is_control(char c) {
    return ((unsigned char)c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

/* What takes the place of the `length` bytes there; NULL: they stand as they are. Browsers send \r\n for the
 * end of a line, and take \n for it. */
static const char *instead_of(sluice_text text, uint64_t at, unsigned length) {
    char c = text.ptr[at];
    if (length == 1 && c == '\r')
        return at + 1 < text.len && text.ptr[at + 1] == '\n' ? "" : "\n";
    if (!length || (length == 1 && is_control(c)))
        return "\xef\xbf\xbd";
    return length == 1 ? entity(c) : NULL;
}

void html_text(struct buffer *page, sluice_text text) {
    uint64_t kept = 0, at = 0;
    if (!text.len)
        return; /* there may be no address to count from */
    while (at < text.len) {
        unsigned length = utf8_sequence(text.ptr + at, text.len - at);
        const char *instead = instead_of(text, at, length);
        if (instead) {
            buffer_put(page, text.ptr + kept, at - kept);
            buffer_string(page, instead);
            kept = at + (length ? length : 1);
        }
        at += length ? length : 1;
    }
    buffer_put(page, text.ptr + kept, at - kept);
}

void html_word(struct buffer *page, sluice_text text) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    for (uint64_t i = 0; i < text.len; i++)
        if (text.ptr[i] && strchr(plain, text.ptr[i]))
            buffer_put(page, text.ptr + i, 1);
        else
            buffer_format(page, "%%%02X", (unsigned char)text.ptr[i]);
}

static void add_grouped(struct buffer *page, const char *digits, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0)
            buffer_put(page, ",", 1);
        buffer_put(page, digits + i, 1);
    }
}

void html_count(struct buffer *page, uint64_t count) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    add_grouped(page, digits, (uint64_t)length);
}

void html_amount(struct buffer *page, sluice_text amount) {
    uint64_t whole = 0, sign = amount.len && amount.ptr[0] == '-';
    while (sign + whole < amount.len && text_is_digit(amount.ptr[sign + whole]))
        whole++;
    if (!whole || (sign + whole < amount.len && amount.ptr[sign + whole] != '.')) {
        html_text(page, amount);
        return;
    }
    buffer_put(page, amount.ptr, sign);
    add_grouped(page, amount.ptr + sign, whole);
    html_text(page, (sluice_text){amount.ptr + sign + whole, amount.len - sign - whole});
}

/* ---- the format ------------------------------------------------------------------------------ */

static void add_string(struct buffer *page, const char *string, int most) {
    if (!string)
        return;
    html_text(page, (sluice_text){string, most < 0 ? strlen(string) : (uint64_t)most});
}

/* One conversion; `at` stands behind the %. Returns where it ends. */
static const char *convert(struct buffer *page, const char *at, va_list *arguments) {
    char text[32] = "";
    if (strncmp(at, ".*s", 3) == 0) {
        int most = va_arg(*arguments, int);
        add_string(page, va_arg(*arguments, const char *), most);
        return at + 3;
    }
    if (strncmp(at, "lld", 3) == 0 || strncmp(at, "ld", 2) == 0)
        snprintf(text, sizeof text, "%lld",
                 at[1] == 'l' ? va_arg(*arguments, long long) : (long long)va_arg(*arguments, long));
    else if (strncmp(at, "llu", 3) == 0 || strncmp(at, "lu", 2) == 0 || strncmp(at, "zu", 2) == 0)
        snprintf(text, sizeof text, "%llu",
                 at[1] == 'l' ? va_arg(*arguments, unsigned long long)
                              : (unsigned long long)va_arg(*arguments, unsigned long));
    else if (*at == 's')
        add_string(page, va_arg(*arguments, const char *), -1);
    else if (*at == 'd')
        snprintf(text, sizeof text, "%d", va_arg(*arguments, int));
    else if (*at == 'u')
        snprintf(text, sizeof text, "%u", va_arg(*arguments, unsigned));
    else if (*at == 'c')
        snprintf(text, sizeof text, "%c", va_arg(*arguments, int));
    else if (*at == '%')
        buffer_put(page, "%", 1);
    else
        abort(); /* a format that this function doesn't know: a mistake in the program */
    html_text(page, (sluice_text){text, strlen(text)});
    while (*at == 'l' || *at == 'z')
        at++;
    return at + 1;
}

void html_add(struct buffer *page, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    for (const char *at = format; *at;) {
        const char *next = strchr(at, '%');
        if (!next)
            next = at + strlen(at);
        buffer_put(page, at, (size_t)(next - at));
        at = *next ? convert(page, next + 1, &arguments) : next;
    }
    va_end(arguments);
}
