/* read_parallel.c: reads a large text in several parts at the same time.
 *
 * What a line means depends on lines before it: on $ORIGIN, $TTL, the last TTL, an open parenthesis. So the parts are
 * read on trial. Each begins at a line with an owner and guesses that what holds behind the head of the text holds
 * there too; it is given up at its first fault or directive. Meanwhile the reader itself reads from the front. Where
 * it comes to a part it takes what was read of it, but only if it stands exactly at its start and all guesses were
 * right; else it reads the part itself. Whatever the text is, the outcome is that of reading it from front to end.
 */
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "parse.h"
#include "thread.h"

typedef struct part {
    size_t start, end; /* octets of the text; it ends there if a line does */
    us_room room;      /* where in the reader's memory its records go */
    us_reader *reader;
    us_scan scan;
    pthread_t thread;
    us_status status;
    uint32_t last_ttl; /* guessed, if the reader has one */
} part;

/* ---------------------------------------------------------------- on trial */

static us_reader *trial_new(const us_reader *outer)
{
    us_report *report = us_report_new(1);
    us_reader *reader = report != NULL ? malloc(sizeof *reader) : NULL;
    if (reader == NULL || us_reader_begin(reader, &outer->limits, report) != US_OK) {
        us_report_free(report);
        free(reader);
        return NULL;
    }
    reader->on_trial = true;
    reader->builder->origin = outer->builder->origin;
    reader->source = outer->source;
    reader->origin = outer->origin;
    reader->has_default_ttl = outer->has_default_ttl;
    reader->default_ttl = outer->default_ttl;
    reader->has_last_ttl = outer->has_last_ttl;
    reader->last_ttl = outer->last_ttl;
    reader->has_soa_ttl = outer->has_soa_ttl;
    reader->soa_ttl = outer->soa_ttl;
    return reader;
}

static void trial_free(us_reader *reader)
{
    us_report_free(reader->report);
    us_reader_end(reader);
    free(reader);
}

static void *read_part(void *argument)
{
    part *this = argument;
    this->status = us_reader_lines(this->reader, &this->scan);
    return NULL;
}

/* Begins to read a part. False: there is no memory or no thread for it. */
static bool start_part(part *this, const us_reader *outer, const us_input *input, const us_room *room_end)
{
    this->reader = trial_new(outer);
    if (this->reader == NULL)
        return false;
    this->last_ttl = outer->last_ttl;
    if (room_end != NULL)
        us_builder_lend(outer->builder, this->reader->builder, this->room, *room_end);
    else
        us_builder_expect(this->reader->builder, this->end - this->start);
    us_scan_init(&this->scan, input, this->start, outer->limits.max_line);
    this->scan.pause = this->end;
    if (us_thread_start(&this->thread, read_part, this))
        return true;
    trial_free(this->reader);
    return false;
}

static void end_part(part *this)
{
    us_scan_free(&this->scan);
    trial_free(this->reader);
}

/* ---------------------------------------------------------------- taking over */

static bool same_ttl(bool has, uint32_t ttl, bool had, uint32_t old)
{
    return has == had && (!has || ttl == old);
}

/* Whether the reader would now read the part as it was read. */
static bool is_right(const us_reader *reader, const us_scan *scan, const part *this)
{
    const us_reader *trial = this->reader;
    bool complete =
        this->status == US_OK && trial->stopped == US_OK && trial->waiting.length == 0 && !reader->elsewhere;
    if (!complete || us_scan_position(scan) != this->start ||
        trial->records > reader->limits.max_records - reader->records)
        return false;
    if (trial->origin.length != reader->origin.length ||
        memcmp(trial->origin.wire, reader->origin.wire, trial->origin.length) != 0)
        return false;
    if (!same_ttl(reader->has_default_ttl, reader->default_ttl, trial->has_default_ttl, trial->default_ttl) ||
        !same_ttl(reader->has_soa_ttl, reader->soa_ttl, trial->has_soa_ttl, trial->soa_ttl))
        return false;
    if (trial->used_last_ttl && !same_ttl(reader->has_last_ttl, reader->last_ttl, true, this->last_ttl))
        return false;
    return trial->no_ttl.line == 0 || (reader->no_ttl.line > 0 && !reader->has_last_ttl);
}

