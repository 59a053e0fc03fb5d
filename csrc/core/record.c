/* record.c: a line that holds a record: owner, TTL, class and type, and the defaults for those that are left out. What
 * follows them is read by rdata.c. */
#include <string.h>
#include <strings.h>

#include "builder.h"
#include "parse.h"

static us_place place_of(const us_reader *reader, const us_token *token)
{
    return (us_place){.file = reader->source->file, .line = token->line, .column = token->column};
}

static const us_name root = {.wire = {0}, .length = 1};

static const us_name *origin_of(const us_reader *reader)
{
    return reader->origin.length > 0 ? &reader->origin : NULL;
}

/* The fault is that a name is relative and there is no origin. All that follows would fail for the same reason. */
static us_status fail_without_origin(us_reader *reader)
{
    char message[sizeof reader->fault.message];
    memcpy(message, reader->fault.message, sizeof message);
    us_fault_set(&reader->fault, reader->fault.rule, NULL,
                 "%.180s: give the origin of the zone, or begin the file with $ORIGIN", message);
    us_reader_stop(reader, US_SYNTAX, (us_place){0}, NULL);
    return US_SYNTAX;
}

static us_status read_name(us_reader *reader, us_name *out, const us_token *token, bool lower)
{
    us_name ignored_name;
    us_fault ignored;
    us_status status = us_name_from_token(out, token, origin_of(reader), lower, &reader->fault);
    if (status != US_OK && reader->origin.length == 0 &&
        us_name_from_token(&ignored_name, token, &root, false, &ignored) == US_OK)
        status = fail_without_origin(reader);
    return status;
}

us_status us_reader_name(us_reader *reader, us_name *out, const us_token *token)
{
    return read_name(reader, out, token, false);
}

us_status us_reader_owner(us_reader *reader, us_name *out, const us_token *token)
{
    return read_name(reader, out, token, true);
}

/* ---------------------------------------------------------------- what a line has in common with the one before it */

static inline bool repeats(const us_last_text *last, const char *text, size_t length)
{
    return length == last->length && memcmp(text, last->text, length) == 0;
}

static inline void remember(us_last_text *last, const char *text, size_t length)
{
    last->length = length <= sizeof last->text ? length : 0;
    memcpy(last->text, text, last->length);
}

void us_reader_forget(us_reader *reader)
{
    reader->owner_text.length = 0;
}

/* ---------------------------------------------------------------- TTL, class and type */

static inline bool is_class_in(const us_token *token)
{
    return token->length == 2 && (token->text[0] | 0x20) == 'i' && (token->text[1] | 0x20) == 'n' && !token->quoted;
}

