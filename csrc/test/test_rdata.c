/* test_rdata.c: rdata of every type: tokens, wire form and text, and what must be refused. The vectors stand in
 * rdata_vectors.h and rdata_refused.h. */
#include <stdbool.h> /* before ldns, which else makes a bool of its own */

#include <ldns/ldns.h>
#include <stdlib.h>

#include "rdata.h"
#include "rdata_random.h"
#include "rdata_refused.h"
#include "rdata_vectors.h"
#include "scan.h"
#include "test.h"

typedef struct record {
    uint16_t type, length;
    uint8_t data[US_RDATA_MAX];
    us_fault fault;
} record;

static record got, again; /* too large for the stack of a test */

/* Reads "TYPE rdata". */
static us_status read_record(record *out, const char *text, size_t length)
{
    us_scan scan;
    us_name origin;
    us_fault *fault = &out->fault;
    us_scan_init(&scan, &(us_input){.text = text, .length = length}, 0, 1 << 20);
    us_name_from_text(&origin, "x.test.", 7, NULL);
    us_status status = us_scan_line(&scan, fault);
    if (status == US_OK) {
        if (!us_type_from_text(scan.tokens[0].text, scan.tokens[0].length, &out->type))
            abort();
        status = us_rdata_from_tokens(out->type, scan.tokens + 1, scan.count - 1, &scan.stop, &origin, out->data,
                                      &out->length, fault);
    }
    us_scan_free(&scan);
    return status;
}

static us_status read_text(record *out, const char *text)
{
    return read_record(out, text, strlen(text));
}

/* "TYPE rdata" as it would be printed; to be freed. */
static us_text print_record(const record *in)
{
    us_text text = {0};
    char buffer[US_TYPE_TEXT_MAX];
    us_text_format(&text, "%s ", us_type_text(in->type, buffer));
    us_rdata_to_text(in->type, (us_rdata){in->data, in->length}, &text);
    if (text.status != US_OK)
        abort();
    return text;
}

static const char *hex(const record *in)
{
    static char out[2 * US_RDATA_MAX + 1];
    for (size_t i = 0; i < in->length; i++)
        sprintf(out + 2 * i, "%02x", in->data[i]);
    out[2 * in->length] = '\0';
    return out;
}

static bool same(const record *a, const record *b)
{
    return a->type == b->type && a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

static us_status check_wire(const record *in, record *out)
{
    out->type = in->type;
    return us_rdata_from_wire(in->type, in->data, in->length, 0, in->length, out->data, &out->length);
}

TEST(vectors)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        if (read_text(&got, vectors[i].text) != US_OK)
            FAIL("%s: %s", vectors[i].text, got.fault.message);
        CHECK_STR(hex(&got), vectors[i].wire);
        us_text text = print_record(&got);
        char printed[2000];
        snprintf(printed, sizeof printed, "%s", strchr(text.data, ' ') + 1);
        CHECK_EQ(read_record(&again, text.data, text.length), US_OK);
        us_text_free(&text);
        CHECK_STR(printed, vectors[i].printed);
        CHECK(same(&got, &again));
        CHECK_EQ(check_wire(&got, &again), US_OK);
        CHECK(same(&got, &again));
    }
}

TEST(every_vector_in_generic_form)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char text[2000];
        int word = (int)strcspn(vectors[i].text, " ");
        snprintf(text, sizeof text, "%.*s \\# %zu %s", word, vectors[i].text, strlen(vectors[i].wire) / 2,
                 vectors[i].wire);
        CHECK_EQ(read_text(&got, text), US_OK);
        CHECK_STR(hex(&got), vectors[i].wire);
    }
}

/* Also without its last octet or with one more, rdata is either refused or printed as what it is. */
TEST(every_cut_of_every_vector)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        CHECK_EQ(read_text(&got, vectors[i].text), US_OK);
        uint16_t whole = got.length;
        got.data[whole] = 0;
        for (got.length = 0; got.length <= whole + 1; got.length++) {
            us_text text = print_record(&got);
            us_status checked = check_wire(&got, &again), read = read_record(&again, text.data, text.length);
            us_text_free(&text);
            CHECK_EQ(read, checked);
            CHECK(read != US_OK || same(&got, &again));
        }
    }
}

