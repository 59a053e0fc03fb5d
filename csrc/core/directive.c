/* directive.c: the lines of a master file that begin with a $ (RFC 1035 §5.1, RFC 2308 §4). A word with a $ that is
 * no directive is a fault and never an owner: it is most likely one of another software, or a slip. */
#include "parse.h"

static us_status fail_directive(us_reader *reader, const us_scan *line, size_t wanted, const char *usage)
{
    const us_token *at = line->count > wanted ? &line->tokens[wanted] : &line->stop;
    return us_fault_set(&reader->fault, US_RULE_DIRECTIVE, at, "%s", usage);
}

static us_status read_origin(us_reader *reader, const us_scan *line)
{
    us_status status;
    if (line->count != 2)
        status = fail_directive(reader, line, 2, "$ORIGIN takes one name");
    else if (line->tokens[1].quoted)
        status = fail_directive(reader, line, 1, "$ORIGIN takes a name without quotes");
    else
        status = us_reader_name(reader, &reader->origin, &line->tokens[1]);
    if (status == US_SYNTAX && reader->origin.length == 0)
        reader->origin = (us_name){.length = 1}; /* the root: names that need an origin are no faults too */
    return status;
}

static us_status read_ttl(us_reader *reader, const us_scan *line)
{
    reader->has_default_ttl = true; /* even a faulty one: records that rely on it are no faults too */
    if (line->count != 2)
        return fail_directive(reader, line, 2, "$TTL takes one TTL");
    return us_ttl_from_token(&reader->default_ttl, &line->tokens[1], &reader->fault);
}

us_status us_reader_directive(us_reader *reader, const us_scan *line)
{
    static const struct {
        const char *word;
        us_status (*read)(us_reader *reader, const us_scan *line);
    } directives[] = {
        {"$ORIGIN", read_origin},        {"$TTL", read_ttl},
        {"$INCLUDE", us_reader_include}, {"$GENERATE", us_reader_generate},
        {"$REGION", us_reader_region},
    };
    const us_token *word = &line->tokens[0];
    if (line->indented)
        return us_fault_set(&reader->fault, US_RULE_DIRECTIVE, word,
                            "a directive begins in the first column of its line");
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        if (us_token_is(word, directives[i].word))
            return directives[i].read(reader, line);
    }
    return us_fault_set(
        &reader->fault, US_RULE_DIRECTIVE, word,
        "%.*s is no directive: there are $ORIGIN, $TTL, $INCLUDE, $GENERATE and $REGION; for an owner write "
        "\\$",
        us_token_shown(word), word->text);
}
