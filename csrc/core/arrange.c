/* arrange.c: brings the owners of a builder into canonical order (RFC 4034 §6.1), and all that it holds of them into
 * the same order in memory, so that what follows reads memory from front to back.
 *
 * Each owner has a spelling that sorts as the owner does: its labels from the root's side on, each ended by 0, with 0
 * and 1 inside a label spelt 1 1 and 1 2, and one more 0 at the end. Spellings are kept as words of eight octets, and
 * a radix sort goes through them octet by octet. Then the rows are brought into the new order, and then the octets, so
 * that not all of both is there twice at the same time. For a large zone several threads do each step.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "thread.h"

enum {
    WORD = sizeof(uint64_t),
    FILL = 2 * WORD, /* octets behind a spelling: its end, and what makes it whole words */
    SPELLING_MAX = 2 * US_NAME_MAX + FILL,
    FIRST_DIGIT = 8 * (WORD - 1),
    FEW = 24,            /* groups that insertion sorts faster than counting */
    GROUPS_LEAST = 16384 /* for a thread */
};

/* What is sorted: a group by the word of its owner's spelling that it has come to. */
typedef struct sorted_group {
    uint64_t word;
    uint32_t at;  /* number of that word */
    uint32_t row; /* the first one of the group */
} sorted_group;

typedef struct arrangement {
    us_builder *builder;
    size_t skip; /* labels at the end of each owner that all have in common */
    sorted_group *groups, *spare;
    uint64_t *words;
    size_t count;
} arrangement;

/* ---------------------------------------------------------------- spellings */

/* Spells a name without its last `skip` labels; returns the octets used, whole words. */
static size_t spell(const uint8_t *name, size_t skip, uint8_t out[SPELLING_MAX])
{
    uint8_t labels[US_LABELS_MAX];
    size_t count = us_name_find_labels(name, labels), length = 0;
    count = count > skip ? count - skip : 0;
    while (count > 0) {
        const uint8_t *label = name + labels[--count];
        for (size_t i = 1; i <= *label; i++) {
            bool escaped = label[i] <= 1;
            out[length++] = escaped ? 1 : label[i];
            if (escaped)
                out[length++] = (uint8_t)(label[i] + 1);
        }
        out[length++] = 0;
    }
    memset(out + length, 0, FILL);
    return (length + WORD) / WORD * WORD;
}

/* A part of the groups, and where its spellings begin: each takes at most a word for four octets of its name. */
typedef struct range {
    const arrangement *all;
    size_t first, count, word;
    bool repeated; /* found an owner with several groups */
} range;

static size_t most_words(size_t octets, size_t groups)
{
    return octets / (WORD / 2) + groups * (FILL / WORD);
}

static void spell_range(range *this)
{
    const us_builder *builder = this->all->builder;
    uint64_t *words = this->all->words;
    size_t at = this->word;
    for (size_t i = this->first; i < this->first + this->count; i++) {
        uint8_t octets[SPELLING_MAX];
        sorted_group *group = &this->all->groups[i];
        size_t length = spell(us_builder_owner(builder, group->row), this->all->skip, octets);
        group->at = (uint32_t)at;
        for (size_t j = 0; j < length; j += WORD)
            words[at++] = (uint64_t)us_read32(octets + j) << 32 | us_read32(octets + j + 4);
        group->word = words[group->at];
    }
}

/* Two zeros one behind the other stand only at the end of a spelling. */
static bool is_last(uint64_t word)
{
    return (word & 0xffff) == 0;
}

/* ---------------------------------------------------------------- sorting */

/* The order of two groups: <0, 0, >0. */
static int compare(const uint64_t *words, sorted_group a, sorted_group b)
{
    while (a.word == b.word && !is_last(a.word)) {
        a.word = words[++a.at];
        b.word = words[++b.at];
    }
    return (a.word > b.word) - (a.word < b.word);
}

static void sort_few(range *this)
{
    const uint64_t *words = this->all->words;
    sorted_group *groups = this->all->groups + this->first;
    for (size_t i = 1; i < this->count; i++) {
        sorted_group group = groups[i];
        size_t at = i;
        int order = 1;
        for (; at > 0 && (order = compare(words, groups[at - 1], group)) > 0; at--)
            groups[at] = groups[at - 1];
        groups[at] = group;
        this->repeated = this->repeated || order == 0;
    }
}