TEST(refusals)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        memset(&got.fault, 0, sizeof got.fault);
        if (read_text(&got, refused[i]) == US_OK)
            FAIL("%s was read as %s", refused[i], hex(&got));
        CHECK(got.fault.message[0] != '\0');
        CHECK(got.fault.line == 1 && got.fault.column > 1 && got.fault.column <= strlen(refused[i]) + 1);
    }
}

TEST(faults)
{
    static const struct {
        const char *text;
        us_rule_id rule;
        uint32_t column;
        const char *message;
    } faults[] = {
        {"MX 70000 a", US_RULE_RDATA, 4, "MX preference 70000 is not in 0 to 65535"},
        {"MX 10", US_RULE_RDATA, 6, "MX exchange is missing at the end of the record"},
        {"MX 10 a b", US_RULE_RDATA, 9, "MX data is complete before \"b\""},
        {"NS a..b", US_RULE_NAME, 4, "the name \"a..b\" has an empty label"},
        {"A \"1.2.3.4\"", US_RULE_RDATA, 3, "A address \"1.2.3.4\" is quoted, but only strings may be"},
        {"DS 1 8 2 AA", US_RULE_RDATA, 10, "DS digest AA has 1 octets, which is not the length for type 2"},
        {"HTTPS 1 . port=99999", US_RULE_RDATA, 11, "HTTPS port 99999 is not in 0 to 65535"},
        {"ANY 1", US_RULE_TYPE, 5, "records of type ANY cannot stand in a zone"},
        {"A \\# 3 010203", US_RULE_RDATA, 3, "A data behind \\# is not what the type holds"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        CHECK_EQ(read_text(&got, faults[i].text), US_SYNTAX);
        CHECK_STR(got.fault.message, faults[i].message);
        CHECK_EQ(got.fault.rule, faults[i].rule);
        CHECK_EQ(got.fault.column, faults[i].column);
    }
}

TEST(quoted_at_sign_is_a_name)
{
    CHECK_EQ(read_text(&got, "NS \"@\""), US_OK);
    CHECK_STR(hex(&got), "01400178047465737400");
    CHECK_EQ(read_text(&got, "TXT \"\\\\#\" 1 00"), US_OK);
    CHECK_STR(hex(&got), "025c230131023030");
}

/* prefix, then `count` times `unit`, then suffix */
static us_text repeated(const char *prefix, const char *unit, size_t count, const char *suffix)
{
    us_text text = {0};
    us_text_string(&text, prefix);
    for (; count > 0; count--)
        us_text_string(&text, unit);
    if (us_text_string(&text, suffix) != US_OK)
        abort();
    return text;
}

static us_status read_repeated(const char *prefix, const char *unit, size_t count, const char *suffix)
{
    us_text text = repeated(prefix, unit, count, suffix);
    us_status status = read_record(&got, text.data, text.length);
    us_text_free(&text);
    return status;
}

TEST(limits_of_length)
{
    CHECK_EQ(read_repeated("TXT ", "a", 255, ""), US_OK);
    CHECK_EQ(read_repeated("TXT ", "a", 256, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("TXT ", "\\000", 255, ""), US_OK);
    CHECK_EQ(read_repeated("TXT ", "\\000", 256, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("TXT ", "abc ", 65536 / 4 - 1, "ab"), US_OK);
    CHECK_EQ(got.length, 65535);
    CHECK_EQ(read_repeated("TXT ", "abc ", 65536 / 4 - 1, "abc"), US_SYNTAX);
    CHECK_EQ(read_repeated("URL ", "a", 65535, ""), US_OK);
    CHECK_EQ(read_repeated("URL ", "a", 65536, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("CAA 0 issue ", "a", 65535 - 7, ""), US_OK);
    CHECK_EQ(read_repeated("CAA 0 issue ", "a", 65535 - 6, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("OPENPGPKEY ", "AAAA", 65535 / 3, ""), US_OK);
    CHECK_EQ(read_repeated("OPENPGPKEY ", "AAAA", 65535 / 3, "AA=="), US_SYNTAX);
    CHECK_EQ(read_repeated("TYPE999 \\# 65535 ", "00", 65535, ""), US_OK);
    CHECK_EQ(read_repeated("TYPE999 \\# 65535 ", "00", 65536, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("NSEC3PARAM 1 0 0 ", "00", 255, ""), US_OK);
    CHECK_EQ(read_repeated("NSEC3PARAM 1 0 0 ", "00", 256, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("SVCB 1 . alpn=", "a", 255, ""), US_OK);
    CHECK_EQ(read_repeated("SVCB 1 . alpn=", "a", 256, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("SVCB 1 . alpn=a", ",aaa", 65535 / 4 - 2, ""), US_OK);
    CHECK_EQ(read_repeated("SVCB 1 . alpn=a", ",aaa", 65535 / 4, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("SVCB 1 . ", "key9 ", 2, ""), US_SYNTAX);
    CHECK_EQ(read_repeated("MX 1 ", "a.", 120, "a"), US_OK);
    CHECK_EQ(read_repeated("MX 1 ", "a.", 125, "a"), US_SYNTAX);
    CHECK_EQ(got.fault.rule, US_RULE_NAME_LENGTH);
}

TEST(parameters_in_any_order)
{
    us_text text = {0};
    us_text_string(&text, "SVCB 1 .");
    for (int key = 12000; key >= 11; key--)
        us_text_format(&text, " key%d", key);
    CHECK_EQ(read_record(&got, text.data, text.length), US_OK);
    us_text_free(&text);
    CHECK_EQ(got.length, 3 + 4 * (12000 - 11 + 1));
    for (unsigned key = 11; key <= 12000; key++)
        CHECK_EQ(us_read16(got.data + 3 + 4 * (key - 11)), key);
}

TEST(periods)
{
    static const struct {
        const char *text;
        long seconds; /* -1: refused */
    } periods[] = {
        {"0", 0},
        {"2147483647", 2147483647},
        {"2147483648", -1},
        {"4294967296", -1},
        {"99999999999999999999", -1},
        {"1w2d3h4m5s", 788645},
        {"1W2D", 777600},
        {"1h", 3600},
        {"1h30", -1},
        {"h", -1},
        {"", -1},
        {"-1", -1},
        {"1.5", -1},
        {"1y", -1},
        {"abc", -1},
        {"3550w5d3h14m7s", 2147483647},
        {"3550w5d3h14m8s", -1},
        {"4000w", -1},
        {"1m1m", 120},
        {"+1", -1},
        {" 1", -1},
        {"0x10", -1},
    };
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        us_token token = {.text = periods[i].text, .length = (uint32_t)strlen(periods[i].text), .line = 7, .column = 5};
        us_fault fault = {.message = ""};
        uint32_t seconds = 0;
        us_status status = us_ttl_from_token(&seconds, &token, &fault);
        if (periods[i].seconds < 0) {
            CHECK_EQ(status, US_SYNTAX);
            CHECK(fault.rule == US_RULE_TTL_RANGE && fault.line == 7 && fault.column == 5);
        } else {
            CHECK_EQ(status, US_OK);
            CHECK_EQ(seconds, periods[i].seconds);
        }
    }
}

/* ---------------------------------------------------------------- messages */

static us_status from_message(uint16_t type, const char *message, size_t size, size_t offset, size_t length)
{
    got.type = type;
    return us_rdata_from_wire(type, (const uint8_t *)message, size, offset, (uint16_t)length, got.data, &got.length);
}

#define FROM_MESSAGE(type, message, offset, length) from_message(type, message, sizeof message - 1, offset, length)

TEST(compressed_names)
{
    /* 0: "Ex.", 4: MX 10 "a" and a pointer to 0, 10: a pointer to the pointer at 8 */
    static const char message[] = "\2Ex\0\0\12\1a\xc0\0\xc0\x8";
    CHECK_EQ(FROM_MESSAGE(US_TYPE_MX, message, 4, 6), US_OK);
    CHECK_STR(hex(&got), "000a016102657800");
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, message, 10, 2), US_OK);
    CHECK_STR(hex(&got), "02657800");
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NXT, "\2Ex\0\xc0\0\x40", 4, 3), US_OK);
    CHECK_STR(hex(&got), "0265780040");
    /* types that came after RFC 1035 and are not in RFC 3597 §4: no pointer */
    CHECK_EQ(FROM_MESSAGE(US_TYPE_DNAME, message, 10, 2), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_ALIAS, message, 10, 2), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_SVCB, "\0\1\xc0\0", 0, 4), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NSEC, message, 10, 2), US_SYNTAX);
}

TEST(hostile_names)
{
    static const char loop[] = "\xc0\x2\xc0\0", self[] = "\xc0\0", forward[] = "\xc0\x2\0", chained[] = "\1a\xc0\0";
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, loop, 0, 2), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, loop, 2, 2), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, self, 0, 2), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, forward, 0, 2), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, chained, 2, 2), US_SYNTAX); /* comes back to itself through the label */
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, "\xc0", 0, 1), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, "\5ab", 0, 3), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, "\1a\0", 0, 2), US_SYNTAX); /* the root is behind the rdata */
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS, "\1a\0\0", 0, 4), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS,
                          "\x41"
                          "a\0",
                          0, 3),
             US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_NS,
                          "\x80"
                          "a\0",
                          0, 3),
             US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_A, "\1\2\3\4", 1, 4), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_A, "\1\2\3\4", 5, 0), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_ANY, "", 0, 0), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(US_TYPE_OPT, "", 0, 0), US_SYNTAX);

    char message[300];
    for (size_t i = 0; i < 250; i += 2)
        memcpy(message + i, "\1a", 2);
    message[250] = 0;
    memcpy(message + 251, "\3bbb\xc0\0", 6);
    CHECK_EQ(from_message(US_TYPE_NS, message, 257, 251, 6), US_OK);
    CHECK_EQ(got.length, 255);
    memcpy(message + 251, "\4bbbb\xc0\0", 7);
    CHECK_EQ(from_message(US_TYPE_NS, message, 258, 251, 7), US_RANGE);
}

