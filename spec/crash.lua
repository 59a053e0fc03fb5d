--- crash: kills the daemon under load, as long as one likes: lua5.4 spec/crash.lua KILLS [postgresql]. Without
--- "postgresql" the state is in a file. A small number of kills is in spec/crash_spec.lua.
local crash = require "spec.support.crash"
local cqueues = require "cqueues"

local server <close> = arg[2] == "postgresql" and require("spec.support.postgresql").start() or nil
local store = server and ("store = postgresql %q,"):format(server:database():gsub("^postgresql ", "")) or nil
local began = cqueues.monotime()
local crashes = crash.run(math.tointeger(tonumber(arg[1] or 20)), store)
print(("%d kills in %.0f s, %d of them after a publication, %d versions, serials up to %d, %d orders, "
  .. "slowest start %.2f s"):format(crashes.kills, cqueues.monotime() - began, crashes.busy, crashes.versions,
  crashes.serial, crashes.orders, crashes.slowest_start))
