/* check.h: what the files of the check (check_*.c) share.
 *
 * The zone is walked once, owner by owner. Each owner is a node that knows which notable types it has, so that a rule
 * looks only at nodes that can break it. A delegation or DNAME is called a cover, for it hides what is below it; a node
 * with CNAME, ALIAS or POOL is called a link.
 */
#ifndef US_CHECK_H
#define US_CHECK_H

#include "check_names.h"

/* The notable types of a node, as a set. */
enum us_has {
    US_HAS_A = 1 << 0,
    US_HAS_AAAA = 1 << 1,
    US_HAS_NS = 1 << 2,
    US_HAS_SOA = 1 << 3,
    US_HAS_CNAME = 1 << 4,
    US_HAS_DNAME = 1 << 5,
    US_HAS_MX = 1 << 6,
    US_HAS_SRV = 1 << 7,
    US_HAS_DS = 1 << 8,
    US_HAS_ALIAS = 1 << 9,
    US_HAS_POOL = 1 << 10,
    US_HAS_URL = 1 << 11,
    US_HAS_KEY = 1 << 12,    /* KEY, SIG, NXT: what came before DNSSEC as it is now */
    US_HAS_SIGNED = 1 << 13, /* RRSIG, NSEC */
    US_HAS_NSEC3 = 1 << 14,  /* NSEC3, NSEC3PARAM */
    US_HAS_PTR = 1 << 15,
    US_HAS_SVCB = 1 << 16, /* SVCB, HTTPS */
    US_HAS_TXT = 1 << 17,
    US_HAS_FIELDS = 1 << 18,                  /* types of which single fields are looked at: check_fields.c */
    US_HAS_AT_APEX = 1 << 19,                 /* DNSKEY, CDS, CDNSKEY */
    US_HAS_OBSOLETE = 1 << 20,                /* but KEY, SIG and NXT */
    US_HAS_OTHER = 1 << 21,                   /* the last one */
    US_HAS_TARGET = US_HAS_PTR | US_HAS_SVCB, /* other types whose rdata names a host */
    US_HAS_ADDRESS = US_HAS_A | US_HAS_AAAA,
    US_HAS_PUBLISHED_ADDRESS = US_HAS_ADDRESS | US_HAS_ALIAS | US_HAS_POOL | US_HAS_URL,
    US_HAS_LINK = US_HAS_CNAME | US_HAS_ALIAS | US_HAS_POOL,
    US_HAS_LOOKED_UP = US_HAS_LINK | US_HAS_NS | US_HAS_MX | US_HAS_SRV,
    /* Types whose rdata the rules read. */
    US_HAS_OCTETS_READ = US_HAS_LOOKED_UP | US_HAS_TARGET | US_HAS_ADDRESS | US_HAS_TXT | US_HAS_FIELDS | US_HAS_DS,
    US_HAS_DNSSEC = US_HAS_SIGNED | US_HAS_NSEC3,
    US_HAS_ALL = 2 * US_HAS_OTHER - 1,
    /* In the index of names also what hides the node. */
    US_HAS_CUT_ABOVE = 1 << 22,
    US_HAS_DNAME_ABOVE = 1 << 23,
};

/* One owner and its RRsets, from index `first` to before `end`. */
typedef struct us_node {
    const uint8_t *owner;
    size_t first, end;
    uint32_t has;
    uint16_t length, labels; /* octets and labels of the owner's name */
} us_node;

/* A record that leads from one link to another. Nodes are given by their first RRset. */
typedef struct us_edge {
    uint32_t from, rrset, record, to;
    uint16_t type;
} us_edge;

typedef struct us_edges {
    us_edge *items;
    size_t count, capacity;
} us_edges;

/* The records that a finding is about. */
typedef struct us_evidence {
    const uint8_t *owner;
    uint16_t types[US_FINDING_TYPES];
    us_record items[US_FINDING_RECORDS]; /* in the order of the input */
    size_t type_count, kept;
    size_t records; /* all of them, also those without room above */
} us_evidence;

