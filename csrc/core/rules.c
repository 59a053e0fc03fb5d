/* rules.c: the table of rules that rules.def describes. */
#include "us.h"

static const us_rule rules[US_RULE_COUNT] = {
#define US_RULE(number, name, level, sentence, follows, source, ...) \
    [US_RULE_##number] = { \
        .id = name, \
        .severity = level, \
        .rule = sentence, \
        .consequence = follows, \
        .authority = source, \
        .options = {__VA_ARGS__}, \
    },
#include "rules.def"
#undef US_RULE
};

const us_rule *us_rule_get(us_rule_id id)
{
    return &rules[id];
}
