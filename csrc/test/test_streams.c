/* test_streams.c: the TCP connections of a name server, by clients on loopback. Time is what the tests say. */
#include "test_wire.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

enum { WALL = 1700000000, PATIENCE = 5000 /* milliseconds */ };

static us_streams_limits limits = {
    .connections = 8, .per_peer = 4, .queries = 100, .idle = 10, .stall = 30, .transfer = 100};

static struct server {
    us_streams *streams;
    int listener;
    struct sockaddr_in address;
    double now;
    us_streams_news news;
    bool sent[8]; /* whether the transfer of a connection is over */
} server;

static bool start(void)
{
    server = (struct server){.now = 1};
    server.address.sin_family = AF_INET;
    server.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof server.address;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    return server.listener >= 0 && bind(server.listener, (struct sockaddr *)&server.address, size) == 0 &&
           listen(server.listener, 100) == 0 &&
           getsockname(server.listener, (struct sockaddr *)&server.address, &size) == 0 &&
           us_streams_new(&limits, &server.streams) == US_OK &&
           us_streams_listen(server.streams, server.listener) == US_OK;
}

static void stop(void)
{
    us_streams_free(server.streams);
    close(server.listener);
}

/* The next event, which must come; NOTHING when it does not in time. */
static us_streams_event await(void)
{
    for (int tries = 0; tries < 1000; tries++) {
        if (us_streams_next(server.streams, server.now, WALL, &server.news))
            return server.news.event;
        double timeout = us_streams_timeout(server.streams);
        if (timeout >= 0 && timeout < 0.01) {
            server.now += timeout;
            continue;
        }
        struct pollfd wait = {.fd = us_streams_fd(server.streams), .events = POLLIN};
        if (poll(&wait, 1, PATIENCE) <= 0)
            break;
    }
    return US_STREAMS_NOTHING;
}

/* Lets the server do what there is; true if nothing comes of it. */
static bool nothing(void)
{
    for (int i = 0; i < 20; i++) {
        if (us_streams_next(server.streams, server.now, WALL, &server.news))
            return false;
    }
    return true;
}

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = PATIENCE / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connect(fd, (struct sockaddr *)&server.address, sizeof server.address) == 0 ? fd : -1;
}

/* To a server that may be gone. */
static void say(int fd, const void *data, size_t length)
{
    ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
    (void)sent;
}

/* A framed message of `length` octets, each of them `octet`. */
static void say_message(int fd, uint8_t octet, size_t length)
{
    static uint8_t framed[2 + US_MESSAGE_MAX];
    framed[0] = (uint8_t)(length >> 8);
    framed[1] = (uint8_t)length;
    memset(framed + 2, octet, length);
    say(fd, framed, 2 + length);
}

static bool hears(int fd, const void *wanted, size_t length)
{
    static uint8_t got[2 + US_MESSAGE_MAX];
    return recv(fd, got, length, MSG_WAITALL) == (ssize_t)length && memcmp(got, wanted, length) == 0;
}

static bool hears_end(int fd)
{
    char octet;
    return recv(fd, &octet, 1, 0) <= 0;
}

static bool is_query(uint8_t octet, size_t length)
{
    if (await() != US_STREAMS_QUERY || server.news.length != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (server.news.octets[i] != octet)
            return false;
    }
    return strcmp(server.news.peer, "127.0.0.1") == 0;
}

TEST(queries_and_answers)
{
    CHECK(start());
    int fd = dial();
    CHECK(fd >= 0);
    static const size_t lengths[] = {0, 1, 12, 510, 511, 4000, US_MESSAGE_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        say_message(fd, (uint8_t)i, lengths[i]);
        CHECK(is_query((uint8_t)i, lengths[i]));
        CHECK_EQ(us_streams_answer(server.streams, server.news.number, (const uint8_t *)"yes", 3), US_OK);
        CHECK(hears(fd, "\0\3yes", 5));
    }
    CHECK_EQ(us_streams_count(server.streams), 1);
    close(fd);
    CHECK(nothing());
    CHECK_EQ(us_streams_count(server.streams), 0);
    stop();
}

