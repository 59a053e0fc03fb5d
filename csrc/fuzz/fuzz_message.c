/* fuzz_message.c: what strangers send, as queries and as answers, signed or not. Whatever can be read can be
 * answered, and no answer of ours is malformed. */
#include <stdlib.h>
#include <string.h>

#include "us.h"

enum { NOW = 1700000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static us_zone *make_zone(void)
{
    static const char text[] = "example.com. 300 IN SOA ns admin.example.com. 7 3600 600 86400 60\n"
                               "example.com. 300 IN NS ns.example.com.\n"
                               "a.b.example.com. 300 IN MX 10 b.example.com.\n";
    us_report *report = us_report_new(1);
    us_name origin;
    us_name_from_text(&origin, "example.com.", 12, NULL);
    us_parse_options options = {.origin = &origin};
    us_zone *zone = NULL;
    us_parse_text(text, sizeof text - 1, &options, report, &zone);
    us_report_free(report);
    return zone;
}

static us_key make_key(void)
{
    us_key key;
    us_name name;
    us_name_from_text(&name, "key.", 4, NULL);
    us_key_init(&key, &name, US_HMAC_SHA256, "c2VjcmV0IG9mIHRoaXMgdGVzdA==", 28);
    return key;
}

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* A message of ours with QR cleared is read like any other; only an IXFR lacks the SOA that it should have. */
static void check_reply(us_status status, uint8_t *reply, size_t length, const us_query *query)
{
    require(status == US_OK);
    us_query again;
    reply[2] &= 0x7f;
    us_status read = us_query_read(reply, length, &again);
    require(read == US_OK || query->name.length == 0 || query->type == US_TYPE_IXFR);
    require(again.id == query->id && again.name.length == query->name.length);
}

static void transfer(us_zone *zone, const us_query *query)
{
    static uint8_t out[US_MESSAGE_MAX];
    us_transfer *transfer;
    size_t length = 1;
    require(us_transfer_new(zone, query, &transfer) == US_OK);
    for (int messages = 0; length > 0; messages++) {
        require(us_transfer_next(transfer, NOW, out, 2048, &length) == US_OK);
        require(messages < 10);
    }
    us_transfer_free(transfer);
}

static void as_query(const uint8_t *data, size_t size, us_zone *zone, const us_key *key)
{
    us_query query;
    uint8_t reply[2048];
    size_t length = 0;
    us_status status = us_query_read(data, size, &query);
    if (status == US_REFUSED)
        return;
    if (status == US_OK && query.has_tsig && us_query_verify(&query, data, size, key, NOW) == US_SYNTAX)
        status = US_SYNTAX;
    us_status wrote = us_reply_error(&query, US_RCODE_REFUSED, NOW, reply, sizeof reply, &length);
    check_reply(wrote, reply, length, &query);
    if (status != US_OK)
        return;
    wrote = us_reply_soa(&query, zone, NOW, reply, sizeof reply, &length);
    check_reply(wrote, reply, length, &query);
    transfer(zone, &query);
}

/* As the answer to a request with the same ID, opcode and question. */
static void as_response(const uint8_t *data, size_t size, const us_key *key)
{
    us_query query;
    us_request request = {.type = US_TYPE_SOA, .key = key, .mac_length = 32};
    us_response response;
    uint8_t *copy = malloc(size);
    if (size < 12 || copy == NULL) {
        free(copy);
        return;
    }
    memcpy(copy, data, size);
    copy[2] &= 0x7f;
    us_query_read(copy, size, &query);
    request.id = query.id;
    request.opcode = query.opcode;
    request.name = query.name;
    copy[2] |= 0x80;
    if (request.name.length > 0)
        us_response_read(&request, copy, size, NOW, &response);
    free(copy);
}

/* As the messages of a transfer, each behind its length, that answer a request of the first message's ID. */
static void as_transfer(const uint8_t *data, size_t size, us_zone *have, us_zone *zone, const us_key *key)
{
    us_request request;
    us_name origin;
    us_zone *got = NULL;
    us_inbound_limits limits = {.max_records = 1000, .max_octets = 1 << 20};
    us_name_copy(&origin, us_zone_origin(zone));
    uint16_t id = (uint16_t)(size >= 4 ? data[2] << 8 | data[3] : 0);
    require(us_request_transfer(&request, &origin, have, id, key, NOW) == US_OK);
    us_inbound *inbound = us_inbound_new(&request, have, &limits);
    us_report *report = us_report_new(10);
    us_status status = US_OK;
    while (size >= 2 && status == US_OK) {
        size_t length = (size_t)(data[0] << 8 | data[1]);
        length = length > size - 2 ? size - 2 : length;
        status = us_inbound_take(inbound, data + 2, length, NOW);
        data += 2 + length;
        size -= 2 + length;
    }
    bool whole = status == US_OK && us_inbound_done(inbound);
    require(us_inbound_finish(inbound, report, &got) != US_OK || (whole && us_zone_has_soa(got)));
    us_zonemd zonemd;
    require(got == NULL || us_zonemd_check(got, &zonemd) == US_OK);
    us_zone_unref(got);
    us_report_free(report);
    us_inbound_free(inbound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static us_zone *zone;
    static us_key key;
    if (zone == NULL) {
        zone = make_zone();
        key = make_key();
        require(zone != NULL);
    }
    as_query(data, size, zone, &key);
    as_response(data, size, NULL);
    as_response(data, size, &key);
    as_transfer(data, size, NULL, zone, NULL);
    as_transfer(data, size, zone, zone, NULL);
    as_transfer(data, size, zone, zone, &key);
    return 0;
}
