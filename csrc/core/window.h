/* window.h: how many questions may be out together, so that no buffer on the way overflows.
 *
 * Only young questions count. One that is slow to be answered makes no burst, and must not hold up others: a provider
 * whose name servers are dead would take all places.
 */
#ifndef US_WINDOW_H
#define US_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum { US_WINDOW_SLOTS = 4 };

#define US_WINDOW_SLOT 0.025 /* seconds, so a question is young for 75 to 100 milliseconds */

typedef struct us_window {
    double most, size;               /* how many may be young, at most and at present */
    double period;                   /* seconds in which it becomes smaller once */
    uint64_t slot;                   /* the present slot of time */
    unsigned young[US_WINDOW_SLOTS]; /* of the questions asked in the last slots, those that are out */
    unsigned answered, lost;         /* lately, since it became smaller */
    double shrunk_at;
} us_window;

void us_window_init(us_window *window, unsigned most, double period);

/* Tells the time, monotonic seconds. */
void us_window_set_time(us_window *window, double now);

bool us_window_has_room(const us_window *window);

/* Notes that a question went out. Returns what us_window_end takes. */
uint64_t us_window_begin(us_window *window);

/* Notes that it has ended. */
void us_window_end(us_window *window, uint64_t begun);

/* Notes an answer, or that none came from a server that answers others. */
void us_window_answered(us_window *window);
void us_window_lost(us_window *window, double now);

#endif