/* Copies groups to the spare ones, sorted by one octet of their words, and notes where those of each octet end. Equal
 * ones keep their order. False: all have the same, and nothing was copied. */
static bool scatter(const range *this, unsigned digit, uint32_t ends[256])
{
    const sorted_group *groups = this->all->groups + this->first;
    sorted_group *spare = this->all->spare + this->first;
    uint32_t next = 0;
    memset(ends, 0, 256 * sizeof *ends);
    for (size_t i = 0; i < this->count; i++)
        ends[groups[i].word >> digit & 255]++;
    if (ends[groups[0].word >> digit & 255] == this->count) {
        for (size_t octet = groups[0].word >> digit & 255; octet < 256; octet++)
            ends[octet] = (uint32_t)this->count;
        return false;
    }
    for (size_t octet = 0; octet < 256; octet++) {
        uint32_t here = ends[octet];
        ends[octet] = next;
        next += here;
    }
    for (size_t i = 0; i < this->count; i++)
        spare[ends[groups[i].word >> digit & 255]++] = groups[i];
    return true;
}

static void distribute(const range *this, unsigned digit, uint32_t ends[256])
{
    if (scatter(this, digit, ends))
        memcpy(this->all->groups + this->first, this->all->spare + this->first,
               this->count * sizeof *this->all->groups);
}

static void sort_range(range *this, unsigned digit);

/* Sorts groups that have all of their words up to this octet in common by what follows. */
static void sort_behind(range *this, unsigned digit)
{
    sorted_group *groups = this->all->groups + this->first;
    if (this->count < 2)
        return;
    if (digit > 0) {
        sort_range(this, digit - 8);
    } else if (is_last(groups->word)) {
        this->repeated = true;
    } else {
        for (size_t i = 0; i < this->count; i++)
            groups[i].word = this->all->words[++groups[i].at];
        sort_range(this, FIRST_DIGIT);
    }
}

/* Sorts groups that have all of their spelling before this octet in common. */
static void sort_range(range *this, unsigned digit)
{
    uint32_t ends[256];
    if (this->count <= FEW) {
        sort_few(this);
        return;
    }
    distribute(this, digit, ends);
    for (size_t octet = 0, first = 0; octet < 256; first = ends[octet++]) {
        range part = {.all = this->all, .first = this->first + first, .count = ends[octet] - first};
        sort_behind(&part, digit);
        this->repeated = this->repeated || part.repeated;
    }
}

/* What several threads do of the sorting: each spells a part of the groups, then they sort those of each first octet, the
 * largest ones first, as they get to them. */
typedef struct sorting {
    range whole;
    range parts[256];
    size_t threads;
    atomic_size_t next; /* the part to be sorted next */
} sorting;

static void spell_part(void *context, size_t number)
{
    spell_range(&((sorting *)context)->parts[number]);
}

static void sort_parts(void *context, size_t number)
{
    sorting *work = context;
    (void)number;
    for (size_t i; (i = atomic_fetch_add_explicit(&work->next, 1, memory_order_relaxed)) < 256;)
        sort_behind(&work->parts[i], FIRST_DIGIT);
}

/* Divides all groups into about equal parts. */
static void divide(sorting *work)
{
    const us_builder *builder = work->whole.all->builder;
    const sorted_group *groups = work->whole.all->groups;
    size_t part = work->whole.count / work->threads;
    for (size_t i = 0; i < work->threads; i++) {
        size_t first = part * i;
        work->parts[i] = work->whole;
        work->parts[i].first = first;
        work->parts[i].count = i + 1 < work->threads ? part : work->whole.count - first;
        work->parts[i].word = most_words(builder->rows[groups[first].row].owner, first);
    }
}

static int compare_parts(const void *a, const void *b)
{
    const range *left = a, *right = b;
    return (left->count < right->count) - (left->count > right->count);
}

/* Divides them by the first octet of their spelling. */
static void divide_sorted(sorting *work, arrangement *all)
{
    uint32_t ends[256];
    if (scatter(&work->whole, FIRST_DIGIT, ends)) {
        sorted_group *groups = all->groups;
        all->groups = all->spare;
        all->spare = groups;
    }
    for (size_t octet = 0, first = 0; octet < 256; first = ends[octet++])
        work->parts[octet] = (range){.all = all, .first = first, .count = ends[octet] - first};
    qsort(work->parts, 256, sizeof *work->parts, compare_parts);
}

