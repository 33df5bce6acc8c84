/* pump.h - a long answer, made by a question to the core while it is sent: a thread asks, and waits while the
 * client takes what there is. Memory stays flat however long the answer is. */
#ifndef FORM_PUMP_H
#define FORM_PUMP_H

#include "reply.h"

struct pump;

/* Asks, and puts what it hears. 0, or a failure. `user` is freed with free(). */
typedef int pump_work(struct pump *pump, struct form *form, void *user, sluice_error *error);

/* False: nobody wants any more. */
bool pump_put(struct pump *pump, const char *bytes, size_t count);
/* What fails before the first byte is answered as a failure; later the connection is broken, so that half a
 * file doesn't look like a whole one. */
enum MHD_Result pump_reply(struct request *request, const char *type, const char *file_name, pump_work *work,
                           void *user);

#endif