TEST(pipelined_and_cut)
{
    CHECK(start());
    int fd = dial();
    for (uint8_t i = 1; i <= 50; i++)
        say_message(fd, i, 20 + 30u * i);
    for (uint8_t i = 1; i <= 50; i++) {
        CHECK(is_query(i, 20 + 30u * i));
        CHECK_EQ(us_streams_answer(server.streams, server.news.number, &i, 1), US_OK);
        CHECK(hears(fd, ((uint8_t[]){0, 1, i}), 3));
    }
    static const char cut[] = "\0\5hello\0\3";
    for (size_t i = 0; i < sizeof cut - 1; i++) {
        say(fd, cut + i, 1);
        if (i == 6) {
            CHECK_EQ(await(), US_STREAMS_QUERY);
            CHECK(server.news.length == 5 && memcmp(server.news.octets, "hello", 5) == 0);
            CHECK_EQ(us_streams_drop(server.streams, server.news.number), US_OK);
        }
        CHECK(nothing());
    }
    CHECK(hears_end(fd));
    close(fd);
    stop();
}

TEST(only_what_was_asked_is_answered)
{
    CHECK(start());
    int fd = dial();
    uint8_t octet = 1;
    us_streams_news news;
    CHECK_EQ(us_streams_answer(server.streams, 0, &octet, 1), US_RANGE);
    CHECK_EQ(us_streams_drop(server.streams, 99), US_RANGE);
    CHECK_EQ(us_streams_transfer(server.streams, 0, NULL, &news), US_RANGE);
    say_message(fd, 7, 7);
    CHECK(is_query(7, 7));
    CHECK_EQ(us_streams_answer(server.streams, server.news.number + 1, &octet, 1), US_RANGE);
    CHECK(nothing()); /* nobody answers: then nobody waits */
    CHECK(hears_end(fd));
    CHECK_EQ(us_streams_count(server.streams), 0);
    close(fd);
    stop();
}

TEST(idle_ones_give_way)
{
    CHECK(start());
    int fds[6];
    for (int i = 0; i < 5; i++) {
        fds[i] = dial();
        CHECK(nothing());
    }
    CHECK_EQ(us_streams_count(server.streams), 4);
    CHECK(hears_end(fds[0]));
    for (int i = 1; i < 5; i++) {
        say_message(fds[i], 1, 100);
        CHECK_EQ(await(), US_STREAMS_QUERY);
        CHECK_EQ(us_streams_answer(server.streams, server.news.number, (const uint8_t *)"", 0), US_OK);
    }
    server.now += limits.idle - 1;
    CHECK(nothing());
    say_message(fds[2], 1, 100);
    CHECK_EQ(await(), US_STREAMS_QUERY);
    CHECK_EQ(us_streams_answer(server.streams, server.news.number, (const uint8_t *)"", 0), US_OK);
    CHECK(us_streams_timeout(server.streams) <= 1);
    server.now += 1;
    CHECK(nothing());
    CHECK_EQ(us_streams_count(server.streams), 1);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    stop();
}

TEST(so_many_queries)
{
    us_streams_limits before = limits;
    limits.queries = 3;
    CHECK(start());
    limits = before;
    int fd = dial();
    for (int i = 0; i < 3; i++) {
        say_message(fd, 1, 30);
        CHECK(is_query(1, 30));
        CHECK_EQ(us_streams_answer(server.streams, server.news.number, (const uint8_t *)"", 0), US_OK);
        CHECK(hears(fd, "\0\0", 2));
    }
    CHECK(hears_end(fd));
    close(fd);
    stop();
}

static us_zone *numbered(int count)
{
    us_text text = {.length = 0};
    us_text_string(&text, SOA_LINE "example.com. 300 NS ns.example.com.\n");
    for (int i = 0; i < count; i++)
        us_text_format(&text, "host-%d.example.com. 300 TXT \"the record with the number %d\"\n", i, i);
    us_zone *zone = text.status == US_OK ? zone_of(text.data) : NULL;
    us_text_free(&text);
    return zone;
}

