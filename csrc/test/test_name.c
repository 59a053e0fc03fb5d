/* test_name.c: domain names: text and wire form, limits, order and relations. */
#include <ldns/ldns.h>
#include <stdlib.h>

#include "internal.h"
#include "random.h"
#include "test.h"

static us_status read_name(us_name *out, const char *text, const char *origin)
{
    us_name base = {.length = 0};
    if (origin != NULL && us_name_from_text(&base, origin, strlen(origin), NULL) != US_OK)
        abort();
    return us_name_from_text(out, text, strlen(text), origin != NULL ? &base : NULL);
}

static us_name name(const char *text)
{
    us_name out = {.length = 0};
    if (read_name(&out, text, "example.") != US_OK)
        abort();
    return out;
}

static const char *printed(const us_name *wire)
{
    static char buffer[US_NAME_TEXT_MAX];
    size_t length = us_name_to_text(wire->wire, buffer);
    return length == strlen(buffer) ? buffer : "(wrong length)";
}

TEST(text_to_wire_and_back)
{
    static const struct {
        const char *text, *printed;
    } names[] = {
        {"www", "www.example."},
        {"www.", "www."},
        {"WwW.a", "WwW.a.example."},
        {"@", "example."},
        {".", "."},
        {"*.x", "*.x.example."},
        {"\\@", "\\@.example."},
        {"a\\.b.c", "a\\.b.c.example."},
        {"\\065\\066", "AB.example."},
        {"\\000\\255", "\\000\\255.example."},
        {"a\\ b\\;c\\\"d\\(e\\)f\\$g\\\\h", "a\\032b\\;c\\\"d\\(e\\)f\\$g\\\\h.example."},
        {"\\x\\*", "x*.example."},
        {"a_b-c/d", "a_b-c/d.example."},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        us_name first, second;
        CHECK_EQ(read_name(&first, names[i].text, "example."), US_OK);
        CHECK_STR(printed(&first), names[i].printed);
        CHECK_EQ(read_name(&second, printed(&first), NULL), US_OK);
        CHECK(first.length == second.length && memcmp(first.wire, second.wire, first.length) == 0);
    }
}

TEST(wrong_syntax)
{
    static const char *const wrong[] = {"",    "a..b", ".a",   "a..",   "..",    "\\",
                                        "a\\", "\\1",  "\\12", "\\12x", "\\256", "\\999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        us_name out = {.length = 77};
        CHECK_EQ(read_name(&out, wrong[i], "example."), US_SYNTAX);
        CHECK_EQ(out.length, 77);
    }
}

TEST(relative_needs_an_origin)
{
    us_name out;
    CHECK_EQ(read_name(&out, "a", NULL), US_REFUSED);
    CHECK_EQ(read_name(&out, "@", NULL), US_REFUSED);
    CHECK_EQ(read_name(&out, "a.", NULL), US_OK);
}

/* `labels` labels of `size` letters, each with its dot. */
static void make_labels(char *out, int labels, int size)
{
    for (int i = 0; i < labels; i++) {
        memset(out, 'a', (size_t)size);
        out += size;
        *out++ = '.';
    }
    *out = '\0';
}

TEST(label_of_63_octets)
{
    char text[300];
    us_name out;
    make_labels(text, 1, 63);
    CHECK_EQ(read_name(&out, text, NULL), US_OK);
    make_labels(text, 1, 64);
    CHECK_EQ(read_name(&out, text, NULL), US_RANGE);
    text[64] = '\0';
    CHECK_EQ(read_name(&out, text, "example."), US_RANGE);
}

TEST(name_of_255_octets)
{
    char text[300];
    us_name out;
    make_labels(text, 127, 1);
    CHECK_EQ(read_name(&out, text, NULL), US_OK);
    CHECK_EQ(out.length, 255);
    CHECK_EQ(us_name_labels(out.wire), 127);
    make_labels(text, 128, 1);
    CHECK_EQ(read_name(&out, text, NULL), US_RANGE);
    make_labels(text, 126, 1);
    strcat(text, "a");
    CHECK_EQ(read_name(&out, text, "."), US_OK);
    CHECK_EQ(out.length, 255);
    CHECK_EQ(read_name(&out, text, "b."), US_RANGE);
    strcat(text, "a");
    CHECK_EQ(read_name(&out, text, "."), US_RANGE);
    make_labels(text, 127, 1);
    strcat(text, "a");
    CHECK_EQ(read_name(&out, text, "."), US_RANGE);
}