/* Makes what was read of a part the reader's own and goes on behind it. If that cannot be, it does nothing. */
static void take_over(us_reader *reader, us_scan *scan, part *this)
{
    const us_reader *trial = this->reader;
    if (!is_right(reader, scan, this) || us_builder_append(reader->builder, trial->builder, scan->line - 1) != US_OK)
        return;
    reader->records += trial->records;
    if (trial->owner.length > 0)
        reader->owner = trial->owner;
    us_reader_forget(reader);
    if (trial->has_stated_ttl) {
        reader->has_last_ttl = true;
        reader->last_ttl = trial->last_ttl;
    }
    us_scan_follow(scan, &this->scan);
}

/* ---------------------------------------------------------------- the whole */

/* Divides what is left of the text; returns the number of parts, without the first one, which is the reader's. */
static size_t divide(const us_scan *scan, const us_division *division, part parts[US_THREADS_MAX + 1])
{
    size_t from = us_scan_position(scan), left = scan->length - from, count = 0;
    size_t wanted = division->parts > 0 ? division->parts : us_thread_parts(left, division->least);
    for (size_t i = 1; i < wanted && count < US_THREADS_MAX; i++) {
        size_t start = us_input_find_owner(scan->input, from + left / wanted * i);
        if (start >= scan->length || (count > 0 && start == parts[count - 1].start))
            continue;
        if (count > 0)
            parts[count - 1].end = start;
        parts[count++] = (part){.start = start, .end = scan->length};
    }
    parts[count] = (part){.start = scan->length};
    return count;
}

/* Reads what is left of a text in parts. */
static us_status read_parts(us_reader *reader, us_scan *scan, part *parts, size_t count)
{
    size_t started = 0, position = us_scan_position(scan);
    us_status status = US_OK;
    for (size_t i = 0; i <= count; i++)
        parts[i].room = us_builder_foresee(reader->builder, position, parts[i].start);
    bool lends = us_builder_begin_lending(reader->builder, parts[count].room);
    while (started < count && start_part(&parts[started], reader, scan->input, lends ? &parts[started + 1].room : NULL))
        started++;
    for (size_t i = 0; i < started; i++) {
        scan->pause = parts[i].start;
        if (status == US_OK && reader->stopped == US_OK)
            status = us_reader_lines(reader, scan);
        pthread_join(parts[i].thread, NULL);
        if (lends)
            us_builder_reclaim(reader->builder, parts[i + 1].room);
        if (status == US_OK && reader->stopped == US_OK)
            take_over(reader, scan, &parts[i]);
        end_part(&parts[i]);
    }
    if (lends)
        us_builder_end_lending(reader->builder);
    scan->pause = SIZE_MAX;
    return status;
}

us_status us_reader_parts(us_reader *reader, us_scan *scan, const us_division *division)
{
    part parts[US_THREADS_MAX + 1]; /* behind the last one there is what begins at the end */
    size_t from = us_scan_position(scan);
    us_status status = US_OK;
    if ((scan->length - from) / 2 >= division->least) {
        scan->pause = us_input_find_owner(scan->input, from + division->head);
        status = us_reader_lines(reader, scan);
        scan->pause = SIZE_MAX;
        size_t count = status == US_OK && reader->stopped == US_OK ? divide(scan, division, parts) : 0;
        if (count > 0)
            status = read_parts(reader, scan, parts, count);
    }
    if (status == US_OK && reader->stopped == US_OK)
        status = us_reader_lines(reader, scan);
    return status;
}
