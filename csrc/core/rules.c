/* rules.c: the table of rules that rules.def describes, and how grave they are. */
#include <string.h>

#include "us.h"

static const us_rule rules[US_RULE_COUNT] = {
#define US_RULE(number, name, level, sentence, follows, source, ...) \
    [US_RULE_##number] = { \
        .id = name, \
        .group = US_RULE_GROUP, \
        .grade = US_GRADE_##level, \
        .rule = sentence, \
        .consequence = follows, \
        .authority = source, \
        .options = {__VA_ARGS__}, \
    },
#include "rules.def"
#undef US_RULE
};

static const us_severity severities[US_GRADE_COUNT][US_SET_COUNT] = {
    [US_GRADE_BINDING] = {US_ERROR, US_ERROR, US_ERROR},     [US_GRADE_ERROR] = {US_WARNING, US_ERROR, US_ERROR},
    [US_GRADE_WARNING] = {US_WARNING, US_WARNING, US_ERROR}, [US_GRADE_ADVICE] = {US_INFO, US_WARNING, US_WARNING},
    [US_GRADE_NOTE] = {US_INFO, US_INFO, US_INFO},           [US_GRADE_STRICT] = {US_OFF, US_OFF, US_WARNING},
};

static const char *const set_texts[US_SET_COUNT] = {
    [US_SET_LENIENT] = "lenient",
    [US_SET_DEFAULT] = "default",
    [US_SET_STRICT] = "strict",
};

const us_rule *us_rule_get(us_rule_id id)
{
    return &rules[id];
}

bool us_rule_find(const char *id, us_rule_id *out)
{
    for (int i = 0; i < US_RULE_COUNT; i++) {
        if (strcmp(rules[i].id, id) == 0) {
            *out = (us_rule_id)i;
            return true;
        }
    }
    return false;
}

us_severity us_rule_severity(us_rule_id id, us_rule_set set)
{
    return severities[rules[id].grade][set];
}

const char *us_rule_set_text(us_rule_set set)
{
    return set_texts[set];
}