TEST(longest_text)
{
    char text[1100] = "", *p = text;
    us_name out;
    for (int label = 0; label < 4; label++) {
        for (int i = 0; i < (label < 3 ? 63 : 61); i++)
            p += sprintf(p, "\\%03d", i % 32);
        *p++ = '.';
    }
    *p = '\0';
    CHECK_EQ(read_name(&out, text, NULL), US_OK);
    CHECK_EQ(out.length, 255);
    CHECK_STR(printed(&out), text);
}

TEST(token_names)
{
    us_name origin = name("@"), out;
    us_fault fault = {.line = 1};
    us_token token = {.text = "@", .length = 1, .line = 3, .column = 9};
    CHECK_EQ(us_name_from_token(&out, &token, &origin, false, &fault), US_OK);
    CHECK_STR(printed(&out), "example.");
    token.quoted = true;
    CHECK_EQ(us_name_from_token(&out, &token, &origin, false, &fault), US_OK);
    CHECK_STR(printed(&out), "\\@.example.");
    token = (us_token){.text = "a..b", .length = 4, .line = 3, .column = 9};
    CHECK_EQ(us_name_from_token(&out, &token, &origin, false, &fault), US_SYNTAX);
    CHECK(fault.rule == US_RULE_NAME && fault.line == 3 && fault.column == 9);
    CHECK_STR(fault.message, "the name \"a..b\" has an empty label");
    char text[300];
    make_labels(text, 1, 64);
    token = (us_token){.text = text, .length = 65, .line = 4, .column = 1};
    CHECK_EQ(us_name_from_token(&out, &token, &origin, false, &fault), US_SYNTAX);
    CHECK_EQ(fault.rule, US_RULE_NAME_LENGTH);
    token = (us_token){.text = "a\n\x1b\xff..b", .length = 7, .line = 4, .column = 1};
    CHECK_EQ(us_name_from_token(&out, &token, &origin, false, &fault), US_SYNTAX);
    CHECK_STR(fault.message, "the name \"a???..b\" has an empty label");
}

TEST(canonical_order)
{
    /* RFC 4034 §6.1 */
    static const char *const ordered[] = {
        ".",          "example.",         "a.example.",   "yljkjljk.a.example.", "Z.a.example.",    "zABC.a.EXAMPLE.",
        "z.example.", "\\001.z.example.", "*.z.example.", "aa.z.example.",       "\\200.z.example."};
    enum { COUNT = sizeof ordered / sizeof ordered[0] };
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            us_name a = name(ordered[i]), b = name(ordered[j]);
            int order = us_name_compare(a.wire, b.wire);
            CHECK_EQ((order > 0) - (order < 0), (i > j) - (i < j));
            CHECK_EQ(us_name_equal(a.wire, b.wire), i == j);
        }
    }
}

TEST(letter_case)
{
    us_name a = name("WwW.ExAmPlE."), b = name("www.example.");
    CHECK(us_name_equal(a.wire, b.wire));
    CHECK_EQ(us_name_compare(a.wire, b.wire), 0);
    us_name_lower(a.wire);
    CHECK_STR(printed(&a), "www.example.");
    us_name at = name("@\\@."), grave = name("@`.");
    CHECK(!us_name_equal(at.wire, grave.wire)); /* 0x40 and 0x60: no letters */
}

