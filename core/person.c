#include "person.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

const char *person_name(void) {
    static char number[32];
    const struct passwd *user = getpwuid(geteuid());
    if (user && user->pw_name && *user->pw_name)
        return user->pw_name;
    snprintf(number, sizeof number, "user %ld", (long)geteuid());
    return number;
}
