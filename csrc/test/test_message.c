/* test_message.c: reading queries and answers, well formed and hostile; the answers of one message. */
#include "test_wire.h"

#include <ldns/ldns.h>

enum { NOTIFY_FLAGS = US_OPCODE_NOTIFY << 11 | 0x0400, NOW = 1700000000 };

static us_status read_query(const message *from, us_query *out)
{
    return us_query_read(from->wire, from->length, out);
}

TEST(plain_query)
{
    us_query query;
    message asked = ask(0x0100, "Example.COM.", US_TYPE_AXFR);
    CHECK_EQ(read_query(&asked, &query), US_OK);
    us_name name = name_of("Example.COM.");
    CHECK_EQ(query.id, 0x1234);
    CHECK_EQ(query.flags, 0x0100);
    CHECK_EQ(query.opcode, US_OPCODE_QUERY);
    CHECK_EQ(query.type, US_TYPE_AXFR);
    CHECK_EQ(query.class, US_CLASS_IN);
    CHECK_EQ(query.udp_size, 512);
    CHECK(!query.has_edns && !query.has_tsig && !query.has_serial);
    CHECK(query.name.length == name.length && memcmp(query.name.wire, name.wire, name.length) == 0);
}

TEST(no_query_at_all)
{
    us_query query;
    message asked = ask(0, "example.com.", US_TYPE_SOA);
    for (size_t length = 0; length < 12; length++)
        CHECK_EQ(us_query_read(asked.wire, length, &query), US_REFUSED);
    message response = ask(0x8000, "example.com.", US_TYPE_SOA);
    CHECK_EQ(read_query(&response, &query), US_REFUSED);
}

TEST(every_cut_is_malformed)
{
    us_query query;
    message asked = ask(0, "example.com.", US_TYPE_IXFR);
    put_soa(&asked, AT_NSCOUNT, "example.com.", 5);
    put_opt(&asked, 1232, 0);
    CHECK_EQ(read_query(&asked, &query), US_OK);
    CHECK_EQ(query.serial, 5);
    CHECK_EQ(query.udp_size, 1232);
    for (size_t length = 12; length < asked.length; length++)
        CHECK_EQ(us_query_read(asked.wire, length, &query), US_SYNTAX);
    put(&asked, "x", 1);
    CHECK_EQ(read_query(&asked, &query), US_SYNTAX);
}

TEST(one_question_only)
{
    us_query query;
    message none = ask(0, "example.com.", US_TYPE_SOA), two = none;
    none.wire[AT_QDCOUNT + 1] = 0;
    none.length = 12;
    CHECK_EQ(read_query(&none, &query), US_SYNTAX);
    CHECK_EQ(query.id, 0x1234);
    CHECK_EQ(query.name.length, 0);
    two.wire[AT_QDCOUNT + 1] = 2;
    put(&two, two.wire + 12, two.length - 12);
    CHECK_EQ(read_query(&two, &query), US_SYNTAX);
}

TEST(names_and_pointers)
{
    static const struct {
        const char *octets;
        size_t length;
    } bad[] = {
        {"\300\014", 2},    /* to itself */
        {"\1a\300\014", 4}, /* to its own beginning */
        {"\300\377", 2},    /* forward */
        {"\300\000", 2},    /* into the header */
        {"\100aaaa", 5},    /* label type 01 */
        {"\200aaaa", 5},    /* label type 10 */
        {"\4abc", 4},       /* past the end */
        {"\300", 1},        /* half a pointer */
    };
    us_query query;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        message asked = ask(0, ".", US_TYPE_SOA);
        asked.length = 12;
        put(&asked, bad[i].octets, bad[i].length);
        if (i < 6)
            put32(&asked, 0x00060001);
        CHECK_EQ(read_query(&asked, &query), US_SYNTAX);
    }
}

static message ask_long(size_t last_label)
{
    message asked = ask(0, ".", US_TYPE_SOA);
    asked.length = 12;
    uint8_t label[64];
    memset(label, 'a', sizeof label);
    for (int i = 0; i < 4; i++) {
        label[0] = (uint8_t)(i < 3 ? 63 : last_label);
        put(&asked, label, label[0] + 1u);
    }
    put(&asked, "\0\0\6\0\1", 5);
    return asked;
}

