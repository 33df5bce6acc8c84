/* address.h - the address of a database, in parts. */
#ifndef SUPABASE_ADDRESS_H
#define SUPABASE_ADDRESS_H

#include "pq_library.h"

/* For pq.conninfoFree(). NULL: it is no address, or one whose password isn't percent-encoded: what libpq
 * takes for the host, the port or the database is a part of the password then. */
PQconninfoOption *address_parse(const char *uri);
/* "" counts as not there. */
const char *address_part(const PQconninfoOption *address, const char *keyword, const char *otherwise);

#endif
