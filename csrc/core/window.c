/* window.c: a loss makes the window half as large, once in the time of a try; each answer lets it grow again, by one for
 * each time it goes round. A few losses are none: some targets are never answered for.
 */
#include "window.h"

#include <string.h>

enum {
    LEAST = 8,     /* the smallest window */
    FEW = 16,      /* one loss for so many answers is none */
    MEMORY = 1024, /* answers after which old ones count half */
};

void us_window_init(us_window *window, unsigned most, double period)
{
    *window = (us_window){.most = most, .size = most, .period = period};
}

void us_window_set_time(us_window *window, double now)
{
    uint64_t slot = (uint64_t)(now / US_WINDOW_SLOT);
    uint64_t passed = slot - window->slot;
    if (passed >= US_WINDOW_SLOTS)
        memset(window->young, 0, sizeof window->young);
    for (; passed > 0 && passed < US_WINDOW_SLOTS; passed--)
        window->young[(slot - passed + 1) % US_WINDOW_SLOTS] = 0;
    window->slot = slot;
}

bool us_window_has_room(const us_window *window)
{
    unsigned young = 0;
    for (unsigned i = 0; i < US_WINDOW_SLOTS; i++)
        young += window->young[i];
    return young < window->size;
}

uint64_t us_window_begin(us_window *window)
{
    window->young[window->slot % US_WINDOW_SLOTS]++;
    return window->slot;
}

void us_window_end(us_window *window, uint64_t begun)
{
    if (window->slot - begun < US_WINDOW_SLOTS)
        window->young[begun % US_WINDOW_SLOTS]--;
}

void us_window_answered(us_window *window)
{
    window->size += 1 / window->size;
    if (window->size > window->most)
        window->size = window->most;
    if (++window->answered == MEMORY) {
        window->answered /= 2;
        window->lost /= 2;
    }
}

void us_window_lost(us_window *window, double now)
{
    window->lost++;
    if (window->lost <= window->answered / FEW || now - window->shrunk_at < window->period)
        return;
    window->size = window->size > 2 * LEAST ? window->size / 2 : LEAST;
    window->shrunk_at = now;
    window->answered = window->lost = 0;
}