/* Returns whether an owner has several groups. */
static bool sort_in_threads(arrangement *all, size_t threads)
{
    sorting work = {.whole = {.all = all, .count = all->count}, .threads = threads};
    bool repeated = false;
    divide(&work);
    us_thread_each(threads, spell_part, &work);
    divide_sorted(&work, all);
    us_thread_each(threads, sort_parts, &work);
    for (size_t i = 0; i < 256; i++)
        repeated = repeated || work.parts[i].repeated;
    return repeated;
}

static void sort_groups(arrangement *all)
{
    size_t threads = us_thread_parts(all->count, GROUPS_LEAST);
    range whole = {.all = all, .count = all->count};
    if (threads > 1) {
        all->builder->repeated = sort_in_threads(all, threads);
        return;
    }
    spell_range(&whole);
    sort_range(&whole, FIRST_DIGIT);
    all->builder->repeated = whole.repeated;
}

/* ---------------------------------------------------------------- moving */

/* A part of the groups in their new order, and the rows, records and octets that they take, from where on. */
typedef struct piece {
    size_t first, count, row, record, octet, rows, records, octets;
} piece;

typedef struct moving {
    us_builder *from, *to;
    const sorted_group *groups;
    uint32_t *owners; /* where the octets of each group were */
    size_t count;
    piece pieces[US_THREADS_MAX];
} moving;

/* The octets of a group go on to those of the group that came next. */
static size_t octets_of(const us_builder *builder, size_t row, size_t end)
{
    return builder->rows[end].owner - builder->rows[row].owner;
}

static void measure_piece(void *context, size_t number)
{
    enum { AHEAD = 16 };
    const moving *work = context;
    const us_builder *from = work->from;
    piece *this = &((moving *)context)->pieces[number];
    for (size_t i = this->first; i < this->first + this->count; i++) {
        if (i + AHEAD < work->count)
            __builtin_prefetch(&from->rows[work->groups[i + AHEAD].row]);
        size_t row = work->groups[i].row, end = us_builder_group_end(from, row);
        this->rows += end - row;
        this->records += from->rows[end].first - from->rows[row].first;
        this->octets += octets_of(from, row, end);
    }
}

static void fetch_group(const moving *work, size_t i)
{
    enum { ROWS_AHEAD = 16, RECORDS_AHEAD = 8 };
    if (i + ROWS_AHEAD >= work->count)
        return;
    __builtin_prefetch(&work->from->rows[work->groups[i + ROWS_AHEAD].row]);
    size_t record = work->from->rows[work->groups[i + RECORDS_AHEAD].row].first;
    __builtin_prefetch(&work->from->rdata[record]);
    __builtin_prefetch(&work->from->lines[record]);
}

static void move_rows(void *context, size_t number)
{
    const moving *work = context;
    const us_builder *from = work->from;
    us_builder *to = work->to;
    piece at = work->pieces[number];
    for (size_t i = at.first; i < at.first + at.count; i++) {
        size_t row = work->groups[i].row, end = us_builder_group_end(from, row);
        uint32_t old = from->rows[row].owner, moved = (uint32_t)at.octet - old;
        uint32_t record = from->rows[row].first, stop = from->rows[end].first, later = (uint32_t)at.record - record;
        fetch_group(work, i);
        work->owners[i] = old;
        at.octet += octets_of(from, row, end);
        for (; row < end; row++, at.row++) {
            to->rows[at.row] = from->rows[row];
            to->rows[at.row].owner += moved;
            to->rows[at.row].first += later;
        }
        for (; record < stop; record++, at.record++) {
            to->rdata[at.record] = from->rdata[record] + moved;
            to->lines[at.record] = from->lines[record];
            if (to->files != NULL)
                to->files[at.record] = from->files[record];
        }
    }
}

static void move_octets(void *context, size_t number)
{
    enum { AHEAD = 12, LINE = 64 };
    const moving *work = context;
    const piece *this = &work->pieces[number];
    const uint8_t *old = work->from->octets.octets;
    size_t row = this->row;
    for (size_t i = this->first; i < this->first + this->count; i++) {
        if (i + AHEAD < work->count) {
            __builtin_prefetch(old + work->owners[i + AHEAD]);
            __builtin_prefetch(old + work->owners[i + AHEAD] + LINE);
        }
        size_t end = us_builder_group_end(work->to, row);
        memcpy(work->to->octets.octets + work->to->rows[row].owner, old + work->owners[i],
               octets_of(work->to, row, end));
        row = end;
    }
}

