/* rdata_loc.c: locations (RFC 1876). On the wire: version 0, size, horizontal and vertical precision (8 each: a digit
 * and a power of ten, in centimetres), latitude and longitude (32 each: thousandths of a second of arc from 2^31),
 * altitude (32: centimetres from 100 km below the reference spheroid). */
#include <string.h>

#include "rdata.h"

enum { LOC_SIZE = 16, LATITUDE_MAX = 90 * 3600000, LONGITUDE_MAX = 180 * 3600000 };
static const uint32_t equator = 1u << 31, ground = 10000000;

static bool valid_precision(uint8_t octet)
{
    return octet == 0 || (octet >> 4 >= 1 && octet >> 4 <= 9 && (octet & 15) <= 9);
}

static bool valid_angle(uint32_t angle, uint32_t max)
{
    return angle >= equator - max && angle <= equator + max;
}

bool us_loc_valid(const uint8_t *p, size_t length)
{
    return length == LOC_SIZE && p[0] == 0 && valid_precision(p[1]) && valid_precision(p[2]) && valid_precision(p[3]) &&
           valid_angle(us_read32(p + 4), LATITUDE_MAX) && valid_angle(us_read32(p + 8), LONGITUDE_MAX);
}

/* ---------------------------------------------------------------- text to wire */

/* A number with up to `decimals` digits behind its point, as a whole number of the last of them. */
static bool read_fixed(const char *text, size_t length, unsigned decimals, uint64_t max, uint64_t *out)
{
    const char *point = memchr(text, '.', length);
    size_t whole = point != NULL ? (size_t)(point - text) : length, behind = point != NULL ? length - whole - 1 : 0;
    uint32_t units, parts = 0;
    if (!us_value_number(text, whole, UINT32_MAX, &units) || behind > decimals ||
        (point != NULL && !us_value_number(point + 1, behind, UINT32_MAX, &parts)))
        return false;
    uint64_t value = units, part = parts;
    for (size_t i = 0; i < decimals; i++)
        value *= 10;
    for (; behind < decimals; behind++)
        part *= 10;
    *out = value + part;
    return *out <= max;
}

/* degrees [minutes [seconds]] and one of two letters */
static us_status read_angle(us_rdata_parser *parser, const char *label, uint32_t max, const char *plus,
                            const char *minus, uint32_t *out)
{
    static const uint32_t limits[] = {180, 59, 59999}, units[] = {3600000, 60000, 1};
    uint64_t angle = 0;
    for (unsigned part = 0;; part++) {
        const us_token *token = us_parser_word(parser, label);
        if (token == NULL)
            return US_SYNTAX;
        bool negative = us_token_is(token, minus);
        if (part > 0 && (negative || us_token_is(token, plus))) {
            if (angle > max)
                return us_parser_fail(parser, token, label, "stands behind an angle that is too large");
            *out = negative ? equator - (uint32_t)angle : equator + (uint32_t)angle;
            return US_OK;
        }
        uint64_t value;
        if (part == 3 || !read_fixed(token->text, token->length, part == 2 ? 3 : 0, limits[part], &value))
            return us_parser_fail(parser, token, label, "is not degrees, minutes, seconds and a direction");
        angle += value * units[part];
    }
}

static size_t without_unit(const us_token *token)
{
    size_t length = token->length;
    return length > 0 && (token->text[length - 1] == 'm' || token->text[length - 1] == 'M') ? length - 1 : length;
}

static us_status read_altitude(us_rdata_parser *parser, uint32_t *out)
{
    const us_token *token = us_parser_word(parser, "altitude");
    if (token == NULL)
        return US_SYNTAX;
    bool negative = token->length > 0 && token->text[0] == '-';
    uint64_t value, max = negative ? ground : UINT32_MAX - ground;
    if (!read_fixed(token->text + negative, without_unit(token) - negative, 2, max, &value))
        return us_parser_fail(parser, token, "altitude", "is not in -100000.00m to 42849672.95m");
    *out = negative ? ground - (uint32_t)value : ground + (uint32_t)value;
    return US_OK;
}

/* A length in metres as a digit and a power of ten; the digits behind the first have no place in it. */
static us_status read_precision(us_rdata_parser *parser, const char *label, uint8_t *out)
{
    if (parser->next == parser->stop)
        return US_OK; /* the default stays */
    const us_token *token = us_parser_word(parser, label);
    uint64_t value;
    if (token == NULL)
        return US_SYNTAX;
    if (!read_fixed(token->text, without_unit(token), 2, 9000000000, &value))
        return us_parser_fail(parser, token, label, "is not in 0.00m to 90000000.00m");
    unsigned power = 0;
    for (; value >= 10; value /= 10)
        power++;
    *out = value == 0 ? 0 : (uint8_t)(value << 4 | power);
    return US_OK;
}

us_status us_parser_loc(us_rdata_parser *parser)
{
    uint8_t loc[LOC_SIZE] = {0, 0x12, 0x16, 0x13}; /* 1 m, 10000 m, 10 m */
    uint32_t latitude = 0, longitude = 0, altitude = 0;
    if (read_angle(parser, "latitude", LATITUDE_MAX, "N", "S", &latitude) != US_OK ||
        read_angle(parser, "longitude", LONGITUDE_MAX, "E", "W", &longitude) != US_OK ||
        read_altitude(parser, &altitude) != US_OK || read_precision(parser, "size", loc + 1) != US_OK ||
        read_precision(parser, "horizontal precision", loc + 2) != US_OK ||
        read_precision(parser, "vertical precision", loc + 3) != US_OK)
        return US_SYNTAX;
    us_write32(loc + 4, latitude);
    us_write32(loc + 8, longitude);
    us_write32(loc + 12, altitude);
    return us_parser_put(parser, loc, sizeof loc);
}

/* ---------------------------------------------------------------- wire to text */

static void print_angle(us_text *out, uint32_t angle, char plus, char minus)
{
    uint32_t size = angle >= equator ? angle - equator : equator - angle;
    us_text_format(out, "%u %u %u.%03u %c ", (unsigned)(size / 3600000), (unsigned)(size / 60000 % 60),
                   (unsigned)(size / 1000 % 60), (unsigned)(size % 1000), angle >= equator ? plus : minus);
}

static void print_precision(us_text *out, uint8_t octet)
{
    uint64_t value = octet >> 4;
    for (unsigned power = octet & 15; power > 0; power--)
        value *= 10;
    us_text_format(out, " %u.%02um", (unsigned)(value / 100), (unsigned)(value % 100));
}

void us_print_loc(us_text *out, const uint8_t *p)
{
    uint32_t altitude = us_read32(p + 12);
    uint32_t height = altitude >= ground ? altitude - ground : ground - altitude;
    print_angle(out, us_read32(p + 4), 'N', 'S');
    print_angle(out, us_read32(p + 8), 'E', 'W');
    us_text_format(out, "%s%u.%02um", altitude >= ground ? "" : "-", (unsigned)(height / 100),
                   (unsigned)(height % 100));
    for (int i = 1; i <= 3; i++)
        print_precision(out, p[i]);
}
