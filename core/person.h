/* person.h - who sits at this machine, for decisions that a person has made. */
#ifndef CORE_PERSON_H
#define CORE_PERSON_H

/* The user's name; valid until the next call. */
const char *person_name(void);

#endif