TEST(name_of_255_octets)
{
    us_query query;
    message longest = ask_long(61), longer = ask_long(62);
    CHECK_EQ(read_query(&longest, &query), US_OK);
    CHECK_EQ(query.name.length, US_NAME_MAX);
    CHECK_EQ(read_query(&longer, &query), US_SYNTAX);
}

TEST(edns)
{
    us_query query;
    message small = ask(0, "example.com.", US_TYPE_SOA), twice, owned = small, version = small;
    put_opt(&small, 100, 0);
    CHECK_EQ(read_query(&small, &query), US_OK);
    CHECK(query.has_edns);
    CHECK_EQ(query.udp_size, 512);
    twice = small;
    put_opt(&twice, 1232, 0);
    CHECK_EQ(read_query(&twice, &query), US_SYNTAX);
    put_record(&owned, AT_ARCOUNT, "a.", US_TYPE_OPT, 1232, 0, "", 0);
    CHECK_EQ(read_query(&owned, &query), US_SYNTAX);
    put_opt(&version, 1232, 1);
    CHECK_EQ(read_query(&version, &query), US_OK);
    CHECK_EQ(query.edns_version, 1);
}

TEST(edns_options)
{
    us_query query;
    message plain = ask(0, "example.com.", US_TYPE_SOA);
    static const struct {
        const char *options;
        size_t length;
        us_status status;
        bool padding;
    } cases[] = {
        {"", 0, US_OK, false},
        {"\0\xc\0\0", 4, US_OK, true},
        {"\xfd\xe9\0\2xy\0\xc\0\3\0\0\0", 13, US_OK, true},
        {"\xfd\xe9\0\2xy", 6, US_OK, false}, /* RFC 6891 §6.1.2: unknown ones are ignored */
        {"\xfd\xe9\0\3xy", 6, US_SYNTAX, false},
        {"\0\xc\0", 3, US_SYNTAX, false},
        {"\0\xc\xff\xff", 4, US_SYNTAX, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        message asked = plain;
        put_options(&asked, cases[i].options, cases[i].length);
        CHECK_EQ(read_query(&asked, &query), cases[i].status);
        CHECK_EQ(query.has_padding, cases[i].padding);
        CHECK(!query.pads);
    }
}

TEST(serials)
{
    us_query query;
    message other = ask(0, "example.com.", US_TYPE_IXFR), bare = other;
    put_soa(&other, AT_NSCOUNT, "example.net.", 5);
    CHECK_EQ(read_query(&other, &query), US_SYNTAX);
    CHECK_EQ(read_query(&bare, &query), US_SYNTAX);
    message notify = ask(NOTIFY_FLAGS, "example.com.", US_TYPE_SOA), hint = notify;
    CHECK_EQ(read_query(&notify, &query), US_OK);
    CHECK_EQ(query.opcode, US_OPCODE_NOTIFY);
    CHECK(!query.has_serial);
    put_soa(&hint, AT_ANCOUNT, "EXAMPLE.com.", UINT32_MAX);
    CHECK_EQ(read_query(&hint, &query), US_OK);
    CHECK(query.has_serial);
    CHECK_EQ(query.serial, UINT32_MAX);
}

TEST(other_opcodes_need_no_format)
{
    us_query query;
    message update = ask(5 << 11, "example.com.", US_TYPE_SOA);
    put(&update, "garbage", 7);
    CHECK_EQ(read_query(&update, &query), US_OK);
    CHECK_EQ(query.opcode, 5);
}

/* An answer of ours as ldns reads it. */
static ldns_pkt *as_ldns(const uint8_t *wire, size_t length)
{
    ldns_pkt *packet = NULL;
    return ldns_wire2pkt(&packet, wire, length) == LDNS_STATUS_OK ? packet : NULL;
}

TEST(soa_reply)
{
    us_zone *zone = zone_of(SOA_LINE "example.com. 300 IN NS ns.example.com.\n");
    CHECK(zone != NULL);
    us_query query;
    message asked = ask(0x0100, "eXample.com.", US_TYPE_SOA);
    put_opt(&asked, 1232, 0);
    CHECK_EQ(read_query(&asked, &query), US_OK);
    uint8_t out[1024];
    size_t length;
    CHECK_EQ(us_reply_soa(&query, zone, NOW, out, sizeof out, &length), US_OK);
    ldns_pkt *packet = as_ldns(out, length);
    CHECK(packet != NULL);
    CHECK_EQ(ldns_pkt_id(packet), 0x1234);
    CHECK(ldns_pkt_qr(packet) && ldns_pkt_aa(packet) && ldns_pkt_rd(packet) && !ldns_pkt_tc(packet));
    CHECK(ldns_pkt_edns(packet));
    CHECK_EQ(ldns_pkt_qdcount(packet), 1);
    CHECK_EQ(ldns_pkt_ancount(packet), 1);
    char *text = ldns_rr2str(ldns_rr_list_rr(ldns_pkt_answer(packet), 0));
    CHECK_STR(text, "example.com.\t300\tIN\tSOA\tns.example.com. admin.example.com. 7 3600 600 86400 60\n");
    CHECK(memcmp(out + 12, asked.wire + 12, 17) == 0); /* the question, in its own letters */
    for (size_t capacity = 0; capacity < length; capacity++)
        CHECK_EQ(us_reply_soa(&query, zone, NOW, out, capacity, &length), US_LIMIT);
    free(text);
    ldns_pkt_free(packet);
    us_zone_unref(zone);
}

TEST(padded_replies)
{
    enum { BLOCK = 468 };
    static uint8_t out[US_MESSAGE_MAX];
    us_text text = {.length = 0};
    us_text_string(&text, SOA_LINE);
    for (int i = 0; i < 2000; i++)
        us_text_format(&text, "host-%d.example.com. 300 IN TXT \"%d\"\n", i, i);
    us_zone *zone = zone_of(text.data);
    us_text_free(&text);
    CHECK(zone != NULL);
    us_query query;
    us_transfer *transfer;
    message asked = ask(0, "example.com.", US_TYPE_AXFR);
    put_options(&asked, "\0\xc\0\0", 4);
    CHECK_EQ(read_query(&asked, &query), US_OK);
    size_t length, messages = 0, records = 0;
    CHECK_EQ(us_reply_soa(&query, zone, NOW, out, sizeof out, &length), US_OK);
    CHECK(length < BLOCK);
    query.pads = true;
    CHECK_EQ(us_reply_soa(&query, zone, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(length, BLOCK);
    CHECK_EQ(us_reply_error(&query, US_RCODE_REFUSED, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(length, BLOCK);
    CHECK_EQ(us_transfer_new(zone, &query, &transfer), US_OK);
    for (;; messages++) {
        CHECK_EQ(us_transfer_next(transfer, NOW, out, sizeof out, &length), US_OK);
        if (length == 0)
            break;
        CHECK_EQ(length % BLOCK, 0);
        ldns_pkt *packet = as_ldns(out, length);
        CHECK(packet != NULL && ldns_pkt_edns(packet));
        records += ldns_pkt_ancount(packet);
        ldns_pkt_free(packet);
    }
    CHECK(messages > 1);
    CHECK_EQ(records, 2002);
    us_transfer_free(transfer);
    us_zone_unref(zone);
}

TEST(error_replies)
{
    us_query query;
    uint8_t out[512];
    size_t length;
    message asked = ask(0, "example.com.", US_TYPE_SOA), edns = asked;
    CHECK_EQ(read_query(&asked, &query), US_OK);
    CHECK_EQ(us_reply_error(&query, US_RCODE_REFUSED, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(length, asked.length);
    CHECK_EQ(out[2], 0x80);
    CHECK_EQ(out[3], US_RCODE_REFUSED);
    CHECK_EQ(us_reply_error(&query, US_RCODE_BADVERS, NOW, out, sizeof out, &length), US_RANGE);
    put_opt(&edns, 1232, 9);
    CHECK_EQ(read_query(&edns, &query), US_OK);
    CHECK_EQ(us_reply_error(&query, US_RCODE_BADVERS, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(length, edns.length);
    CHECK_EQ(out[3] & 15, 0);
    CHECK_EQ(out[length - 6], 1); /* the upper bits of 16, then version 0 */
    CHECK_EQ(out[length - 5], 0);
    message unreadable = ask(0, "example.com.", US_TYPE_SOA);
    unreadable.length = 20;
    CHECK_EQ(read_query(&unreadable, &query), US_SYNTAX);
    CHECK_EQ(us_reply_error(&query, US_RCODE_FORMERR, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(length, 12);
    CHECK_EQ(out[AT_QDCOUNT + 1], 0);
}

TEST(truncated_and_notify_replies)
{
    us_query query;
    uint8_t out[512];
    size_t length;
    message asked = ask(0, "example.com.", US_TYPE_SOA), notify = ask(NOTIFY_FLAGS, "example.com.", US_TYPE_SOA);
    CHECK_EQ(read_query(&asked, &query), US_OK);
    CHECK_EQ(us_reply_truncated(&query, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(out[2], 0x86);
    put_soa(&notify, AT_ANCOUNT, "example.com.", 1);
    CHECK_EQ(read_query(&notify, &query), US_OK);
    CHECK_EQ(us_reply_notify(&query, NOW, out, sizeof out, &length), US_OK);
    CHECK_EQ(length, 12 + 13 + 4);
    CHECK_EQ(out[2], 0xa4);
    CHECK_EQ(out[AT_ANCOUNT + 1], 0);
}

/* A response to `request`, with the given flags and no records. */
static message respond(const us_request *request, unsigned flags)
{
    message made = {.length = 0};
    put(&made, request->wire, request->length);
    made.wire[2] |= (uint8_t)(flags >> 8);
    made.wire[3] |= (uint8_t)flags;
    made.wire[AT_ANCOUNT + 1] = 0;
    made.length = 12 + request->name.length + 4u;
    return made;
}

static us_status read_response(const us_request *request, const message *from, us_response *out)
{
    return us_response_read(request, from->wire, from->length, NOW, out);
}

TEST(response_must_match)
{
    us_name origin = name_of("example.com.");
    us_request request;
    us_response response;
    CHECK_EQ(us_request_soa(&request, &origin, 0xbeef, NULL, NOW), US_OK);
    CHECK_EQ(request.length, 29);
    message good = respond(&request, 0x8400);
    put_soa(&good, AT_ANCOUNT, "example.com.", 42);
    CHECK_EQ(read_response(&request, &good, &response), US_OK);
    CHECK(response.authoritative && !response.truncated && response.has_serial);
    CHECK_EQ(response.serial, 42);
    CHECK_EQ(response.refresh, 3600);
    CHECK_EQ(response.soa_ttl, 300);
    us_name mname = name_of("ns.example.com.");
    CHECK(us_name_equal(response.mname.wire, mname.wire));
    message letters = good;
    letters.wire[13] ^= 0x20;
    CHECK_EQ(read_response(&request, &letters, &response), US_OK);
    /* id, QR, opcode, a letter of the name, type, class */
    static const struct {
        size_t at;
        uint8_t flip;
    } wrong[] = {{0, 1}, {1, 1}, {2, 0x80}, {2, 0x20}, {14, 1}, {26, 1}, {28, 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        message other = good;
        other.wire[wrong[i].at] ^= wrong[i].flip;
        CHECK_EQ(read_response(&request, &other, &response), US_ABSENT);
    }
    good.length--;
    CHECK_EQ(read_response(&request, &good, &response), US_SYNTAX);
}

TEST(response_errors)
{
    us_name origin = name_of("example.com.");
    us_request request;
    us_response response;
    CHECK_EQ(us_request_soa(&request, &origin, 1, NULL, NOW), US_OK);
    message refused = respond(&request, 0x8005), bare = refused;
    CHECK_EQ(read_response(&request, &refused, &response), US_OK);
    CHECK_EQ(response.rcode, US_RCODE_REFUSED);
    CHECK(!response.has_serial);
    bare.length = 12;
    bare.wire[AT_QDCOUNT + 1] = 0;
    CHECK_EQ(read_response(&request, &bare, &response), US_OK); /* an error may lack the question, */
    bare.wire[3] = 0;
    CHECK_EQ(read_response(&request, &bare, &response), US_ABSENT); /* an answer may not */
    message foreign = respond(&request, 0x8400);
    put_soa(&foreign, AT_ANCOUNT, "com.", 42);
    CHECK_EQ(read_response(&request, &foreign, &response), US_OK);
    CHECK(!response.has_serial);
}

TEST(notify_request)
{
    us_zone *zone = zone_of(SOA_LINE "example.com. 300 IN NS ns.example.com.\n");
    CHECK(zone != NULL);
    us_request request;
    us_query query;
    us_response response;
    CHECK_EQ(us_request_notify(&request, zone, 77, NULL, NOW), US_OK);
    CHECK_EQ(us_query_read(request.wire, request.length, &query), US_OK);
    CHECK_EQ(query.opcode, US_OPCODE_NOTIFY);
    CHECK_EQ(query.flags & 0x0400, 0x0400);
    CHECK_EQ(query.serial, 7);
    message done = respond(&request, 0x8000);
    CHECK_EQ(read_response(&request, &done, &response), US_OK);
    CHECK_EQ(response.rcode, 0);
    us_zone_unref(zone);
}

/* Reading survives any octets, and answers to what can be read can be read by ldns. */
TEST(mutations)
{
    message seed = ask(0, "example.com.", US_TYPE_IXFR);
    put_soa(&seed, AT_NSCOUNT, "example.com.", 5);
    put_opt(&seed, 1232, 0);
    put_record(&seed, AT_ARCOUNT, "key.", US_TYPE_TSIG, US_CLASS_ANY, 0,
               "\013hmac-sha256\0\0\0\145\123\361\0\1\54\0\4abcd\22\64\0\0\0\0", 13 + 16 + 4);
    us_query query;
    us_name origin = name_of("example.com.");
    us_request request;
    CHECK_EQ(read_query(&seed, &query), US_OK);
    CHECK_EQ(us_request_soa(&request, &origin, 0x1234, NULL, NOW), US_OK);
    uint32_t dice = 1;
    for (int round = 0; round < 100000; round++) {
        message changed = seed;
        for (size_t i = roll(&dice, 4) + 1; i > 0; i--)
            changed.wire[roll(&dice, changed.length)] = (uint8_t)roll(&dice, 256);
        if (roll(&dice, 4) == 0)
            changed.length = roll(&dice, changed.length);
        us_status status = read_query(&changed, &query);
        if (status != US_REFUSED) {
            uint8_t out[1024];
            size_t length;
            CHECK_EQ(us_reply_error(&query, US_RCODE_REFUSED, NOW, out, sizeof out, &length), US_OK);
            ldns_pkt *packet = as_ldns(out, length);
            CHECK(packet != NULL);
            ldns_pkt_free(packet);
        }
        us_response response;
        changed.wire[2] |= 0x80;
        read_response(&request, &changed, &response);
    }
}

int main(void)
{
    RUN(plain_query);
    RUN(no_query_at_all);
    RUN(every_cut_is_malformed);
    RUN(one_question_only);
    RUN(names_and_pointers);
    RUN(name_of_255_octets);
    RUN(edns);
    RUN(edns_options);
    RUN(padded_replies);
    RUN(serials);
    RUN(other_opcodes_need_no_format);
    RUN(soa_reply);
    RUN(error_replies);
    RUN(truncated_and_notify_replies);
    RUN(response_must_match);
    RUN(response_errors);
    RUN(notify_request);
    RUN(mutations);
    return test_end();
}
