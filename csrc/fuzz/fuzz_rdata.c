/* fuzz_rdata.c: libFuzzer entry for rdata. The first octet chooses the way, the next two the type.
 *   wire: the rest is rdata from a message; what is accepted must print and read back as the same octets.
 *   text: the rest is a line of a master file; what is accepted must do so too, and must be valid on the wire.
 * Build with clang -fsanitize=fuzzer,address,undefined.
 */
#include <stdlib.h>
#include <string.h>

#include "rdata.h"
#include "scan.h"

static uint8_t first[US_RDATA_MAX], second[US_RDATA_MAX], third[US_RDATA_MAX];

/* Reads a line that is nothing but rdata. */
static us_status read_line(uint16_t type, const char *text, size_t length, uint8_t *out, uint16_t *out_length)
{
    static const us_name origin = {.wire = "\1x\4test", .length = 8};
    us_fault fault = {.message = ""};
    us_scan scan;
    us_scan_init(&scan, &(us_input){.text = text, .length = length}, 0, 1 << 20);
    us_status status = us_scan_line(&scan, &fault);
    if (status == US_OK) {
        status = us_rdata_from_tokens(type, scan.tokens, scan.count, &scan.stop, &origin, out, out_length, &fault);
        if (status != US_OK && (fault.message[0] == '\0' || strlen(fault.message) >= sizeof fault.message))
            abort();
    }
    us_scan_free(&scan);
    return status;
}

static void require_same(const uint8_t *a, uint16_t a_length, const uint8_t *b, uint16_t b_length)
{
    if (a_length != b_length || memcmp(a, b, a_length) != 0)
        abort();
}

/* `first` holds accepted rdata. */
static void check_round_trip(uint16_t type, uint16_t length)
{
    uint16_t read, checked;
    us_text text = {0};
    if (us_rdata_to_text(type, (us_rdata){first, length}, &text) != US_OK ||
        read_line(type, text.data, text.length, second, &read) != US_OK)
        abort();
    require_same(first, length, second, read);
    if (us_rdata_from_wire(type, first, length, 0, length, third, &checked) != US_OK)
        abort();
    require_same(first, length, third, checked);
    us_text_free(&text);
}

/* Mostly types that have a layout; the full range of numbers is reached too. */
static uint16_t choose_type(const uint8_t *data)
{
    static const uint16_t high[] = {32768, US_TYPE_ALIAS, US_TYPE_POOL, US_TYPE_URL};
    if (data[0] < 128)
        return data[1];
    return data[0] < 192 ? (uint16_t)(256 + data[1] % 10) : data[0] < 250 ? high[data[1] % 4] : us_read16(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > US_RDATA_MAX)
        return 0;
    uint16_t type = choose_type(data + 1), length;
    us_status status;
    if (data[0] % 2 == 0)
        status = us_rdata_from_wire(type, data, size, 3, (uint16_t)(size - 3), first, &length);
    else
        status = read_line(type, (const char *)data + 3, size - 3, first, &length);
    if (status == US_OK)
        check_round_trip(type, length);
    return 0;
}
