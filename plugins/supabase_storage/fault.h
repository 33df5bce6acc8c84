/* fault.h - what the object storage says when it says no: nearly always HTTP 400, with the true status in
 * the body. Pure. */
#ifndef SUPABASE_STORAGE_FAULT_H
#define SUPABASE_STORAGE_FAULT_H

#include <supabase/rest_fault.h>

/* As rest_fault_read; never ROW or SIZE. */
void storage_fault_read(struct rest_fault *fault, int status, sluice_text body, const char *bucket);

#endif
