#include "feed.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <sluice/utf8.h>

static int32_t read_bytes(struct feed *feed, void *out, uint32_t room, uint32_t *got, sluice_error *error) {
    ssize_t n;
    if (feed->most &&
        feed->bytes + room > feed->most) /* what is appended now isn't read: it may be our own */
        room = feed->most > feed->bytes ? (uint32_t)(feed->most - feed->bytes) : 0;
    while ((n = feed->read(feed->fd, out, room)) < 0 && (errno == EINTR || errno == EAGAIN)) {
        struct pollfd wait = {.fd = feed->fd, .events = POLLIN};
        if (errno == EAGAIN)
            poll(&wait, 1, -1); /* somebody made standard input non-blocking */
    }
    if (n < 0)
        return feed->host->fail(error, SLUICE_E_IO, "%s: can't be read: %s", feed->name, strerror(errno));
    feed->eof = n == 0;
    feed->bytes += (uint64_t)n;
    *got = (uint32_t)n;
    return 0;
}

/* Take the byte order mark away and see what it says. */
static void detect(struct feed *feed, char *out, uint32_t *got) {
    const unsigned char *b = (const unsigned char *)out;
    uint32_t mark = 0;
    feed->encoding = FEED_BYTES;
    if (*got >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf) {
        mark = 3;
    } else if (*got >= 2 && b[0] == 0xff && b[1] == 0xfe) {
        mark = 2;
        feed->encoding = FEED_UTF16_LE;
    } else if (*got >= 2 && b[0] == 0xfe && b[1] == 0xff) {
        mark = 2;
        feed->encoding = FEED_UTF16_BE;
    }
    *got -= mark;
    if (feed->encoding == FEED_BYTES) {
        memmove(out, out + mark, *got);
    } else {
        memcpy(feed->raw, out + mark, *got);
        feed->raw_end = *got;
        *got = 0;
    }
}

/* The mark is at most 3 bytes: a pipe may hand them over one by one. */
static int32_t read_start(struct feed *feed, char *out, uint32_t room, uint32_t *got, sluice_error *error) {
    uint32_t have = 0;
    if (room > FEED_RAW)
        room = FEED_RAW;
    while (have < 3 && !feed->eof) {
        uint32_t n = 0;
        int32_t rc = read_bytes(feed, out + have, room - have, &n, error);
        if (rc < 0)
            return rc;
        have += n;
    }
    *got = have;
    detect(feed, out, got);
    return 0;
}

/* One more UTF-16 unit: what is known for certain now goes to `out`; at most 6 bytes. */
static uint32_t put_unit(struct feed *feed, char *out, uint16_t unit) {
    uint32_t n = 0;
    uint16_t first = feed->first;
    feed->first = 0;
    if (first && unit >= 0xdc00 && unit < 0xe000)
        return utf8_put(out, 0x10000u + ((uint32_t)(first - 0xd800) << 10) + (uint32_t)(unit - 0xdc00));
    if (first)
        n = utf8_put(out, 0xfffd);
    if (unit >= 0xd800 && unit < 0xdc00)
        feed->first = unit;
    else
        n += utf8_put(out + n, unit >= 0xdc00 && unit < 0xe000 ? 0xfffd : unit);
    return n;
}

static uint32_t convert(struct feed *feed, char *out, uint32_t room) {
    uint32_t n = 0;
    while (feed->raw_end - feed->raw_at >= 2 && room - n >= 8) {
        const unsigned char *b = feed->raw + feed->raw_at;
        feed->raw_at += 2;
        bool little = feed->encoding == FEED_UTF16_LE;
        unsigned unit = little ? b[0] | (unsigned)b[1] << 8 : b[1] | (unsigned)b[0] << 8;
        n += put_unit(feed, out + n, (uint16_t)unit);
    }
    if (feed->eof && feed->raw_end - feed->raw_at < 2 && room - n >= 8 &&
        (feed->first || feed->raw_at < feed->raw_end)) {
        /* Half a character is all that is left: shown as one, so that its cell can't pass as whole. */
        feed->torn = true;
        feed->first = 0;
        feed->raw_at = feed->raw_end;
        n += utf8_put(out + n, 0xfffd);
    }
    return n;
}

static int32_t read_utf16(struct feed *feed, char *out, uint32_t room, uint32_t *got, sluice_error *error) {
    while ((*got = convert(feed, out, room)) == 0 && !feed->eof) {
        uint32_t kept = feed->raw_end - feed->raw_at, n = 0;
        memmove(feed->raw, feed->raw + feed->raw_at, kept);
        feed->raw_at = 0;
        feed->raw_end = kept;
        int32_t rc = read_bytes(feed, feed->raw + kept, FEED_RAW - kept, &n, error);
        if (rc < 0)
            return rc;
        feed->raw_end += n;
    }
    return 0;
}

int32_t feed_read(struct feed *feed, char *out, uint32_t room, uint32_t *got, sluice_error *error) {
    *got = 0;
    if (feed->encoding == FEED_UNKNOWN) {
        int32_t rc = read_start(feed, out, room, got, error);
        if (rc < 0 || *got)
            return rc;
    }
    if (feed->encoding != FEED_BYTES)
        return read_utf16(feed, out, room, got, error);
    return feed->eof ? 0 : read_bytes(feed, out, room, got, error);
}

bool feed_ready(const struct feed *feed) {
    struct pollfd wait = {.fd = feed->fd, .events = POLLIN};
    if (feed->eof || feed->raw_end - feed->raw_at >= 2)
        return true;
    return poll(&wait, 1, 0) != 0; /* an error shows up when it is read */
}
