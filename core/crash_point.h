/* crash_point.h - the places where a test ends the process as kill -9 does: around what makes an order paid
 * once and never lost.
 *
 * Nothing happens there. The program that the tests kill is linked with a definition of its own in front of
 * this one (tests/fault/crash_point.c). */
#ifndef CORE_CRASH_POINT_H
#define CORE_CRASH_POINT_H

/* `name`: words with '-' between them; a test lists those that it finds in the sources. */
void crash_point(const char *name);

#endif
