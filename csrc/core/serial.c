/* serial.c: serial number arithmetic (RFC 1982). */
#include "us.h"

static const uint32_t HALF = UINT32_C(1) << 31;

int us_serial_compare(uint32_t a, uint32_t b, bool *defined)
{
    uint32_t distance = a - b;
    *defined = distance != HALF; /* RFC 1982 §3.2: neither is greater */
    if (distance == 0 || distance == HALF)
        return 0;
    return distance < HALF ? 1 : -1;
}

uint32_t us_serial_next(uint32_t last, uint32_t wanted)
{
    bool defined;
    uint32_t next = us_serial_compare(wanted, last, &defined) > 0 ? wanted : last + 1;
    return next != 0 ? next : 1; /* some software takes serial 0 for "no zone yet" */
}
