/* unpreload.c: preloaded together with a sanitizer's runtime into Lua, it keeps both out of the programs that Lua
 * starts.
 */
#include <stdlib.h>

__attribute__((constructor)) static void unpreload(void)
{
    unsetenv("LD_PRELOAD");
}