TEST(malformed_rdata)
{
    CHECK_EQ(FROM_MESSAGE(47, "\1a\0\0\1\0", 0, 6), US_SYNTAX); /* NSEC: trailing zero octet */
    CHECK_EQ(FROM_MESSAGE(47, "\1a\0\0\2\x40\0", 0, 7), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(47, "\1a\0\1\1\1\0\1\1", 0, 9), US_SYNTAX); /* windows out of order */
    CHECK_EQ(FROM_MESSAGE(47, "\1a\0\0\1\1\0\1\1", 0, 9), US_SYNTAX); /* a window twice */
    CHECK_EQ(FROM_MESSAGE(47, "\1a\0\0\x21", 0, 5), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(64, "\0\1\0\0\3\0\2\0\1\0\1\0\3\2h2", 0, 16), US_SYNTAX); /* SVCB: keys out of order */
    CHECK_EQ(FROM_MESSAGE(64, "\0\1\0\0\1\0\3\2h2\0\3\0\2\0\1", 0, 16), US_OK);
    CHECK_EQ(FROM_MESSAGE(64, "\0\1\0\0\1\0\4\2h2", 0, 10), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(64, "\0\1\0\0\3\0\2\0\1\0\3\0\2\0\1", 0, 15), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(257, "\0\5is-ue", 0, 7), US_SYNTAX);
    CHECK_EQ(FROM_MESSAGE(42, "\0\1\x21\0", 0, 4), US_SYNTAX);                            /* APL: 33 bits of IPv4 */
    CHECK_EQ(FROM_MESSAGE(42, "\0\1\x8\2\12\0", 0, 6), US_SYNTAX);                        /* APL: trailing zero octet */
    CHECK_EQ(FROM_MESSAGE(29, "\1\0\0\0\x80\0\0\0\x80\0\0\0\0\0\0\0", 0, 16), US_SYNTAX); /* LOC: version 1 */
    CHECK_EQ(FROM_MESSAGE(29, "\0\xa0\0\0\x80\0\0\0\x80\0\0\0\0\0\0\0", 0, 16), US_SYNTAX);
}

