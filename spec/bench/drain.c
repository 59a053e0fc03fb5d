/* drain.c: a client that asks a name server on this machine and throws away what comes, as fast as it can:
 *
 *     drain axfr PORT ZONE [COUNT [PROCESSES]]   COUNT transfers, each over a connection of its own
 *     drain ixfr PORT ZONE SERIAL [COUNT]        the same for the changes since SERIAL, in one step
 *     drain soa PORT ZONE SECONDS                asks for the SOA again and again; prints the 99th percentile and the
 *                                                longest in ms, and how often it was answered with no error
 *     drain notify PORT ZONE SECONDS COUNT       sends NOTIFYs of the zones 1 to COUNT, which printf makes of ZONE, with
 *                                                some always under way; prints how many were answered with no error
 *
 * It walks through all records, and a transfer is over with its closing SOA. Prints how many records came.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SOA = 6, IXFR = 251, AXFR = 252, NOTIFY = 4, HEADER = 12, SAMPLES_MAX = 1000000, UNDER_WAY = 64 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Each process comes from an address of its own. For a minute after a connection its port can't be used again between
 * the same two addresses: after some thousands, finding a port would take longer than all that is measured. */
static void come_from(int fd, struct sockaddr_in address)
{
    int one = 1;
    address.sin_port = 0;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)getpid() % 0xfffff0);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("bind");
}