/* Asks for a transfer of the zone over a connection of its own. */
static int begin_transfer(us_zone *zone)
{
    message asked = ask(0, "example.com.", US_TYPE_AXFR);
    us_query query;
    us_transfer *transfer = NULL;
    us_streams_news news;
    int fd = dial();
    put16(&asked, 0); /* room for the length before it */
    memmove(asked.wire + 2, asked.wire, asked.length - 2);
    asked.wire[0] = 0;
    asked.wire[1] = (uint8_t)(asked.length - 2);
    say(fd, asked.wire, asked.length);
    if (await() != US_STREAMS_QUERY || us_query_read(server.news.octets, server.news.length, &query) != US_OK ||
        us_transfer_new(zone, &query, &transfer) != US_OK ||
        us_streams_transfer(server.streams, server.news.number, transfer, &news) != US_OK)
        return -1;
    return fd;
}

static size_t length_at(const uint8_t *p)
{
    return (size_t)p[0] << 8 | p[1];
}

/* Reads messages until the server says that a transfer is over. Returns how many records came. */
static size_t drain(int fd, unsigned number)
{
    static uint8_t got[1 << 20];
    size_t have = 0, records = 0;
    for (;;) {
        if (us_streams_next(server.streams, server.now, WALL, &server.news) && server.news.event == US_STREAMS_SENT)
            server.sent[server.news.number] = true;
        bool over = server.sent[number];
        ssize_t more = recv(fd, got + have, sizeof got - have, MSG_DONTWAIT);
        if (more <= 0 && over)
            return records;
        have += more > 0 ? (size_t)more : 0;
        size_t at = 0;
        for (; have - at >= 12 && have - at >= 2 + length_at(got + at); at += 2 + length_at(got + at))
            records += length_at(got + at + 8);
        memmove(got, got + at, have - at);
        have -= at;
    }
}

TEST(large_transfers_beside_one_another)
{
    us_zone *zone = numbered(50000);
    CHECK(zone != NULL && start());
    int fds[3];
    unsigned numbers[3];
    for (int i = 0; i < 3; i++) {
        CHECK((fds[i] = begin_transfer(zone)) >= 0);
        numbers[i] = server.news.number;
    }
    us_zone_unref(zone); /* the transfers have it */
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(drain(fds[i], numbers[i]), 50003);
        close(fds[i]);
    }
    CHECK(nothing());
    CHECK_EQ(us_streams_count(server.streams), 0);
    stop();
}

TEST(one_that_does_not_read)
{
    us_zone *zone = numbered(200000);
    CHECK(zone != NULL && start());
    int fd = begin_transfer(zone), other;
    CHECK(fd >= 0);
    CHECK(nothing());
    other = dial();
    say_message(other, 9, 9);
    CHECK(is_query(9, 9));
    CHECK_EQ(us_streams_answer(server.streams, server.news.number, (const uint8_t *)"", 0), US_OK);
    server.now += limits.stall;
    CHECK_EQ(await(), US_STREAMS_BROKEN);
    CHECK_STR(server.news.problem, "timed out");
    CHECK_EQ(us_streams_count(server.streams), 0); /* the other one was idle for longer than it may */
    close(fd);
    close(other);
    us_zone_unref(zone);
    stop();
}

TEST(one_that_goes_away)
{
    us_zone *zone = numbered(200000);
    CHECK(zone != NULL && start());
    int fd = begin_transfer(zone);
    CHECK(fd >= 0);
    close(fd);
    CHECK_EQ(await(), US_STREAMS_BROKEN);
    CHECK_EQ(us_streams_count(server.streams), 0);
    us_zone_unref(zone);
    stop();
}

/* All come at once and are answered before epoll knows of them: the first gives way, and the others go on. */
TEST(answered_at_once)
{
    CHECK(start());
    int fds[5];
    for (uint8_t i = 0; i < 5; i++) {
        fds[i] = dial();
        say_message(fds[i], i, 20);
    }
    for (uint8_t i = 0; i < 5; i++) {
        CHECK(is_query(i, 20));
        CHECK_EQ(us_streams_answer(server.streams, server.news.number, &i, 1), US_OK);
    }
    CHECK(us_streams_timeout(server.streams) == 0);
    CHECK_EQ(us_streams_count(server.streams), 4);
    for (uint8_t i = 0; i < 5; i++)
        CHECK(hears(fds[i], ((uint8_t[]){0, 1, i}), 3));
    CHECK(nothing() && hears_end(fds[0]));
    for (uint8_t i = 1; i < 5; i++) {
        say_message(fds[i], i, 30);
        CHECK(is_query(i, 30));
        CHECK_EQ(us_streams_answer(server.streams, server.news.number, &i, 1), US_OK);
        CHECK(hears(fds[i], ((uint8_t[]){0, 1, i}), 3));
    }
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    CHECK(nothing());
    CHECK_EQ(us_streams_count(server.streams), 0);
    stop();
}

