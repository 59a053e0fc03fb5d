/* test_special.c: which addresses the world can reach, at the edges of each block that it can't. */
#include "test.h"

#include <arpa/inet.h>

#include "us.h"

static const char *special(const char *text)
{
    uint8_t address[16] = {0};
    bool v6 = strchr(text, ':') != NULL;
    if (inet_pton(v6 ? AF_INET6 : AF_INET, text, address) != 1)
        return "no address";
    return us_address_special(v6 ? US_TYPE_AAAA : US_TYPE_A, address);
}

/* The first and the last address of each block. */
TEST(special_blocks_from_end_to_end)
{
    static const char *const all[] = {"0.0.0.0",
                                      "0.255.255.255",
                                      "10.0.0.0",
                                      "10.255.255.255",
                                      "100.64.0.0",
                                      "100.127.255.255",
                                      "127.0.0.0",
                                      "127.255.255.255",
                                      "169.254.0.0",
                                      "169.254.255.255",
                                      "172.16.0.0",
                                      "172.31.255.255",
                                      "192.0.0.0",
                                      "192.0.0.255",
                                      "192.0.2.0",
                                      "192.0.2.255",
                                      "192.88.99.0",
                                      "192.88.99.255",
                                      "192.168.0.0",
                                      "192.168.255.255",
                                      "198.18.0.0",
                                      "198.19.255.255",
                                      "198.51.100.0",
                                      "198.51.100.255",
                                      "203.0.113.0",
                                      "203.0.113.255",
                                      "224.0.0.0",
                                      "239.255.255.255",
                                      "240.0.0.0",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::ffff:ffff",
                                      "::ffff:0:0",
                                      "::ffff:8.8.8.8",
                                      "64:ff9b::",
                                      "64:ff9b::ffff:ffff",
                                      "64:ff9b:1::",
                                      "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
                                      "100::",
                                      "100::ffff:ffff:ffff:ffff",
                                      "2001::",
                                      "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "2001:db8::",
                                      "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "2002::",
                                      "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "3fff::",
                                      "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "5f00::",
                                      "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "fc00::",
                                      "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "fe80::",
                                      "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "fec0::",
                                      "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "ff00::",
                                      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (special(all[i]) == NULL)
            printf("# %s\n", all[i]);
        CHECK(special(all[i]) != NULL);
    }
    CHECK_STR(special("172.16.0.1"), "private (RFC 1918)");
    CHECK_STR(special("::1"), "loopback (RFC 4291)");
    CHECK_STR(special("fe80::1"), "link-local (RFC 4291)");
}

/* The addresses just before and just behind them. */
TEST(what_lies_beside_them_is_public)
{
    static const char *const all[] = {"1.0.0.0",
                                      "9.255.255.255",
                                      "11.0.0.0",
                                      "100.63.255.255",
                                      "100.128.0.0",
                                      "126.255.255.255",
                                      "128.0.0.0",
                                      "169.253.255.255",
                                      "169.255.0.0",
                                      "172.15.255.255",
                                      "172.32.0.0",
                                      "191.255.255.255",
                                      "192.0.1.0",
                                      "192.0.1.255",
                                      "192.0.3.0",
                                      "192.88.98.255",
                                      "192.88.100.0",
                                      "192.167.255.255",
                                      "192.169.0.0",
                                      "198.17.255.255",
                                      "198.20.0.0",
                                      "198.51.99.255",
                                      "198.51.101.0",
                                      "203.0.112.255",
                                      "203.0.114.0",
                                      "223.255.255.255",
                                      "::1:0:0:0",
                                      "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "64:ff9b:2::",
                                      "100:0:0:1::",
                                      "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                      "2001:200::",
                                      "2001:db7:ffff::",
                                      "2001:db9::",
                                      "2001:ffff::",
                                      "2003::",
                                      "3ffe:ffff::",
                                      "3fff:1000::",
                                      "5eff:ffff::",
                                      "5f01::",
                                      "fbff:ffff::",
                                      "fe00::",
                                      "fe7f:ffff::"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (special(all[i]) != NULL)
            printf("# %s is %s\n", all[i], special(all[i]));
        CHECK(special(all[i]) == NULL);
    }
}

TEST(ranges_are_read_and_compared)
{
    static const char *const wrong[] = {"",
                                        "10.0.0.0/33",
                                        "10.0.0.0/",
                                        "10.0.0.0/x",
                                        "10.0.0.0/-1",
                                        "10.0.0/8",
                                        "fd00::/129",
                                        "10.0.0.0/8 ",
                                        "10.0.0.0/0008",
                                        "host.example.",
                                        "[fd00::]/8",
                                        "1.2.3.4/1/2",
                                        "1111:1111:1111:1111:1111:1111:111.111.111.1111"};
    us_range range;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_EQ(us_range_from_text(&range, wrong[i]), US_SYNTAX);
    CHECK_EQ(us_range_from_text(&range, "10.16.0.0/12"), US_OK);
    CHECK(us_range_has(&range, US_TYPE_A, (uint8_t[]){10, 31, 255, 255}));
    CHECK(!us_range_has(&range, US_TYPE_A, (uint8_t[]){10, 32, 0, 0}));
    CHECK(!us_range_has(&range, US_TYPE_AAAA, (uint8_t[16]){10, 16}));
    CHECK_EQ(us_range_from_text(&range, "fd00::1"), US_OK);
    CHECK(us_range_has(&range, US_TYPE_AAAA, (uint8_t[16]){0xfd, [15] = 1}));
    CHECK(!us_range_has(&range, US_TYPE_AAAA, (uint8_t[16]){0xfd, [15] = 2}));
    CHECK_EQ(us_range_from_text(&range, "0.0.0.0/0"), US_OK);
    CHECK(us_range_has(&range, US_TYPE_A, (uint8_t[]){255, 1, 2, 3}));
}

int main(void)
{
    RUN(special_blocks_from_end_to_end);
    RUN(what_lies_beside_them_is_public);
    RUN(ranges_are_read_and_compared);
    return test_end();
}