static int connect_to(int type, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {.tv_sec = 30};
    int one = 1, fd = socket(AF_INET, type, 0);
    if (fd < 0)
        die("socket");
    come_from(fd, address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    if (type == SOCK_STREAM)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static uint8_t *put16(uint8_t *p, unsigned value)
{
    *p++ = (uint8_t)(value >> 8);
    *p++ = (uint8_t)value;
    return p;
}

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint8_t *put_name(uint8_t *p, const char *name)
{
    while (*name != '\0' && *name != '.') {
        size_t label = strcspn(name, ".");
        *p++ = (uint8_t)label;
        memcpy(p, name, label);
        p += label;
        name += label + (name[label] == '.');
    }
    *p++ = 0;
    return p;
}

/* A query, with the SOA of `serial` in its authority section if it is for IXFR. */
static size_t make_query(uint8_t *out, const char *name, unsigned type, uint32_t serial)
{
    uint8_t *p = out;
    memset(p, 0, HEADER);
    put16(p, 7);
    put16(p + 4, 1);
    put16(p + 8, type == IXFR);
    p = put_name(p + HEADER, name);
    p = put16(put16(p, type), 1);
    if (type != IXFR)
        return (size_t)(p - out);
    p = put16(put16(put16(p, 0xc000 | HEADER), SOA), 1);
    p = put16(put16(put16(p, 0), 0), 22);
    *p++ = 0;
    *p++ = 0;
    p = put16(put16(p, serial >> 16), serial & 0xffff);
    memset(p, 0, 16);
    return (size_t)(p + 16 - out);
}

static const uint8_t *skip_name(const uint8_t *p)
{
    while (*p != 0) {
        if (*p >= 0xc0)
            return p + 2;
        p += 1 + *p;
    }
    return p + 1;
}

/* Walks through a message; counts its records and the SOAs among them. */
static void walk(const uint8_t *wire, size_t *records, size_t *soas)
{
    const uint8_t *p = wire + HEADER;
    if ((wire[3] & 15) != 0) {
        fprintf(stderr, "drain: rcode %d\n", wire[3] & 15);
        exit(1);
    }
    for (unsigned i = get16(wire + 4); i > 0; i--)
        p = skip_name(p) + 4;
    for (unsigned i = get16(wire + 6); i > 0; i--) {
        p = skip_name(p);
        *soas += get16(p) == SOA;
        p += 10 + get16(p + 8);
        ++*records;
    }
}

/* Reads the messages of one transfer, which ends at so many SOAs. */
static size_t drain(int fd, size_t last_soa)
{
    static uint8_t buffer[1 << 18];
    size_t have = 0, records = 0, soas = 0;
    while (soas < last_soa) {
        ssize_t got = read(fd, buffer + have, sizeof buffer - have);
        if (got <= 0)
            die("read");
        have += (size_t)got;
        size_t at = 0;
        while (have - at >= 2 && have - at >= 2 + get16(buffer + at)) {
            walk(buffer + at + 2, &records, &soas);
            at += 2 + get16(buffer + at);
        }
        memmove(buffer, buffer + at, have - at);
        have -= at;
    }
    return records;
}

static size_t transfer(int port, const char *name, unsigned type, uint32_t serial)
{
    uint8_t query[600];
    size_t length = make_query(query + 2, name, type, serial);
    put16(query, (unsigned)length);
    int fd = connect_to(SOCK_STREAM, port);
    if (write(fd, query, length + 2) != (ssize_t)length + 2)
        die("write");
    size_t records = drain(fd, type == IXFR ? 4 : 2);
    close(fd);
    return records;
}

static void incremental_transfers(int port, const char *name, uint32_t serial, int count)
{
    size_t records = 0;
    for (int i = 0; i < count; i++)
        records += transfer(port, name, IXFR, serial);
    printf("%zu records\n", records);
}

/* Each process makes `count` transfers. */
static void transfers(int port, const char *name, int count, int processes)
{
    size_t records = 0;
    bool is_parent = true;
    for (int i = 1; i < processes && is_parent; i++)
        is_parent = fork() != 0;
    for (int i = 0; i < count; i++)
        records += transfer(port, name, AXFR, 0);
    if (!is_parent)
        exit(0);
    for (int i = 1, status; i < processes; i++) {
        if (wait(&status) < 0 || status != 0)
            exit(1);
    }
    printf("%zu records\n", records);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void ask_soa(int port, const char *name, double seconds)
{
    static double samples[SAMPLES_MAX];
    uint8_t query[600], answer[65536];
    size_t length = make_query(query, name, SOA, 0), count = 0, served = 0;
    int fd = connect_to(SOCK_DGRAM, port);
    for (double end = now() + seconds * 1e3; now() < end && count < SAMPLES_MAX;) {
        double begin = now();
        if (write(fd, query, length) < 0 || read(fd, answer, sizeof answer) < HEADER)
            die("soa");
        samples[count++] = now() - begin;
        served += (answer[3] & 15) == 0;
        usleep(1000);
    }
    qsort(samples, count, sizeof *samples, compare);
    printf("%.3f %.3f %zu\n", samples[count * 99 / 100], samples[count - 1], served);
}

/* One that is not answered at once is taken for lost. */
static void notify(int port, const char *pattern, double seconds, int zones)
{
    char name[300];
    uint8_t query[600], answer[65536];
    size_t accepted = 0;
    int fd = connect_to(SOCK_DGRAM, port), zone = 0, under_way = 0;
    struct timeval patience = {.tv_usec = 200000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (double end = now() + seconds * 1e3; now() < end;) {
        for (; under_way < UNDER_WAY; under_way++) {
            snprintf(name, sizeof name, pattern, 1 + zone++ % zones);
            size_t length = make_query(query, name, SOA, 0);
            query[2] = NOTIFY << 3;
            if (write(fd, query, length) < 0)
                die("notify");
        }
        if (read(fd, answer, sizeof answer) < HEADER) {
            under_way = 0;
            continue;
        }
        accepted += (answer[3] & 15) == 0;
        under_way--;
    }
    printf("%zu\n", accepted);
}

int main(int count, char **arguments)
{
    if (count < 4) {
        fprintf(stderr, "usage: drain axfr|ixfr|soa|notify PORT ZONE …\n");
        return 2;
    }
    const char *what = arguments[1], *name = arguments[3];
    int port = atoi(arguments[2]), processes = count > 5 ? atoi(arguments[5]) : 1;
    if (strcmp(what, "axfr") == 0)
        transfers(port, name, (count > 4 ? atoi(arguments[4]) : 1) / processes, processes);
    else if (strcmp(what, "ixfr") == 0)
        incremental_transfers(port, name, (uint32_t)strtoul(arguments[4], NULL, 10), count > 5 ? processes : 1);
    else if (strcmp(what, "notify") == 0 && count > 5)
        notify(port, name, atof(arguments[4]), processes);
    else
        ask_soa(port, name, atof(arguments[4]));
    return 0;
}
