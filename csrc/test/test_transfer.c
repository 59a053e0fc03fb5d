/* test_transfer.c: transfers out, read back by ldns and compared with the snapshot, record by record. */
#include "test_wire.h"

#include <ldns/ldns.h>

enum { NOW = 1700000000, ID = 0x1234 };

typedef struct run {
    ldns_rr_list *records;
    size_t messages, octets, longest;
    us_status status; /* of the last call */
    bool framed;      /* every message had the ID, AA and the question */
} run;

static void take(run *into, const message *asked, const uint8_t *wire, size_t length)
{
    ldns_pkt *packet = NULL;
    into->messages++;
    into->octets += length;
    into->longest = length > into->longest ? length : into->longest;
    if (ldns_wire2pkt(&packet, wire, length) != LDNS_STATUS_OK) {
        into->framed = false;
        return;
    }
    into->framed = into->framed && ldns_pkt_id(packet) == ID && ldns_pkt_qr(packet) && ldns_pkt_aa(packet) &&
                   ldns_pkt_get_rcode(packet) == LDNS_RCODE_NOERROR && ldns_pkt_qdcount(packet) == 1 &&
                   memcmp(wire + 12, asked->wire + 12, asked->length - 12) == 0;
    ldns_rr_list_cat(into->records, ldns_pkt_answer(packet));
    ldns_rr_list_set_rr_count(ldns_pkt_answer(packet), 0); /* now owned by the run */
    ldns_pkt_free(packet);
}

static run transfer(us_zone *zone, uint16_t type, size_t capacity)
{
    static uint8_t out[US_MESSAGE_MAX];
    run made = {.records = ldns_rr_list_new(), .framed = true};
    message asked = ask(0, "Example.com.", type);
    us_query query;
    us_transfer *transfer = NULL;
    if (type == US_TYPE_IXFR)
        put_soa(&asked, AT_NSCOUNT, "example.com.", 1);
    us_query_read(asked.wire, asked.length, &query);
    asked.length = 12 + 13 + 4;
    made.status = us_transfer_new(zone, &query, &transfer);
    while (made.status == US_OK) {
        size_t length;
        made.status = us_transfer_next(transfer, NOW, out, capacity, &length);
        if (made.status != US_OK || length == 0)
            break;
        take(&made, &asked, out, length);
    }
    us_transfer_free(transfer);
    return made;
}

static void forget(run *made)
{
    ldns_rr_list_deep_free(made->records);
}

/* Whether a record is the snapshot's, octet by octet. */
static bool same_record(const ldns_rr *got, const us_rrset *rrset, size_t i)
{
    uint8_t *wire = NULL;
    size_t length = 0;
    us_rdata rdata = us_rrset_rdata(rrset, i);
    size_t owner = us_name_length(rrset->owner);
    if (ldns_rr2wire(&wire, got, LDNS_SECTION_ANSWER, &length) != LDNS_STATUS_OK)
        return false;
    bool same = length == owner + 10 + rdata.length && memcmp(wire, rrset->owner, owner) == 0 &&
                ldns_rr_get_type(got) == rrset->type && ldns_rr_ttl(got) == rrset->ttl &&
                memcmp(wire + owner + 10, rdata.data, rdata.length) == 0;
    free(wire);
    return same;
}

/* SOA, everything else in the order of the snapshot, SOA. */
static bool whole(const run *made, const us_zone *zone)
{
    us_rrset soa, rrset;
    size_t count = ldns_rr_list_rr_count(made->records), at = 1;
    if (made->status != US_OK || !made->framed || count != us_zone_record_count(zone) + 1 ||
        !us_zone_find(zone, us_zone_origin(zone), US_TYPE_SOA, &soa) ||
        !same_record(ldns_rr_list_rr(made->records, 0), &soa, 0) ||
        !same_record(ldns_rr_list_rr(made->records, count - 1), &soa, 0))
        return false;
    for (size_t i = 0; us_zone_rrset(zone, i, &rrset); i++) {
        for (size_t j = 0; j < rrset.count && i != soa.index; j++) {
            if (!same_record(ldns_rr_list_rr(made->records, at++), &rrset, j))
                return false;
        }
    }
    return true;
}