/* What its name tells of the target of a record. */
typedef struct us_target {
    const uint8_t *name;
    uint8_t length; /* of the name; 0: records of the type have none */
    bool inside;    /* the zone */
    bool host;      /* it is made of what names of hosts are made of */
    bool usual; /* one of the most: outside the zone, of two labels or more, of a host, and nothing that has a rule */
    uint32_t record; /* 1 more than its number; 0: none */
} us_target;

enum { US_TARGETS_KEPT = 128, US_SETS_KEPT = 64 /* more than are looked at ahead */, US_EXPECTED_LATELY = 16 };

typedef struct us_check {
    const us_zone *zone;
    us_sized origin;
    us_report *report;
    us_status status;                    /* what is not US_OK ends the check */
    us_node apex;                        /* without owner if there are no records */
    us_node cover;                       /* the last topmost delegation or DNAME: it hides what is below it */
    us_sized cover_name;                 /* its owner */
    size_t cover_end;                    /* where that ends */
    us_node next;                        /* behind the node that the walk has reached; without owner: none */
    us_edges edges;                      /* in canonical order: see check_links.c */
    us_names names;                      /* built before threads begin, else when a rule first looks up a name */
    us_target targets[US_TARGETS_KEPT];  /* that were looked at lately, by their record */
    size_t usual_sets[US_SETS_KEPT];     /* RRsets with nothing but usual ones: 1 more than their index */
    uint64_t lately[US_EXPECTED_LATELY]; /* names that were expected last, in turn: hash, then row */
    size_t expected_count;
    uint32_t has; /* all types that the walk has met */
    size_t tlsa;  /* 1 more than the index of the first TLSA; 0: none */
    struct {
        const uint8_t **targets; /* of all NS, sorted; NULL until a rule needs them: see check_cover.c */
        size_t count;
    } servers;
} us_check;

/* The name that a record of a type in US_HAS_LOOKED_UP leads to: in all of them it ends the rdata, in lower case. */
static inline us_sized us_record_target(const us_content *content, uint16_t type, uint32_t record)
{
    us_rdata rdata = us_content_rdata(content, record);
    const uint8_t *name = rdata.data + (type == US_TYPE_MX ? 2 : type == US_TYPE_SRV ? 6 : 0);
    return (us_sized){name, (size_t)(rdata.data + rdata.length - name)};
}

/* ---------------------------------------------------------------- nodes (check_node.c) */

enum { US_TYPE_FLAGS = US_TYPE_CAA + 1 };
extern const uint32_t us_type_flags[US_TYPE_FLAGS]; /* 0: none */

/* The notable type that a type is, or US_HAS_OTHER. */
static inline uint32_t us_type_flag(uint16_t type)
{
    uint32_t flag = 0;
    if (type < US_TYPE_FLAGS)
        flag = us_type_flags[type];
    else if (type == US_TYPE_ALIAS)
        flag = US_HAS_ALIAS;
    else if (type == US_TYPE_POOL)
        flag = US_HAS_POOL;
    else if (type == US_TYPE_URL)
        flag = US_HAS_URL;
    return flag != 0 ? flag : US_HAS_OTHER;
}

/* The node whose first RRset is at `index`; false at the end of the zone. All RRsets of one owner share one copy of its
 * name, so its place tells owners apart. */
static inline bool us_node_at(const us_zone *zone, size_t index, us_node *out)
{
    const us_content *content = zone->content;
    if (index >= content->rrset_count)
        return false;
    const us_row *row = &content->rows[index], *last = &content->rows[content->rrset_count];
    uint32_t owner = row->owner, has = 0;
    do
        has |= us_type_flag(row++->type);
    while (row < last && row->owner == owner);
    const uint8_t *name = content->octets.octets + owner;
    unsigned length = 0, labels = 0;
    for (; name[length] != 0; labels++)
        length += name[length] + 1u;
    *out = (us_node){name, index, (size_t)(row - content->rows), has, (uint16_t)(length + 1), (uint16_t)labels};
    return true;
}

static inline us_sized us_node_name(const us_node *node)
{
    return (us_sized){node->owner, node->length};
}