TEST(busy_ones_do_not_give_way)
{
    us_zone *zone = numbered(200000);
    CHECK(zone != NULL && start());
    int fds[4];
    for (int i = 0; i < 4; i++)
        CHECK((fds[i] = begin_transfer(zone)) >= 0);
    int extra = dial();
    CHECK_EQ(await(), US_STREAMS_FULL);
    CHECK_STR(server.news.peer, "127.0.0.1");
    CHECK(hears_end(extra));
    CHECK_EQ(us_streams_count(server.streams), 4);
    close(extra);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    us_zone_unref(zone);
    stop(); /* amid the transfers */
}

static int guest_clients[8];
static size_t guest_count;

/* A connection that another accepted and serves; -1: it has no place. */
static int join(uint64_t *place)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), fd = -1;
    if (bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &size) == 0 &&
        connect(client, (struct sockaddr *)&address, size) == 0)
        fd = accept(listener, NULL, NULL);
    close(listener);
    guest_clients[guest_count++] = client;
    if (us_streams_join(server.streams, fd, server.now, place) == US_OK)
        return fd;
    close(fd);
    return -1;
}

static bool is_shut(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, 0) == 1 && (wait.revents & POLLHUP) != 0;
}

/* Four of one peer: two over TCP, two that another serves. */
TEST(guests_share_the_limits)
{
    CHECK(start());
    uint64_t places[4];
    int fds[2] = {dial(), -1}, guests[4];
    CHECK(nothing());
    guests[0] = join(&places[0]);
    fds[1] = dial();
    CHECK(nothing());
    guests[1] = join(&places[1]);
    CHECK(guests[0] >= 0 && guests[1] >= 0);
    CHECK_EQ(us_streams_count(server.streams), 4);
    guests[2] = join(&places[2]); /* for which the one over TCP that idles longest has to go, */
    CHECK(guests[2] >= 0 && hears_end(fds[0]) && !is_shut(guests[0]));
    int more = dial(); /* and for this one a guest */
    CHECK(nothing());
    CHECK(is_shut(guests[0]) && !is_shut(guests[1]));
    CHECK_EQ(us_streams_count(server.streams), 4);
    us_streams_leave(server.streams, places[0]); /* which lost its place already */
    us_streams_rest(server.streams, places[0], server.now, true);
    CHECK_EQ(us_streams_count(server.streams), 4);
    us_streams_rest(server.streams, places[1], server.now, false);
    us_streams_rest(server.streams, places[2], server.now, false);
    server.now += limits.idle;
    CHECK(nothing());
    CHECK_EQ(us_streams_count(server.streams), 2); /* those that are busy */
    CHECK(!is_shut(guests[1]) && !is_shut(guests[2]));
    int last[2] = {join(&places[0]), join(&places[3])};
    us_streams_rest(server.streams, places[0], server.now, false);
    us_streams_rest(server.streams, places[3], server.now, false);
    uint64_t none;
    CHECK(last[0] >= 0 && last[1] >= 0 && join(&none) == -1);
    int extra = dial();
    CHECK_EQ(await(), US_STREAMS_FULL);
    us_streams_leave(server.streams, places[3]);
    close(last[1]);
    guests[3] = join(&places[3]);
    CHECK(guests[3] >= 0);
    server.now += limits.idle;
    CHECK(us_streams_timeout(server.streams) >= 0 && nothing() && is_shut(guests[3]));
    stop(); /* which shuts down those that are left */
    CHECK(is_shut(guests[1]) && is_shut(guests[2]) && is_shut(last[0]));
    const int all[] = {fds[0], fds[1], guests[0], guests[1], guests[2], guests[3], last[0], more, extra};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        close(all[i]);
    while (guest_count > 0)
        close(guest_clients[--guest_count]);
}

/* Asks over a connection of its own for what was made into a message already. */
static int ask_again(uint8_t id, const uint8_t *octets, size_t length, us_streams_news *news)
{
    int fd = dial();
    say_message(fd, id, 20);
    bool ok = is_query(id, 20) &&
              us_streams_transfer_again(server.streams, server.news.number, octets, length, news) == US_OK;
    return ok ? fd : -1;
}