static const char varied[] = SOA_LINE "example.com. 300 NS ns.example.com.\n"
                                      "example.com. 300 NS ns.example.net.\n"
                                      "example.com. 300 MX 10 mail.example.com.\n"
                                      "example.com. 300 MX 20 .\n"
                                      "example.com. 300 TXT \"example.com\" \"\"\n"
                                      "*.example.com. 300 CNAME www.example.com.\n"
                                      "a.b.c.d.example.com. 300 A 192.0.2.1\n"
                                      "below.cut.example.com. 60 A 192.0.2.2\n"
                                      "cut.example.com. 300 NS below.cut.example.com.\n"
                                      "mail.example.com. 300 A 192.0.2.3\n"
                                      "mail.example.com. 300 AAAA 2001:db8::3\n"
                                      "ns.example.com. 300 A 192.0.2.4\n"
                                      "other.d.example.com. 0 PTR a.b.c.d.example.com.\n"
                                      "_sip._udp.example.com. 300 SRV 1 2 3 target.srv.example.com.\n"
                                      "under.example.com. 300 DNAME target.dname.example.com.\n"
                                      "unknown.example.com. 300 TYPE65280 \\# 3 C00C01\n"
                                      "www.example.com. 2147483647 A 192.0.2.5\n";

TEST(varied_zone)
{
    us_zone *zone = zone_of(varied);
    CHECK(zone != NULL);
    static const uint16_t types[] = {US_TYPE_AXFR, US_TYPE_IXFR};
    for (size_t i = 0; i < 2; i++) {
        run made = transfer(zone, types[i], US_MESSAGE_MAX);
        CHECK(whole(&made, zone));
        CHECK_EQ(made.messages, 1);
        forget(&made);
    }
    for (size_t capacity = 200; capacity < 1000; capacity += 7) {
        run made = transfer(zone, US_TYPE_AXFR, capacity);
        CHECK(whole(&made, zone));
        CHECK(made.longest <= capacity);
        forget(&made);
    }
    us_zone_unref(zone);
}

static size_t occurrences(const uint8_t *wire, size_t length, const char *octets)
{
    size_t found = 0, size = strlen(octets);
    for (size_t i = 0; i + size <= length; i++)
        found += memcmp(wire + i, octets, size) == 0;
    return found;
}

