--- system: what the daemon needs of the machine: descriptors, room on the disk, and a clock that is right.

local core = require "understudy.core"
local crew = require "understudy.sync.crew"
local dns = require "understudy.server.dns"
local folder = require "understudy.store.folder"
local http = require "understudy.server.http"
local lane = require "understudy.sync.lane"
local lfs = require "lfs"
local parties = require "understudy.cli.doctor.parties"
local path = require "understudy.path"
local shell = require "understudy.shell"
local together = require "understudy.cli.doctor.together"
local units = require "understudy.units"

local M = {}

local ANYWAY <const> = 64        -- descriptors: of the store, events, timers, threads, the log
local A_RESOLVER <const> = 4
local NEARLY_ALL <const> = 0.8
local OCTETS_LEAST <const>, OCTETS_FEW <const> = 64 << 20, 512 << 20
local INODES_LEAST <const>, INODES_FEW <const> = 16, 1000
local TURNED_BACK <const> = 300  -- seconds, those of a TSIG (RFC 8945 §10)
local DAY <const> = 86400        -- by which an archive's times may be off

-- ---------------------------------------------------------------- descriptors

-- How many the daemon needs for its servers alone, and when all that can be done at the same time is.
local function descriptors_needed(policy)
  local least = ANYWAY + dns.LIMITS.connections + http.CONNECTIONS_MAX + 2 * #policy.listen
    + #(policy.tls and policy.tls.listen or {})
  local sources, targets = parties.of(policy)
  local reading, most = 0, least + A_RESOLVER * #(policy.resolver or { 1, 2, 3 })
  for _, party in ipairs(sources) do
    reading = reading + math.min(party.what.at_once or crew.A_SOURCE, math.max(party.count, 1))
  end
  for _, party in ipairs(targets) do
    most = most + math.min(party.what.at_once or lane.AT_ONCE, math.max(party.count, 1))
  end
  return least, most + math.min(reading, crew.IN_ALL)
end

-- Those that a process may have, and those that it has as far as that can be seen; this one's as the shell tells.
local function descriptors_of(pid)
  local file <close> = pid and io.open(("/proc/%d/limits"):format(pid))
  local allowed = file and (file:read "a"):match "Max open files%s+(%d+)"
  if not allowed then
    local pipe <close> = io.popen "ulimit -n"
    return tonumber((pipe:read "l"))
  end
  local count = 0
  pcall(function() -- another user's can't be seen
    for _ in lfs.dir(("/proc/%d/fd"):format(pid)) do
      count = count + 1
    end
  end)
  return tonumber(allowed), math.max(count - 2, 0)
end

local function look_at_descriptors(context, say)
  local pid = context.daemon and context.daemon.pid
  local least, most = descriptors_needed(context.policy)
  local allowed, used = descriptors_of(pid)
  local whose = used and ("the daemon may have %d"):format(allowed) or ("a daemon from here may have %d"):format(
    allowed or math.huge)
  local raise = "raise it: ulimit -n in the shell, LimitNOFILE= in a unit of systemd; then restart the daemon"
  if not allowed or allowed >= most and (used or 0) < NEARLY_ALL * allowed then
    say("ok", "descriptors", ("%s, and needs %d at most"):format(allowed and whose or "there is no limit", most))
  elseif used and used >= NEARLY_ALL * allowed then
    say("fault", "descriptors", ("%s and has %d: soon it can open nothing more"):format(whose, used), raise)
  elseif allowed < least then
    say(used and "fault" or "warning", "descriptors", ("%s, and its servers alone need %d: secondaries are sent away")
      :format(whose, least), raise)
  else
    say("warning", "descriptors", ("%s, and needs %d where everything happens at once: what can't be opened then is "
      .. "tried again"):format(whose, most), raise)
  end
end

-- ---------------------------------------------------------------- the disk

--- The room where a folder is or will be, and how much the database has of it; on a thread of its own.
---@param state string
---@return {path: string, octets: number, inodes?: number, database: integer}? found
function M.room(state)
  local place = lfs.attributes(state) and state or path.folder(state)
  local space = core.disk_space(place == "" and "." or place)
  if space then
    space.path, space.database = state, lfs.attributes(folder.database(state), "size") or 0
  end
  return space or {}
end

-- How many files can still be made, where that is counted.
local function look_at_inodes(found, what, say)
  if found.inodes and found.inodes < INODES_FEW then
    say(found.inodes < INODES_LEAST and "fault" or "warning", what, ("%d files can still be made there (inodes): "
      .. "without any nothing can be written"):format(found.inodes),
      "remove what has many small files; df -i " .. shell.word(found.path))
  end
end

local function look_at_disk(context, say)
  local found, problem = together.aside(context.deadline, "understudy.cli.doctor.system", "room", context.policy.state)
  local what = "disk of " .. context.policy.state
  if not found or not found.octets then
    return say("fault", what, problem or "it is not there", "look whether it is mounted, and whether it hangs")
  end
  local left = ("%d MiB are free"):format(found.octets // (1 << 20))
  local grow = ("make room, or move the folder; df -h %s"):format(shell.word(found.path))
  if found.octets < OCTETS_LEAST then
    say("fault", what, left .. ": soon nothing can be written, and nothing new is published", grow)
  elseif found.octets < OCTETS_FEW or found.octets < found.database then
    say("warning", what, ("%s, and the database has %d"):format(left, found.database // (1 << 20)), grow)
  else
    say("ok", what, left)
  end
  look_at_inodes(found, what, say)
end

-- ---------------------------------------------------------------- the clock

local function look_at_clock(context, say)
  local now = os.time()
  local installed = lfs.attributes(package.searchpath("understudy.version", package.path) or "", "modification")
  local ntp = "set it by NTP (timedatectl shows whether that is done), then restart the daemon"
  if installed and now < installed - DAY then
    say("fault", "clock", ("it says %s, and understudy was installed at %s: signatures (TSIG) and certificates fail")
      :format(units.time(now), units.time(installed)), ntp)
  elseif context.newest and context.newest > now + TURNED_BACK then
    say("fault", "clock", ("it says %s, and the newest publication is of %s: it was turned back, or was wrong then")
      :format(units.time(now), units.time(context.newest)), ntp)
  else
    say("ok", "clock", ("it says %s, which can be right"):format(units.time(now)))
  end
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  look_at_descriptors(context, say)
  look_at_disk(context, say)
  look_at_clock(context, say)
end

return M
