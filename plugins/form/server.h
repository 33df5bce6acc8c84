/* server.h - libmicrohttpd around a form: a thread for each connection, so that one may wait for the disk,
 * the provider or news while the others go on. */
#ifndef FORM_SERVER_H
#define FORM_SERVER_H

#include "form.h"

int server_start(struct form *form, sluice_error *error);
/* Waits for the answers that are under way. */
void server_stop(struct form *form);

/* What libmicrohttpd calls for a request, and at its end; for those who run it themselves. */
MHD_AccessHandlerCallback server_handler(void);
MHD_RequestCompletedCallback server_end_handler(void);

#endif