TEST(relations)
{
    us_name top = name("."), zone = name("example."), host = name("a.B.example."), other = name("xexample.");
    us_name tricky = name("a\\007example."); /* ends in the octets of "example." but not at a label */
    CHECK(us_name_under(zone.wire, zone.wire));
    CHECK(us_name_under(host.wire, zone.wire));
    CHECK(us_name_under(host.wire, top.wire));
    CHECK(!us_name_under(zone.wire, host.wire));
    CHECK(!us_name_under(other.wire, zone.wire));
    CHECK(!us_name_under(tricky.wire, zone.wire));
    CHECK_EQ(us_name_labels(top.wire), 0);
    CHECK_EQ(us_name_labels(host.wire), 3);
    CHECK(us_name_equal(us_name_parent(us_name_parent(host.wire)), zone.wire));
    CHECK(us_name_parent(top.wire) == top.wire);
}

static us_name random_name(void)
{
    us_name out = {.length = 0};
    size_t at = 0;
    for (uint32_t labels = random_below(5); labels > 0; labels--) {
        uint8_t size = (uint8_t)(random_below(6) + 1);
        out.wire[at++] = size;
        for (; size > 0; size--)
            out.wire[at++] = (uint8_t)(random_below(3) == 0 ? random_below(256) : 'A' + random_below(40));
    }
    out.wire[at++] = 0;
    out.length = (uint8_t)at;
    return out;
}

static bool matches(const char *text, const char *pattern)
{
    us_name_pattern read;
    us_name origin = name("@"), owner = name(text);
    if (us_name_pattern_from_text(&read, pattern, strlen(pattern), &origin) != US_OK)
        abort();
    return us_name_matches(owner.wire, &read);
}

TEST(patterns)
{
    static const struct {
        const char *pattern, *stands_for, *not_for; /* names, up to an empty one */
    } patterns[] = {
        {"*.lab", "a.lab\0b.A.lab\0*.lab\0", "lab\0alab\0lab.lab2\0a.lab.\0"},
        {"*", "a\0a.b\0*\0", "@\0.\0other.\0"},
        {"*.", "a.\0a\0@\0", ".\0"},
        {"\\*.lab", "*.lab\0", "a.lab\0*.*.lab\0"},
        {"\\042.lab", "*.lab\0", "a.lab\0"},
        {"db-*", "db-1\0DB-\0db-a-b\0", "db\0db-1.x\0a.db-1\0"},
        {"*-eu", "a-eu\0-eu\0a-eu-eu\0", "a.b-eu\0a-eu-\0"},
        {"a*b*c", "abc\0axbxc\0abbcbc\0aabxbcc\0", "ab\0acb\0abcd\0"},
        {"**", "a\0xyz\0", "a.b\0@\0"},
        {"_dmarc.*", "_dmarc.a\0", "_dmarc\0_dmarc.a.b\0x._dmarc.a\0"},
        {"*._domainkey.*", "a._domainkey.b\0a.c._domainkey.b\0", "_domainkey.b\0a._domainkey\0"},
        {"@", "@\0", "a\0"},
        {"www.example.", "WWW\0", "www.x\0"},
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        for (const char *text = patterns[i].stands_for; *text != 0; text += strlen(text) + 1)
            CHECK(matches(text, patterns[i].pattern));
        for (const char *text = patterns[i].not_for; *text != 0; text += strlen(text) + 1)
            CHECK(!matches(text, patterns[i].pattern));
    }
    us_name_pattern none;
    CHECK_EQ(us_name_pattern_from_text(&none, "*..a", 4, NULL), US_SYNTAX);
    CHECK_EQ(us_name_pattern_from_text(&none, "*", 1, NULL), US_REFUSED);
}

/* The last octet of the longest name is reached, and the origin's * is no star. */
TEST(pattern_of_255_octets)
{
    char text[2 * 127 + 1];
    us_name_pattern pattern;
    us_name wild = name("*"), host = name("a"), origin = name("*.x");
    for (size_t i = 0; i < sizeof text - 1; i += 2) {
        text[i] = '*';
        text[i + 1] = '.';
    }
    CHECK_EQ(us_name_pattern_from_text(&pattern, text, sizeof text - 1, NULL), US_OK);
    CHECK(us_name_matches(pattern.name.wire, &pattern));
    CHECK(!us_name_matches(host.wire, &pattern));
    CHECK_EQ(us_name_pattern_from_text(&pattern, "@", 1, &wild), US_OK);
    CHECK(us_name_matches(wild.wire, &pattern));
    CHECK(!us_name_matches(host.wire, &pattern));
    CHECK_EQ(us_name_pattern_from_text(&pattern, "b", 1, &origin), US_OK);
    CHECK(!us_name_matches(name("b.c.x").wire, &pattern));
}

