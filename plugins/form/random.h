/* random.h - names that nobody guesses. */
#ifndef FORM_RANDOM_H
#define FORM_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* `length` letters and digits (5 bits each) and a NUL; no vowels, so no words. */
void random_name(char *out, size_t length);
/* Bytes as hexadecimal digits and a NUL. */
void random_hex(const uint8_t *bytes, size_t count, char *out);

#endif
