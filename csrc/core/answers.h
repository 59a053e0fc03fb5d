/* answers.h: what flattening must know of a memory of answers beyond us.h. */
#ifndef US_ANSWERS_H
#define US_ANSWERS_H

#include "us.h"

/* Whether the policy removes the addresses of a target that dangles. */
bool us_answers_remove_dangling(const us_answers *answers);

#endif
