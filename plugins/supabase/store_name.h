/* store_name.h - what a store is called, so that the ledger knows it again. */
#ifndef SUPABASE_STORE_NAME_H
#define SUPABASE_STORE_NAME_H

#include <sluice/host.h>

/* Tell the core which table of which database this sink writes; a project of Supabase has one name, directly
 * and through its pooler. What isn't an
 * address is left to connecting to refuse. */
int store_name_tell(const sluice_host *host, sluice_self *self, sluice_secret uri, sluice_text table,
                    sluice_error *error);

#endif