/* Whether the token is a class, whatever its number (RFC 1035 §3.2.4, RFC 3597 §5); whether it is IN. */
static bool is_class(const us_token *token, bool *in)
{
    static const char *const others[] = {"CH", "HS", "CS", "CHAOS", "HESIOD", "ANY", "NONE"};
    *in = is_class_in(token);
    if (*in)
        return true;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (us_token_is(token, others[i]))
            return true;
    }
    if (token->quoted || token->length < 6 || token->length > 10 || strncasecmp(token->text, "CLASS", 5) != 0)
        return false;
    uint32_t number = 0;
    for (size_t i = 5; i < token->length; i++) {
        if (token->text[i] < '0' || token->text[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(token->text[i] - '0');
    }
    *in = number == US_CLASS_IN;
    return true;
}

static us_status fail(us_reader *reader, us_rule_id rule, const us_token *token, const char *what)
{
    return us_fault_set(&reader->fault, rule, token, "\"%.*s\" %s", us_token_shown(token), token->text, what);
}

static us_status read_type(us_reader *reader, const us_token *token, uint16_t *type)
{
    if (token->quoted)
        return fail(reader, US_RULE_SYNTAX, token, "stands where the type belongs: write the type before it");
    if (!us_type_from_text(token->text, token->length, type))
        return fail(reader, US_RULE_TYPE, token, "is no known type: check its spelling, or write TYPE and its number");
    if (!us_type_is_data(*type))
        return fail(reader, US_RULE_TYPE, token, "is a type that never stands in a zone: remove the record");
    return US_OK;
}

/* No type begins like a number. */
static inline bool is_ttl(const us_token *token)
{
    char first = token->text[0];
    return !token->quoted && ((first >= '0' && first <= '9') || first == '+' || first == '-');
}

/* Whether the token is a type that can stand in a zone. Only ANY is the name of a class too. */
static inline bool is_data_type(const us_token *token, uint16_t *type)
{
    return !token->quoted && us_type_from_text(token->text, token->length, type) && us_type_is_data(*type);
}

static us_status read_head(us_reader *reader, const us_scan *line, size_t *next, us_head *head)
{
    bool has_class = false, in;
    *head = (us_head){0};
    while (*next < line->count) {
        const us_token *token = &line->tokens[(*next)++];
        if (is_ttl(token)) {
            if (head->has_ttl)
                return fail(reader, US_RULE_SYNTAX, token, "is a second TTL: a record has one, before its type");
            us_status status = us_ttl_from_token(&head->ttl, token, &reader->fault);
            if (status != US_OK)
                return status;
            head->has_ttl = true;
        } else if (!is_class_in(token) && is_data_type(token, &head->type)) {
            return US_OK;
        } else if (is_class(token, &in) && (in || !has_class)) {
            if (has_class)
                return fail(reader, US_RULE_SYNTAX, token, "is a second class: a record has one");
            if (!in)
                return fail(reader, US_RULE_CLASS, token, "is another class than IN, the only one of this zone");
            has_class = true;
        } else {
            return read_type(reader, token, &head->type);
        }
    }
    return us_fault_set(&reader->fault, US_RULE_SYNTAX, &line->stop, "the record ends before its type");
}

/* Whether two tokens are of one physical line; the length of the text from the one to the end of the other. */
static bool find_length(const us_token *first, const us_token *last, size_t *length)
{
    if (first->line != last->line || first->quoted || last->quoted)
        return false;
    *length = (size_t)(last->text - first->text) + last->length;
    return true;
}

/* The same text in the same place means the same. */
us_status us_reader_head(us_reader *reader, const us_scan *line, size_t *next, us_head *head)
{
    size_t first = *next, length, words = reader->head_words;
    const us_token *begin = &line->tokens[first];
    if (words > 0 && line->count - first >= words && find_length(begin, begin + words - 1, &length) &&
        repeats(&reader->head_text, begin->text, length)) {
        *head = reader->head;
        *next += words;
        return US_OK;
    }
    us_status status = read_head(reader, line, next, head);
    if (status == US_OK && find_length(begin, &line->tokens[*next - 1], &length)) {
        reader->head = *head;
        reader->head_words = *next - first;
        remember(&reader->head_text, begin->text, length);
    }
    return status;
}

/* ---------------------------------------------------------------- records */

static us_status add(us_reader *reader, const us_name *owner, uint16_t type, uint32_t ttl, us_rdata rdata,
                     us_place place)
{
    us_status status = us_builder_put(reader->builder, owner, type, ttl, rdata, place);
    if (status == US_LIMIT)
        us_reader_stop(reader, US_LIMIT, place, "there are more records than can be held");
    return status == US_LIMIT ? US_OK : status;
}

/* A record in `waiting`; its owner and its rdata follow. */
typedef struct waiting_record {
    us_place place;
    uint16_t type, length;
} waiting_record;

static us_status put_waiting(us_reader *reader, const us_name *owner, uint16_t type, us_rdata rdata, us_place place)
{
    waiting_record record = {.place = place, .type = type, .length = rdata.length};
    us_text_append(&reader->waiting, &record, sizeof record);
    us_text_append(&reader->waiting, owner->wire, owner->length);
    return us_text_append(&reader->waiting, rdata.data, rdata.length);
}

static us_status take_waiting(us_reader *reader)
{
    us_status status = US_OK;
    for (size_t at = 0; at < reader->waiting.length && status == US_OK && reader->stopped == US_OK;) {
        waiting_record record;
        us_name owner;
        const uint8_t *octets = (const uint8_t *)reader->waiting.data + at + sizeof record;
        memcpy(&record, reader->waiting.data + at, sizeof record);
        us_name_copy(&owner, octets);
        us_rdata rdata = {.data = octets + owner.length, .length = record.length};
        status = add(reader, &owner, record.type, reader->soa_ttl, rdata, record.place);
        at += sizeof record + owner.length + record.length;
    }
    us_text_free(&reader->waiting);
    return status;
}

/* RFC 2308 §4: $TTL; RFC 1035 §5.1: the last one stated. False: only the SOA can tell, and it has not yet. */
static bool find_ttl(us_reader *reader, const us_head *head, us_place place, uint32_t *ttl)
{
    bool known = true;
    if (head->has_ttl) {
        *ttl = head->ttl;
    } else if (reader->has_default_ttl) {
        *ttl = reader->default_ttl;
    } else if (reader->has_last_ttl) {
        *ttl = reader->last_ttl;
        reader->used_last_ttl = reader->used_last_ttl || !reader->has_stated_ttl;
    } else {
        if (reader->no_ttl.line == 0)
            reader->no_ttl = place;
        *ttl = reader->soa_ttl;
        known = reader->has_soa_ttl;
    }
    return known;
}

/* The last field of the SOA is the TTL of records that have none. */
static us_status learn_soa_ttl(us_reader *reader, us_rdata rdata)
{
    uint32_t minimum = us_read32(rdata.data + rdata.length - 4);
    reader->soa_ttl = minimum <= INT32_MAX ? minimum : 0; /* RFC 2181 §8 */
    reader->has_soa_ttl = true;
    return take_waiting(reader);
}

static us_status read_rdata(us_reader *reader, uint16_t type, const us_token *tokens, size_t count,
                            const us_token *stop, us_rdata *rdata)
{
    us_fault ignored;
    rdata->data = reader->rdata;
    us_status status = us_rdata_from_tokens(type, tokens, count, stop, origin_of(reader), reader->rdata, &rdata->length,
                                            &reader->fault);
    if (status == US_SYNTAX && reader->origin.length == 0 &&
        us_rdata_from_tokens(type, tokens, count, stop, &root, reader->rdata, &rdata->length, &ignored) == US_OK)
        status = fail_without_origin(reader);
    return status;
}

us_status us_reader_record(us_reader *reader, const us_name *owner, const us_head *head, const us_token *tokens,
                           size_t count, const us_token *stop, const us_token *at)
{
    us_rdata rdata;
    uint32_t ttl;
    us_place place = place_of(reader, at);
    if (head->has_ttl) {
        reader->last_ttl = head->ttl;
        reader->has_last_ttl = reader->has_stated_ttl = true;
    }
    us_status status = read_rdata(reader, head->type, tokens, count, stop, &rdata);
    if (status != US_OK)
        return status;
    if (reader->records == reader->limits.max_records) {
        us_reader_stop(reader, US_LIMIT, place, "there are more records than the limit allows");
        return US_OK;
    }
    reader->records++;
    if (reader->elsewhere) {
        us_reader_leave_out(reader, owner, head->type, rdata, place);
        return US_OK;
    }
    if (head->type == US_TYPE_SOA && !reader->has_soa_ttl)
        status = learn_soa_ttl(reader, rdata);
    if (status != US_OK)
        return status;
    return find_ttl(reader, head, place, &ttl) ? add(reader, owner, head->type, ttl, rdata, place)
                                               : put_waiting(reader, owner, head->type, rdata, place);
}

/* RFC 1035 §5.1: a line that begins with a blank repeats the owner before it. */
static us_status read_owner(us_reader *reader, const us_scan *line)
{
    const us_token *token = &line->tokens[0];
    us_status status = US_OK;
    if (line->indented) {
        if (reader->owner.length == 0)
            status = us_fault_set(&reader->fault, US_RULE_SYNTAX, token,
                                  "the first record has no owner: write its name in the first column");
    } else if (token->quoted || !repeats(&reader->owner_text, token->text, token->length)) {
        status = us_reader_owner(reader, &reader->owner, token);
        if (status == US_OK)
            remember(&reader->owner_text, token->text, token->quoted ? 0 : token->length);
    }
    if (status == US_SYNTAX && reader->owner.length == 0)
        reader->owner = root; /* so that the records that repeat the faulty owner are no faults too */
    return status;
}

us_status us_reader_line(us_reader *reader, const us_scan *line)
{
    us_head head;
    size_t next = line->indented ? 0 : 1;
    us_status status = read_owner(reader, line);
    if (status == US_OK)
        status = us_reader_head(reader, line, &next, &head);
    if (status != US_OK)
        return status;
    return us_reader_record(reader, &reader->owner, &head, line->tokens + next, line->count - next, &line->stop,
                            &line->tokens[0]);
}
