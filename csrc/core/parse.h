/* parse.h: the state of reading a master file, shared by the reader and its directives $INCLUDE and $GENERATE. */
#ifndef US_PARSE_H
#define US_PARSE_H

#include <sys/types.h>

#include "rdata.h"
#include "scan.h"

/* A text that is being read; the texts that include it are its parents. */
typedef struct us_source {
    const struct us_source *parent;
    const char *file; /* the name in places; NULL: text without a file */
    const char *path; /* NULL: text that comes from no file */
    dev_t device;     /* with a path: which file it is, under whatever name */
    ino_t inode;
    size_t size; /* when it was opened */
    struct timespec modified;
} us_source;

/* A file's name, kept until the zone is made: places point to it. */
typedef struct us_file_name {
    struct us_file_name *next;
    char text[];
} us_file_name;

/* How a large text is divided to be read in several parts at the same time. */
typedef struct us_division {
    size_t head;  /* octets that are read before */
    size_t least; /* octets of a part */
    size_t parts; /* 0: as many as there are processors for */
} us_division;

/* Text that the next line is likely to have too. */
typedef struct us_last_text {
    size_t length; /* 0: none */
    char text[56];
} us_last_text;

/* What stands before the rdata: [TTL] [class] type, the first two in any order. */
typedef struct us_head {
    bool has_ttl;
    uint32_t ttl;
    uint16_t type;
} us_head;

typedef struct us_reader {
    us_parse_options limits; /* with the defaults filled in */
    us_builder *builder;
    us_report *report;
    const us_source *source;
    us_file_name *files;

    us_name origin, owner; /* the last ones stated, the owner in lower case; length 0: none yet */
    bool has_default_ttl, has_last_ttl, has_soa_ttl;
    uint32_t default_ttl, last_ttl, soa_ttl; /* from $TTL, from a record, from the SOA's minimum */
    us_text waiting;                         /* records whose TTL the SOA will tell */
    us_place no_ttl;                         /* the first record that had to ask the SOA; line 0: none */

    bool elsewhere;    /* $REGION: the records that follow are left out */
    char regions[128]; /* where they are served, as far as there is room */
    us_name left_owner;
    uint16_t left_type; /* of the record that was left out last; 0: none */

    us_last_text owner_text, head_text; /* as `owner` and `head` were written */
    us_head head;
    size_t head_words; /* tokens of it; 0: none yet */

    us_fault fault;
    bool on_trial;               /* reads a part of a text before it is known what stands before it: read_parallel.c */
    bool has_stated_ttl;         /* last_ttl comes from a record that this reader has read */
    bool used_last_ttl;          /* before that */
    const us_division *division; /* of texts; NULL: the usual one */

    size_t octets, records, unread; /* octets and records read, lines left unread */
    unsigned errors;
    us_status stopped; /* US_OK while reading goes on; else what comes out of it */
    us_place stopped_at;
    const char *stopped_why; /* NULL: the last fault says it */
    uint8_t rdata[US_RDATA_MAX];
} us_reader;

/* How much of a token a message quotes. */
static inline int us_token_shown(const us_token *token)
{
    return token->length < 60 ? (int)token->length : 60;
}

/* Ends reading after this line; `status` is what comes out of it. A place with line 0 is that of the first line that is
 * not read. `why` is NULL when a fault says it. */
void us_reader_stop(us_reader *reader, us_status status, us_place place, const char *why);

/* To be called when the origin or the last owner is no longer what it was. */
void us_reader_forget(us_reader *reader);

/* Reads the head from tokens[*next] on and moves *next behind it. US_SYNTAX with the reader's fault set. */
us_status us_reader_head(us_reader *reader, const us_scan *line, size_t *next, us_head *head);

/* Reads a name, relative to the origin. US_SYNTAX with the reader's fault set. */
us_status us_reader_name(us_reader *reader, us_name *out, const us_token *token);

/* The same in lower case. */
us_status us_reader_owner(us_reader *reader, us_name *out, const us_token *token);

/* Reads the rdata of a record from tokens and adds the record of that owner, which is in lower case. `at` is its place, `stop` where its tokens end. */
us_status us_reader_record(us_reader *reader, const us_name *owner, const us_head *head, const us_token *tokens,
                           size_t count, const us_token *stop, const us_token *at);

/* Makes a reader of memory that the caller has, with the defaults of the options filled in. The report stays the
 * caller's. US_NOMEM. */
us_status us_reader_begin(us_reader *reader, const us_parse_options *options, us_report *report);
void us_reader_end(us_reader *reader);

/* Reads a whole text. US_SYNTAX never: faults are in the report. US_IO with errno. */
us_status us_reader_text(us_reader *reader, const us_source *source, const us_input *input);

/* Reads lines up to the scanner's pause, or until the reader is stopped. */
us_status us_reader_lines(us_reader *reader, us_scan *scan);

/* Reads lines to the end of the text, if that pays in several parts at the same time. */
us_status us_reader_parts(us_reader *reader, us_scan *scan, const us_division *division);

/* us_parse_text with another division than the usual one (NULL), for tests; also of an open file. */
us_status us_parse_divided(const us_input *input, const us_parse_options *options, const us_division *division,
                           us_report *report, us_zone **out);

/* Carry out a line: a record, or a directive of any kind. US_SYNTAX with the reader's fault set. */
us_status us_reader_line(us_reader *reader, const us_scan *line);
us_status us_reader_directive(us_reader *reader, const us_scan *line);

/* Carry out one directive, the first token of the line. US_SYNTAX with the reader's fault set. */
us_status us_reader_include(us_reader *reader, const us_scan *line);
us_status us_reader_generate(us_reader *reader, const us_scan *line);
us_status us_reader_region(us_reader *reader, const us_scan *line);

/* Tells of a record that is not served in the region that is read. */
void us_reader_leave_out(us_reader *reader, const us_name *owner, uint16_t type, us_rdata rdata, us_place place);

/* Opens a regular file for reading; the descriptor, or -1 with errno. Fills in what the source says of it. */
int us_source_open(us_source *source, const char *path, int flags);

/* Whether the file is no longer what it was when it was opened: then what was read of it need not fit together. */
bool us_source_changed(const us_source *source, int fd);

#define US_SOURCE_CHANGED "the file changed while it was read: read it again"

#endif