/* ---------------------------------------------------------------- random rdata */

#ifdef __SANITIZE_ADDRESS__
enum { MANY = 100000 }; /* takes as long as the million without */
#else
enum { MANY = 1000000 };
#endif

TEST(random_rdata_reads_back)
{
    for (uint32_t round = 0; round < MANY; round++) {
        got.type = random_type();
        got.length = (uint16_t)random_rdata(got.type, got.data);
        CHECK_EQ(check_wire(&got, &again), US_OK);
        got = again; /* names may have become lower-case */
        us_text text = print_record(&got);
        us_status status = read_record(&again, text.data, text.length);
        bool equal = status == US_OK && same(&got, &again);
        if (!equal)
            printf("# %s %s\n", text.data, again.fault.message);
        us_text_free(&text);
        CHECK(equal);
    }
}

/* ldns reads these types rightly from clean text. Others it misreads (APL, LOC, SVCB) or it does not know their
 * newer mnemonics (NSEC, NSEC3). */
static bool ldns_is_right(uint16_t type)
{
    static const uint16_t types[] = {1,  2,  5,  6,  12, 13,  14,  15,  16,  17,  18,  21,  22, 28,
                                     31, 32, 33, 35, 36, 39,  43,  44,  58,  46,  48,  49,  51, 52,
                                     59, 60, 61, 63, 99, 104, 105, 106, 107, 108, 109, 256, 257};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i] == type)
            return true;
    }
    return false;
}

