/* class.h: the search for what was meant, shared by class.c and util.c; the rest of class.c is declared in util.h. */
#ifndef L_CLASS_H
#define L_CLASS_H

#include "util.h"

/* Whether `candidate` is close enough to `word` to be what was meant, and nearer than *best, which is then set. */
bool l_nearer(const char *word, const char *candidate, unsigned *best);

#endif
