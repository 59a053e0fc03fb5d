/* answers.h: the answers behind a Lua value, for flatten.c. */
#ifndef L_ANSWERS_H
#define L_ANSWERS_H

#include "util.h"

us_answers *l_check_answers(lua_State *L, int arg);

#endif