/* Says where each piece goes, and where the last one ends: behind fewer octets than there were if those before the first
 * group are of no group any more. */
static void place_pieces(moving *work, size_t count)
{
    piece at = {0};
    for (size_t i = 0; i < count; i++) {
        piece *this = &work->pieces[i];
        this->row = at.row;
        this->record = at.record;
        this->octet = at.octet;
        at.row += this->rows;
        at.record += this->records;
        at.octet += this->octets;
    }
    work->to->rows[at.row] = (us_row){.owner = (uint32_t)at.octet, .first = (uint32_t)at.record};
}

static bool make_rows(moving *work)
{
    const us_builder *from = work->from;
    us_builder *to = work->to;
    to->rows = us_block_resize(NULL, (from->row_count + 1) * sizeof *to->rows);
    to->rdata = us_block_resize(NULL, from->record_count * sizeof *to->rdata);
    to->lines = us_block_resize(NULL, from->record_count * sizeof *to->lines);
    to->files = from->files != NULL ? us_block_resize(NULL, from->record_count * sizeof *to->files) : NULL;
    work->owners = us_block_resize(NULL, work->count * sizeof *work->owners);
    return to->rows != NULL && to->rdata != NULL && to->lines != NULL && work->owners != NULL &&
           (from->files == NULL || to->files != NULL);
}

/* Moves the rows and gives back the old ones and the list of groups, then moves the octets. */
static us_status move_all(moving *work, arrangement *all)
{
    size_t count = us_thread_parts(work->count, GROUPS_LEAST), part = work->count / count;
    us_builder *from = work->from, *to = work->to;
    for (size_t i = 0; i < count; i++)
        work->pieces[i] = (piece){.first = part * i, .count = i + 1 < count ? part : work->count - part * i};
    us_thread_each(count, measure_piece, work);
    place_pieces(work, count);
    us_thread_each(count, move_rows, work);
    us_builder_free_rows(from);
    free(all->groups);
    all->groups = NULL;
    us_status status = us_arena_reserve(&to->octets, from->octets.length);
    if (status != US_OK)
        return status;
    to->octets.length = to->rows[to->row_count].owner;
    us_thread_each(count, move_octets, work);
    return US_OK;
}

/* Takes over in that order what the builder holds. */
static us_status move_groups(arrangement *all)
{
    us_builder moved = *all->builder;
    moved.octets = (us_arena){0};
    moving work = {.from = all->builder, .to = &moved, .groups = all->groups, .count = all->count};
    us_status status = make_rows(&work) ? move_all(&work, all) : US_NOMEM;
    free(work.owners);
    if (status == US_OK) {
        moved.row_capacity = moved.row_count + 1;
        moved.record_capacity = moved.record_count;
        us_arena_free(&all->builder->octets);
        *all->builder = moved;
    } else {
        us_arena_free(&moved.octets);
        us_builder_free_rows(&moved);
    }
    return status;
}

static void list_groups(arrangement *all)
{
    const us_builder *builder = all->builder;
    for (size_t row = 0; row < builder->row_count; row = us_builder_group_end(builder, row))
        all->groups[all->count++].row = (uint32_t)row;
}

us_status us_builder_arrange(us_builder *builder)
{
    arrangement all = {.builder = builder, .skip = us_name_labels(builder->origin.wire)};
    size_t groups = us_builder_count_groups(builder) + 1;
    builder->rows[builder->row_count].owner = (uint32_t)builder->octets.length;
    all.groups = us_block_resize(NULL, groups * sizeof *all.groups);
    all.spare = us_block_resize(NULL, groups * sizeof *all.spare);
    all.words = us_block_resize(NULL, most_words(builder->octets.length, groups) * sizeof *all.words);
    us_status status = all.groups != NULL && all.spare != NULL && all.words != NULL ? US_OK : US_NOMEM;
    if (status == US_OK) {
        list_groups(&all);
        sort_groups(&all);
    }
    free(all.spare);
    free(all.words);
    if (status == US_OK)
        status = move_groups(&all);
    free(all.groups);
    return status;
}
