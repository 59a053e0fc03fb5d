/* lookup.h: one question for the addresses of a name: writing it, and reading what comes back. */
#ifndef US_LOOKUP_H
#define US_LOOKUP_H

#include "internal.h"

enum {
    US_QUESTION_MAX = 12 + US_NAME_MAX + 4 + 11, /* header, question, OPT */
    US_LOOKUP_UDP_SIZE = 1232,                   /* what we offer to take by UDP: fits in any IPv6 packet */
};

/* Begins a lookup: no outcome, nothing followed yet. */
void us_lookup_begin(us_lookup *lookup, const us_name *target, uint16_t type);

/* The name to ask for: the target, or where the chain has led. */
const us_name *us_lookup_name(const us_lookup *lookup);

/* Writes a recursive query for that name, with EDNS. Returns its length. */
size_t us_lookup_question(const us_lookup *lookup, uint16_t id, uint8_t out[US_QUESTION_MAX]);

/* What an answer means for its lookup. */
typedef enum us_reading {
    US_READING_DONE,  /* the outcome is set */
    US_READING_GO_ON, /* a CNAME leads on, and this server says no more: ask for us_lookup_name */
    US_READING_RETRY, /* this server failed, lookup->failure and error say how, nothing else changed: another may do better */
} us_reading;

/* Reads an answer to us_lookup_question. `wire` may be anything. */
us_reading us_lookup_read(us_lookup *lookup, const uint8_t *wire, size_t length);

/* Ends a lookup as a failure. */
void us_lookup_fail(us_lookup *lookup, us_failure failure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ends a lookup as special if one of its addresses is and is in none of the ranges: who can forge one can forge all. */
void us_lookup_refuse_special(us_lookup *lookup, const us_range *allow, size_t count);

/* Copies as much of a lookup as it has. */
void us_lookup_copy(us_lookup *out, const us_lookup *from);

#endif
