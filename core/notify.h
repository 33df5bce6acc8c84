/* notify.h - tells the service manager how the service is (systemd's protocol, see sd_notify(3)). */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include <stdint.h>

/* "READY=1": sent when NOTIFY_SOCKET names a socket, else nothing happens. */
void notify(const char *state);
/* How often the manager wants to hear "WATCHDOG=1", in milliseconds; 0: never. */
int64_t notify_watchdog_ms(void);

#endif
