/* markup.h - text as a browser would show it: entities become characters, tags become lines or nothing. Pure.
 */
#ifndef SHARED_MARKUP_H
#define SHARED_MARKUP_H

#include <stdint.h>

/* In place, since what is left is never longer; returns its length. Entities that stand for parts of other
 * entities or of tags (text that was escaped twice) are followed; a `<` that begins no tag of HTML stays. */
uint64_t markup_strip(char *text, uint64_t length);

#endif
