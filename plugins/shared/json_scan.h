/* json_scan.h - reading JSON where it stands: views of the text, nothing is built. Pure.
 *
 * Numbers stay text: money must not pass through a floating-point number, which is what libraries make of it.
 */
#ifndef SHARED_JSON_SCAN_H
#define SHARED_JSON_SCAN_H

#include <stdbool.h>

#include <sluice/base.h>

/* A walk through a list or an object. */
struct json_walk {
    const char *at, *end;
    bool begun;  /* something was read: a comma comes first */
    bool ended;  /* its bracket was read */
    bool broken; /* it isn't JSON from here on */
};

/* Behind the value that `at` begins with; NULL: there is none, or it is nested more than 200 deep. */
const char *json_skip_value(const char *at, const char *end);
const char *json_skip_space(const char *at, const char *end);
/* Behind a text and its quotes; NULL: it isn't one. */
const char *json_skip_string(const char *at, const char *end);
/* Behind a key, its colon and space; NULL: there is none. */
const char *json_skip_key(const char *at, const char *end);
/* Is all of it one value that begins with this character? Then that, without the space around it; else null.
 */
sluice_text json_whole(sluice_text text, char first);

/* False: it doesn't begin with `[`, with `{`. */
bool json_walk_list(struct json_walk *walk, sluice_text text);
bool json_walk_object(struct json_walk *walk, sluice_text text);
/* The next one as it is written; false: there is none (`ended`), or it is no JSON (`broken`). Keys come with
 * their quotes. */
bool json_next_item(struct json_walk *walk, sluice_text *value);
bool json_next_member(struct json_walk *walk, sluice_text *key, sluice_text *value);
/* Was it read to its end, and is nothing behind it? */
bool json_walk_whole(const struct json_walk *walk);

/* The text that a string with its quotes means, to `out`, which has room for as many bytes as the string;
 * returns its length. What isn't a character (half a surrogate pair, NUL) is U+FFFD. */
uint64_t json_decode(sluice_text string, char *out);
/* Is it a string, with quotes, for just this text? */
bool json_is(sluice_text string, const char *text);

#endif
