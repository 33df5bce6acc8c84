/* act.h - having something done by the core, and saying what came of it. */
#ifndef FORM_ACT_H
#define FORM_ACT_H

#include "request.h"

/* Done, or under way: to `path`, which says so on top (act_note). Refused: a page with the reason. */
enum MHD_Result act_do(struct request *request, sluice_act *act, const char *path);
/* On a page that an act led to (?act=NUMBER): what came of it. */
void act_note(struct buffer *page, struct request *request);

#endif
