/* test_wire.h: what the tests of messages share: queries written octet by octet, zones, keys. */
#ifndef US_TEST_WIRE_H
#define US_TEST_WIRE_H

#include <stdlib.h>

#include "test.h"
#include "us.h"

typedef struct message {
    uint8_t wire[4096];
    size_t length;
} message;

static inline void put(message *to, const void *data, size_t length)
{
    memcpy(to->wire + to->length, data, length);
    to->length += length;
}

static inline void put16(message *to, unsigned value)
{
    put(to, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static inline void put32(message *to, uint32_t value)
{
    put16(to, value >> 16);
    put16(to, value & 0xffff);
}

static inline us_name name_of(const char *text)
{
    us_name name = {.length = 0};
    us_name_from_text(&name, text, strlen(text), NULL);
    return name;
}

static inline void put_name(message *to, const char *text)
{
    us_name name = name_of(text);
    put(to, name.wire, name.length);
}

/* A header and a question. */
static inline message ask(unsigned flags, const char *name, uint16_t type)
{
    message made = {.length = 0};
    put16(&made, 0x1234);
    put16(&made, flags);
    put(&made, "\0\1\0\0\0\0\0", 8);
    put_name(&made, name);
    put16(&made, type);
    put16(&made, US_CLASS_IN);
    return made;
}

enum { AT_QDCOUNT = 4, AT_ANCOUNT = 6, AT_NSCOUNT = 8, AT_ARCOUNT = 10 };

/* Appends a record and counts it. */
static inline void put_record(message *to, size_t count, const char *owner, uint16_t type, uint16_t class, uint32_t ttl,
                              const void *rdata, size_t length)
{
    put_name(to, owner);
    put16(to, type);
    put16(to, class);
    put32(to, ttl);
    put16(to, (unsigned)length);
    put(to, rdata, length);
    to->wire[count + 1]++;
}

static inline void put_opt(message *to, uint16_t size, unsigned version)
{
    put_record(to, AT_ARCOUNT, ".", US_TYPE_OPT, size, version << 16, "", 0);
}

/* One with options. */
static inline void put_options(message *to, const void *options, size_t length)
{
    put_record(to, AT_ARCOUNT, ".", US_TYPE_OPT, 1232, 0, options, length);
}

/* A SOA with the given serial. */
static inline void put_soa(message *to, size_t count, const char *owner, uint32_t serial)
{
    message rdata = {.length = 0};
    put_name(&rdata, "ns.example.com.");
    put_name(&rdata, "admin.example.com.");
    put32(&rdata, serial);
    for (int i = 0; i < 4; i++)
        put32(&rdata, 3600);
    put_record(to, count, owner, US_TYPE_SOA, US_CLASS_IN, 300, rdata.wire, rdata.length);
}

/* A number below `sides`, the same sequence in every run. */
static inline unsigned roll(uint32_t *dice, size_t sides)
{
    *dice ^= *dice << 13;
    *dice ^= *dice >> 17;
    *dice ^= *dice << 5;
    return (unsigned)(*dice % sides);
}

static inline us_zone *zone_of(const char *text)
{
    us_zone *zone = NULL;
    us_report *report = us_report_new(10);
    us_parse_options options = {.origin = NULL};
    us_parse_text(text, strlen(text), &options, report, &zone);
    us_report_free(report);
    return zone;
}

#define SOA_LINE "example.com. 300 IN SOA ns.example.com. admin.example.com. 7 3600 600 86400 60\n"

static const char *const secrets[] = {"c2VjcmV0IG9mIHRoaXMgdGVzdA==", "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3Q="};

static inline us_key key_of(const char *name, us_tsig_algorithm algorithm, int secret)
{
    us_key key = {.secret_length = 0};
    us_name wire = name_of(name);
    us_key_init(&key, &wire, algorithm, secrets[secret], strlen(secrets[secret]));
    return key;
}

#endif
