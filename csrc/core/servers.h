/* servers.h: the name servers of a resolver. */
#ifndef US_SERVERS_H
#define US_SERVERS_H

#define CARES_NO_DEPRECATED /* what Debian 12 has is deprecated later on, and still there */
#include <ares.h>
#include <arpa/inet.h>

#include "lookup.h"

enum { US_SERVERS_MAX = 16, US_SERVER_TEXT_MAX = INET6_ADDRSTRLEN + 8 };

typedef struct us_server {
    ares_channel channel;
    bool is_open;
    int epoll;
    unsigned number;
    unsigned silent;    /* tries in a row without an answer, as far as that is counted */
    double heard_at;    /* when it answered last, monotonic */
    double rests_until; /* when it may be asked first again, if it is silent */
    char text[US_SERVER_TEXT_MAX];
} us_server;

typedef struct us_servers {
    int epoll; /* all sockets of all channels are behind it; -1: none */
    unsigned count;
    us_server list[US_SERVERS_MAX];
} us_servers;

us_status us_servers_status(int ares_status);

/* Reads the addresses and opens the channels, each for one try at a time. As us_resolver_new. */
us_status us_servers_open(us_servers *servers, const us_resolver_options *options, int timeout_ms, size_t *bad);
void us_servers_close(us_servers *servers); /* ends what is asked, by the callbacks of c-ares */

/* The first server that does not rest. */
unsigned us_servers_first(us_servers *servers, double now);

/* The next one in their order whose bit is not set in `without`; US_SERVERS_MAX: there is none. */
unsigned us_servers_next(const us_servers *servers, unsigned number, uint32_t without);

/* Notes an answer. */
void us_server_heard(us_server *server, double now);

/* Notes that a try had none. Returns whether the server has answered others meanwhile. */
bool us_server_unheard(us_server *server, double asked_at);

#endif