static bool agrees_with_ldns(const record *in)
{
    us_text line = {0};
    char buffer[US_TYPE_TEXT_MAX];
    us_text_format(&line, "x.test. 0 IN %s ", us_type_text(in->type, buffer));
    us_rdata_to_text(in->type, (us_rdata){in->data, in->length}, &line);
    ldns_rr *rr = NULL;
    ldns_status status = ldns_rr_new_frm_str(&rr, line.data, 0, NULL, NULL);
    ldns_buffer *wire = ldns_buffer_new(1024);
    bool agrees = status == LDNS_STATUS_OK && ldns_rr_rdata2buffer_wire(wire, rr) == LDNS_STATUS_OK &&
                  ldns_buffer_position(wire) == in->length &&
                  memcmp(ldns_buffer_begin(wire), in->data, in->length) == 0;
    if (!agrees)
        printf("# %s: %s\n", line.data, ldns_get_errorstr_by_id(status));
    ldns_buffer_free(wire);
    ldns_rr_free(rr);
    us_text_free(&line);
    return agrees;
}

TEST(random_rdata_agrees_with_ldns)
{
    for (uint32_t round = 0; round < 60000; round++) {
        got.type = random_type();
        got.length = (uint16_t)random_rdata(got.type, got.data);
        if (got.type == US_TYPE_RRSIG)
            us_write16(got.data, US_TYPE_A); /* of newer types it does not know the mnemonics */
        if (!ldns_is_right(got.type))
            continue;
        CHECK_EQ(check_wire(&got, &again), US_OK);
        if (got.type != US_TYPE_TXT && memchr(again.data, '@', again.length) != NULL)
            continue; /* it does not read "\@" in names */
        CHECK(agrees_with_ldns(&again));
    }
}

TEST(targets)
{
    static const struct {
        const char *text;
        int offset; /* -1: none */
    } records[] = {
        {"NS a", 0},       {"CNAME a", 0}, {"PTR a", 0},       {"DNAME a", 0},  {"ALIAS a", 0},
        {"POOL a", 0},     {"MX 1 a", 2},  {"SRV 1 2 3 a", 6}, {"SVCB 1 a", 2}, {"HTTPS 1 a port=1", 2},
        {"A 1.2.3.4", -1}, {"TXT a", -1},  {"RP a b", -1},
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        CHECK_EQ(read_text(&got, records[i].text), US_OK);
        const uint8_t *target = us_rdata_target(got.type, (us_rdata){got.data, got.length});
        CHECK_EQ(target != NULL ? target - got.data : -1, records[i].offset);
    }
    CHECK(us_rdata_target(US_TYPE_MX, (us_rdata){got.data, 2}) == NULL);
}

int main(void)
{
    RUN(vectors);
    RUN(every_vector_in_generic_form);
    RUN(every_cut_of_every_vector);
    RUN(refusals);
    RUN(faults);
    RUN(quoted_at_sign_is_a_name);
    RUN(limits_of_length);
    RUN(parameters_in_any_order);
    RUN(periods);
    RUN(compressed_names);
    RUN(hostile_names);
    RUN(malformed_rdata);
    RUN(random_rdata_reads_back);
    RUN(random_rdata_agrees_with_ldns);
    RUN(targets);
    return test_end();
}