TEST(transfers_that_were_made_before)
{
    CHECK(start());
    static uint8_t large[US_MESSAGE_MAX];
    uint8_t octets[300] = {1, 2, 3}, framed[302] = {1, 44, 7, 7, 3};
    us_streams_news news;
    CHECK_EQ(us_streams_transfer_again(server.streams, 0, octets, sizeof octets, &news), US_RANGE);
    int fd = ask_again(7, octets, sizeof octets, &news);
    CHECK_EQ(news.event, US_STREAMS_SENT);
    CHECK(hears(fd, framed, sizeof framed)); /* under the id of the query */
    say_message(fd, 1, 5);
    server.now += 1;
    CHECK(is_query(1, 5)); /* which has no id */
    CHECK_EQ(us_streams_transfer_again(server.streams, server.news.number, octets, sizeof octets, &news), US_RANGE);
    CHECK_EQ(us_streams_drop(server.streams, server.news.number), US_OK);
    close(fd);
    fd = dial(); /* it asks and does not read */
    do {
        say_message(fd, 7, 20);
        CHECK_EQ(await(), US_STREAMS_QUERY);
        CHECK_EQ(us_streams_transfer_again(server.streams, server.news.number, large, sizeof large, &news), US_OK);
    } while (news.event == US_STREAMS_SENT);
    CHECK_EQ(news.event, US_STREAMS_NOTHING);
    server.now += limits.stall;
    CHECK_EQ(await(), US_STREAMS_BROKEN);
    CHECK_STR(server.news.problem, "timed out");
    CHECK_EQ(us_streams_count(server.streams), 0);
    close(fd);
    stop();
}

/* After a transfer over a new connection, its end is looked for when others come, or after a moment. */
TEST(a_moment_to_leave)
{
    CHECK(start());
    uint8_t octets[12] = {0};
    us_streams_news news;
    int fds[2];
    fds[0] = ask_again(1, octets, sizeof octets, &news);
    CHECK(nothing());
    double moment = us_streams_timeout(server.streams);
    CHECK(moment > 0 && moment <= 0.001);
    say_message(fds[0], 2, 20);
    CHECK(nothing());
    server.now += 2 * moment;
    CHECK(is_query(2, 20)); /* it stays */
    CHECK_EQ(us_streams_answer(server.streams, server.news.number, octets, 1), US_OK);
    CHECK(nothing());
    say_message(fds[0], 3, 20);
    CHECK(is_query(3, 20)); /* at once from now on */
    CHECK_EQ(us_streams_answer(server.streams, server.news.number, octets, 1), US_OK);
    close(fds[0]);
    fds[1] = ask_again(1, octets, sizeof octets, &news);
    close(fds[1]);
    CHECK(nothing());
    CHECK_EQ(us_streams_count(server.streams), 1); /* it could have asked again */
    server.now += 2 * moment;
    CHECK(nothing());
    CHECK_EQ(us_streams_count(server.streams), 0);
    stop();
}

TEST(those_who_left_make_room_however_many_come)
{
    enum { CONNECTIONS = 200, ROOM = 40 };
    us_streams_limits before = limits;
    limits.connections = limits.per_peer = 100;
    CHECK(start());
    limits = before;
    uint8_t octets[12] = {0};
    us_streams_news news;
    for (int i = 0; i < CONNECTIONS; i++) {
        close(ask_again(5, octets, sizeof octets, &news));
        CHECK_EQ(news.event, US_STREAMS_SENT);
        CHECK(us_streams_count(server.streams) < ROOM);
    }
    stop();
}

int main(void)
{
    RUN(queries_and_answers);
    RUN(pipelined_and_cut);
    RUN(only_what_was_asked_is_answered);
    RUN(idle_ones_give_way);
    RUN(so_many_queries);
    RUN(large_transfers_beside_one_another);
    RUN(one_that_does_not_read);
    RUN(one_that_goes_away);
    RUN(answered_at_once);
    RUN(busy_ones_do_not_give_way);
    RUN(guests_share_the_limits);
    RUN(transfers_that_were_made_before);
    RUN(a_moment_to_leave);
    RUN(those_who_left_make_room_however_many_come);
    return test_end();
}