/* Whether a node is below another one. The number of labels mostly tells. */
static inline bool us_node_below(const us_node *node, const us_node *above)
{
    return node->labels > above->labels && us_sized_under(us_node_name(node), us_node_name(above));
}

/* The index of the RRset of a type that the node has, and the RRset itself. */
static inline size_t us_node_index(const us_zone *zone, const us_node *node, uint16_t type)
{
    size_t index = node->first;
    while (index + 1 < node->end && zone->content->rows[index].type != type)
        index++;
    return index;
}
us_rrset us_node_rrset(const us_zone *zone, const us_node *node, uint16_t type);

static inline bool us_is_apex(const us_check *check, const us_node *node)
{
    return node->owner == check->apex.owner;
}

/* Whether the node delegates: it has NS and is not the apex. */
static inline bool us_is_cut(const us_check *check, const us_node *node)
{
    return (node->has & US_HAS_NS) != 0 && !us_is_apex(check, node);
}

/* Whether the node, which the walk has reached, is below check->cover. */
static inline bool us_is_covered(const us_check *check, const us_node *node)
{
    return node->first > check->cover.first && node->first < check->cover_end;
}

/* What a name means in this zone. */
typedef enum us_meaning {
    US_MEANS_OUTSIDE,    /* it is not in the zone */
    US_MEANS_DELEGATED,  /* a child zone answers for it */
    US_MEANS_REDIRECTED, /* a DNAME above leads elsewhere */
    US_MEANS_NODE,       /* a node answers for it, a wildcard perhaps */
    US_MEANS_EMPTY,      /* it exists without records, because of a name below it (RFC 8020 §2) */
    US_MEANS_NOTHING,    /* it does not exist */
} us_meaning;

/* A node: its first RRset and its types. */
typedef struct us_found {
    size_t first;
    uint32_t has;
} us_found;

/* Looks up a name, which has room behind it. For US_MEANS_NODE, sets `out` to the node that answers; for
 * US_MEANS_DELEGATED, to the node of that very name, without types if there is none. */
us_meaning us_node_find(us_check *check, us_sized name, us_found *out);

/* Sees to it that there is an index of names; false when memory ran out, or had before. */
bool us_build_names(us_check *check);

/* Prepares to look up a name in the zone, once there is an index: asks the memory for its slot, and for what the slots of
 * names speak of that were expected before it. */
void us_node_expect(us_check *check, us_sized name);

/* The node of the wildcard below a name; without types if there is none. There must be an index. */
us_found us_node_wildcard(const us_check *check, us_sized parent);

/* What a slot of the index of names says. */
static inline uint32_t us_slot_first(uint64_t slot)
{
    return (uint32_t)slot;
}

enum { US_SLOT_ABOVE = 32 }; /* the bit where what hides the owner begins */

static inline uint32_t us_slot_above(uint64_t slot)
{
    return (uint32_t)(slot >> US_SLOT_ABOVE) * US_HAS_CUT_ABOVE & (US_HAS_CUT_ABOVE | US_HAS_DNAME_ABOVE);
}

/* ---------------------------------------------------------------- evidence (check_evidence.c) */

/* Adds all records of a RRset, or one of them. */
void us_evidence_rrset(us_evidence *evidence, const us_rrset *rrset);
void us_evidence_record(us_evidence *evidence, const us_rrset *rrset, size_t i);
/* Adds the RRsets of a node whose types are in the set `has`. */
void us_evidence_node(us_evidence *evidence, const us_zone *zone, const us_node *node, uint32_t has);

us_subject us_evidence_subject(const us_evidence *evidence);

/* Words for messages: the owner, and the types as "CNAME, MX and TXT". */
enum { US_TYPES_TEXT_MAX = US_FINDING_TYPES * (US_TYPE_TEXT_MAX + 5) };
typedef struct us_words {
    char owner[US_NAME_TEXT_MAX];
    char types[US_TYPES_TEXT_MAX];
} us_words;
void us_evidence_words(const us_evidence *evidence, us_words *out);