TEST(random_names_read_back)
{
    for (int i = 0; i < 100000; i++) {
        us_name wire = random_name(), back;
        CHECK_EQ(read_name(&back, printed(&wire), NULL), US_OK);
        CHECK(back.length == wire.length && memcmp(back.wire, wire.wire, wire.length) == 0);
        CHECK_EQ(us_name_length(wire.wire), wire.length);
    }
}

TEST(random_names_in_the_order_of_ldns)
{
    for (int i = 0; i < 20000; i++) {
        us_name a = random_name(), b = random_name();
        us_name_lower(a.wire);
        us_name_lower(b.wire);
        ldns_rdf *x = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, a.length, a.wire);
        ldns_rdf *y = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, b.length, b.wire);
        int expected = ldns_dname_compare(x, y), order = us_name_compare(a.wire, b.wire);
        ldns_rdf_deep_free(x);
        ldns_rdf_deep_free(y);
        CHECK_EQ((order > 0) - (order < 0), expected);
    }
}

TEST(types)
{
    char buffer[US_TYPE_TEXT_MAX];
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        uint16_t type;
        const char *text = us_type_text((uint16_t)number, buffer);
        CHECK(us_type_from_text(text, strlen(text), &type));
        CHECK_EQ(type, number);
    }
    uint16_t type;
    CHECK(us_type_from_text("aAaA", 4, &type) && type == 28);
    CHECK(us_type_from_text("type65535", 9, &type) && type == 65535);
    CHECK(us_type_from_text("NSAP-PTRx", 8, &type) && type == 23);
    CHECK(us_type_from_text("TYPE00001", 9, &type) && type == 1);
    static const char *const wrong[] = {"",       "AA",         "TYPE", "TYPE65536", "TYPE-1",
                                        "TYPE1x", "TYPE000001", "CNAM", "CNAMES"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(!us_type_from_text(wrong[i], strlen(wrong[i]), &type));
    CHECK(!us_type_from_text("A\0B", 3, &type));
    CHECK(us_type_is_data(1) && us_type_is_data(127) && us_type_is_data(256) && us_type_is_data(US_TYPE_ALIAS));
    CHECK(!us_type_is_data(0) && !us_type_is_data(US_TYPE_OPT) && !us_type_is_data(128));
    CHECK(!us_type_is_data(US_TYPE_ANY) && !us_type_is_data(65535));
    CHECK(us_type_is_proprietary(US_TYPE_URL) && !us_type_is_proprietary(US_TYPE_CNAME));
}

TEST(growing_text)
{
    us_text text = {0};
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(us_text_format(&text, "%d,", i), US_OK);
    CHECK_EQ(text.length, strlen(text.data));
    CHECK_EQ(text.length, 10 * 2 + 90 * 3 + 900 * 4);
    CHECK_EQ(us_text_reserve(&text, SIZE_MAX), US_NOMEM);
    CHECK_EQ(us_text_string(&text, "x"), US_NOMEM);
    us_text_free(&text);
    CHECK(text.data == NULL && text.status == US_OK);
}

int main(void)
{
    RUN(text_to_wire_and_back);
    RUN(wrong_syntax);
    RUN(relative_needs_an_origin);
    RUN(label_of_63_octets);
    RUN(name_of_255_octets);
    RUN(longest_text);
    RUN(token_names);
    RUN(canonical_order);
    RUN(letter_case);
    RUN(relations);
    RUN(patterns);
    RUN(pattern_of_255_octets);
    RUN(random_names_read_back);
    RUN(random_names_in_the_order_of_ldns);
    RUN(types);
    RUN(growing_text);
    return test_end();
}
