/* status.c: the words for each status. */
#include "us.h"

const char *us_status_text(us_status status)
{
    switch (status) {
    case US_OK:
        return "ok";
    case US_NOMEM:
        return "out of memory";
    case US_SYNTAX:
        return "wrong syntax";
    case US_RANGE:
        return "value out of range";
    case US_LIMIT:
        return "limit exceeded";
    case US_IO:
        return "input or output failed";
    case US_REFUSED:
        return "refused";
    case US_ABSENT:
        return "does not exist";
    }
    return "unknown status";
}