/* Records of one owner that break a rule in the same way: they make one finding. */
typedef struct us_faulty {
    us_check *check;
    us_rule_id rule;
    bool some;      /* else nothing below is set */
    bool described; /* else the finding is counted and not kept, and nothing below is set */
    char what[US_NAME_TEXT_MAX + 128];
    us_evidence evidence;
} us_faulty;

static inline void us_faulty_begin(us_faulty *faulty, us_check *check, us_rule_id rule)
{
    faulty->check = check;
    faulty->rule = rule;
    faulty->some = false; /* the rest is large, and mostly not needed */
}

/* Notes that there is a record; whether it need not be added, because the finding is not kept. Only worth a call where
 * what is said of it takes time. */
bool us_faulty_note(us_faulty *faulty, const uint8_t *owner);

/* Adds a record. What is said of the first one is said of them all: it goes on "owner has A …". */
void us_faulty_add(us_faulty *faulty, const us_rrset *rrset, size_t i, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds all records of an RRset. */
void us_faulty_add_set(us_faulty *faulty, const us_rrset *rrset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a record of the RRset at `index`, by its number in the zone: "owner has MX with the target …, which …". */
void us_faulty_add_target(us_faulty *faulty, size_t index, uint32_t record, const uint8_t *target, const char *what);
/* Reports them, if there are some. */
void us_faulty_report_some(const us_faulty *faulty);
static inline void us_faulty_report(const us_faulty *faulty)
{
    if (faulty->some)
        us_faulty_report_some(faulty);
}

/* Reports one RRset as a whole. */
void us_report_set(us_check *check, us_rule_id rule, const us_rrset *rrset, const char *what);

/* ---------------------------------------------------------------- octets of names (check_octets.c) */

/* What is notable about the labels of a name, as a set. */
enum us_octets {
    US_OCTETS_UNDERSCORE = 1 << 0,
    US_OCTETS_STAR = 1 << 1,
    US_OCTETS_BLANK = 1 << 2, /* @, space or a control character */
    US_OCTETS_HIGH = 1 << 3,  /* not ASCII */
    US_OCTETS_OTHER = 1 << 4, /* anything else but letters, digits and hyphens */
    US_OCTETS_EDGE = 1 << 5,  /* a hyphen at the beginning or end of a label */
    US_OCTETS_34 = 1 << 6,    /* hyphens as its third and fourth octet, not after "xn" */
    US_OCTETS_XN = 1 << 7,    /* the same after "xn" */
    US_OCTETS_NO_HOST =
        US_OCTETS_UNDERSCORE | US_OCTETS_STAR | US_OCTETS_BLANK | US_OCTETS_HIGH | US_OCTETS_OTHER | US_OCTETS_EDGE,
};

/* Of the labels from `name` to before `end`, which have room behind them. Letters in lower case. */
unsigned us_octets_of(const uint8_t *name, const uint8_t *end);

/* Whether labels, which begin where `starts` has bits, the first octet lowest, are made of letters in lower case, digits
 * and hyphens amid them, as most are: then us_octets_of finds nothing. At least 1 octet, and room behind them. */
enum { US_PLAIN_MAX = 63 /* octets */ };
bool us_labels_are_plain(const uint8_t *name, size_t length, uint64_t starts);

static inline bool us_label_is(const uint8_t *label, const char *text)
{
    size_t length = strlen(text);
    return label[0] == length && memcmp(label + 1, text, length) == 0;
}

/* Whether a label that begins with "xn--" is an A-label: what follows is Punycode (RFC 3492) of some U-label. */
bool us_label_is_idn(const uint8_t *label);

/* ---------------------------------------------------------------- rules, by what they look at */

/* check_owner.c: names of owners. The first says whether what stands before the zone's name ends in it once more. */
bool us_repeats_zone(const us_check *check, us_sized name);
void us_check_owner(us_check *check, const us_node *node);

/* check_rrset.c: TTLs, sizes and types of RRsets. */
void us_check_rrsets(us_check *check, const us_node *node);

/* check_soa.c: the values of the SOA. */
void us_check_soa_values(us_check *check);

/* check_address.c: A and AAAA. */
void us_check_address(us_check *check, const us_node *node);

/* check_service.c: names of services, and records that name one. */
void us_check_srv(us_check *check, const us_node *node);
void us_check_ptr(us_check *check, const us_node *node);

/* check_fields.c: fields of CAA, DS, NAPTR, SSHFP, TLSA and others, and owners that these ask for. */
void us_check_fields(us_check *check, const us_node *node);
void us_check_tlsa_signed(us_check *check);

/* check_apex.c: DNSKEY, CDS, CDNSKEY and NSEC3PARAM. */
void us_check_at_apex(us_check *check, const us_node *node);

/* check_text.c: TXT, and what it is used for: SPF, DMARC. check_spf.c: one SPF policy. */
void us_check_text(us_check *check, const us_node *node);
void us_check_mail(us_check *check);
bool us_text_is_spf(us_rdata rdata);

/* What is wrong with an SPF policy: its text, without "v=spf1". `problem` is left empty if nothing is. Returns the
 * number of terms that need a lookup (RFC 7208 §4.6.4). */
enum { US_SPF_PROBLEM_MAX = 128 };
unsigned us_spf_read(const char *text, size_t length, char problem[US_SPF_PROBLEM_MAX]);

/* check_svcb.c: SVCB and HTTPS. */
void us_check_svcb(us_check *check, const us_node *node);

/* check_types.c: types that share a name. */
void us_check_cname(us_check *check, const us_node *node);
void us_check_dname(us_check *check, const us_node *node);
void us_check_soa_place(us_check *check, const us_node *node);
void us_check_ds(us_check *check, const us_node *node);
void us_check_wildcard_ns(us_check *check, const us_node *node);
void us_check_null_mx(us_check *check, const us_node *node);
void us_check_dnssec(us_check *check);

/* check_proprietary.c: ALIAS, POOL and URL. */
void us_check_alias(us_check *check, const us_node *node);
void us_check_pool(us_check *check, const us_node *node);
void us_check_url(us_check *check, const us_node *node);

/* check_cover.c: delegations and DNAMEs, and what is below them. */
void us_check_cover(us_check *check, const us_node *node);

/* check_target.c: names that rdata points to. */
bool us_target_is_address(us_check *check, const uint8_t *target);
const us_target *us_target_of(us_check *check, uint16_t type, uint32_t record);
bool us_targets_are_usual(us_check *check, size_t index);
void us_check_targets(us_check *check, const us_node *node);

/* check_host.c: the hosts of one set of NS, MX or SRV. */
typedef struct us_hosts {
    us_check *check;
    size_t index; /* of the RRset */
    uint16_t type;
    bool cut; /* NS of a delegation */
    us_faulty alias, no_address, below_dname, glueless, syntax, underscore;
} us_hosts;
void us_hosts_begin(us_hosts *hosts, us_check *check, const us_node *node, size_t index);
void us_hosts_look(us_hosts *hosts, uint32_t record, const us_target *target);
void us_hosts_report(const us_hosts *hosts);

/* check_links.c: chains of CNAME, ALIAS and POOL. */
void us_check_link(us_check *check, const us_node *node);
void us_edge_add(us_check *check, us_edge edge);
void us_check_loops(us_check *check);

/* ---------------------------------------------------------------- the walk */

/* Applies the rules to the owners of the RRsets from `first` to `end` (check.c). */
void us_check_walk(us_check *check, size_t first, size_t end);

/* Walks the whole zone, maybe in two threads (check_parts.c). */
void us_check_parts(us_check *check);

/* A report of a part of the zone, to be merged into that of the whole (report.c). It keeps its findings in their order
 * and none less than the whole would keep. */
us_report *us_report_new_part(const us_report *whole);

/* Counts a finding that would not be kept, and says so: then its message need not be made (report.c). */
bool us_report_only_counts(us_report *report, us_rule_id rule, const uint8_t *owner);

/* Whether a finding would be kept. */
bool us_report_keeps(const us_report *report, us_rule_id rule, const uint8_t *owner);

#endif