/* RFC 3597 §4: names are compressed in rdata of the types of RFC 1035 and in no other. */
TEST(compression)
{
    us_zone *zone = zone_of(varied);
    CHECK(zone != NULL);
    uint8_t out[4096];
    size_t length;
    us_query query;
    us_transfer *transfer;
    message asked = ask(0, "example.com.", US_TYPE_AXFR);
    CHECK_EQ(us_query_read(asked.wire, asked.length, &query), US_OK);
    CHECK_EQ(us_transfer_new(zone, &query, &transfer), US_OK);
    CHECK_EQ(us_transfer_next(transfer, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(occurrences(out, length, "\6target\3srv\7example\3com"), 1);
    CHECK_EQ(occurrences(out, length, "\6target\5dname\7example\3com"), 1);
    CHECK_EQ(occurrences(out, length, "\7example\3com"), 3); /* the question and the two above */
    CHECK_EQ(occurrences(out, length, "\4mail"), 1);
    CHECK_EQ(occurrences(out, length, "\1a\1b\1c\1d"), 1);
    us_transfer_free(transfer);
    us_zone_unref(zone);
}

/* A zone of `count` names below labels that differ early, late or not at all. */
static us_zone *large_zone(int count)
{
    us_text text = {.length = 0};
    us_text_string(&text, SOA_LINE "example.com. 300 NS ns.example.com.\n");
    uint32_t dice = 7;
    for (int i = 0; i < count; i++) {
        us_text_format(&text, "h%u.s%u.example.com. %d MX %u m%u.s%u.example.com.\n", roll(&dice, 5000),
                       roll(&dice, 300), 300, roll(&dice, 100), roll(&dice, 5000), roll(&dice, 300));
        if (i % 50 == 0) /* many short labels: more than the table of known ones holds */
            us_text_format(&text, "%d.1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.%d.example.com. 300 A 192.0.2.1\n", i, i);
    }
    us_zone *zone = text.status == US_OK ? zone_of(text.data) : NULL;
    us_text_free(&text);
    return zone;
}

TEST(large_zone)
{
    us_zone *zone = large_zone(20000);
    CHECK(zone != NULL);
    static const size_t capacities[] = {512, 4096, 16384, 16500, US_MESSAGE_MAX, SIZE_MAX};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        run made = transfer(zone, US_TYPE_AXFR, capacities[i]);
        CHECK(whole(&made, zone));
        CHECK(made.longest <= capacities[i] && made.longest <= US_MESSAGE_MAX);
        CHECK(made.octets / us_zone_record_count(zone) < 45);
        forget(&made);
    }
    us_zone_unref(zone);
}

/* A zone with a TXT record of the given octets of rdata. */
static us_zone *zone_with_text(size_t octets)
{
    us_text text = {.length = 0};
    us_text_string(&text, SOA_LINE "a.example.com. 300 A 192.0.2.1\nb.example.com. 300 TXT");
    for (size_t left = octets; left > 0;) {
        size_t string = left > 256 ? 255 : left - 1;
        us_text_format(&text, " %.*s", (int)(string > 0 ? 1 : 2), string > 0 ? "\"" : "\"\"");
        for (size_t i = 0; i < string; i++)
            us_text_append(&text, "x", 1);
        us_text_string(&text, string > 0 ? "\"" : "");
        left -= string + 1;
    }
    us_text_string(&text, "\nc.example.com. 300 A 192.0.2.1\n");
    us_zone *zone = zone_of(text.data);
    us_text_free(&text);
    return zone;
}

TEST(record_of_almost_a_message)
{
    us_zone *fits = zone_with_text(65000), *too_large = zone_with_text(65535);
    CHECK(fits != NULL && too_large != NULL);
    run made = transfer(fits, US_TYPE_AXFR, US_MESSAGE_MAX);
    CHECK(whole(&made, fits));
    forget(&made);
    made = transfer(fits, US_TYPE_AXFR, 64000);
    CHECK_EQ(made.status, US_LIMIT);
    forget(&made);
    made = transfer(too_large, US_TYPE_AXFR, US_MESSAGE_MAX);
    CHECK_EQ(made.status, US_LIMIT);
    CHECK_EQ(made.messages, 1);
    forget(&made);
    us_zone_unref(fits);
    us_zone_unref(too_large);
}

TEST(smallest_zone)
{
    us_zone *zone = zone_of(SOA_LINE), *newer = NULL;
    CHECK(zone != NULL);
    CHECK_EQ(us_zone_with_serial(zone, UINT32_MAX, &newer), US_OK);
    us_zone_unref(zone);
    run made = transfer(newer, US_TYPE_AXFR, US_MESSAGE_MAX);
    CHECK(whole(&made, newer));
    CHECK_EQ(ldns_rdf2native_int32(ldns_rr_rdf(ldns_rr_list_rr(made.records, 1), 2)), UINT32_MAX);
    forget(&made);
    us_zone_unref(newer);
}

TEST(what_must_not_leave)
{
    static const char *const texts[] = {
        SOA_LINE "example.com. 300 ALIAS target.example.net.\n",
        SOA_LINE "www.example.com. 300 POOL a.example.net.\n",
        SOA_LINE "www.example.com. 300 URL https://example.net/\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        us_zone *zone = zone_of(texts[i]);
        CHECK(zone != NULL);
        run made = transfer(zone, US_TYPE_AXFR, US_MESSAGE_MAX);
        CHECK_EQ(made.status, US_REFUSED);
        CHECK_EQ(made.messages, 0);
        forget(&made);
        us_zone_unref(zone);
    }
}

int main(void)
{
    RUN(varied_zone);
    RUN(compression);
    RUN(large_zone);
    RUN(record_of_almost_a_message);
    RUN(smallest_zone);
    RUN(what_must_not_leave);
    return test_end();
}
