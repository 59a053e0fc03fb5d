--- sources: whether the places can be read that zones come from: each primary is asked for the SOA of a few zones, as a
-- transfer would, and a few files of each folder are opened.

local parties = require "understudy.cli.doctor.parties"
local questions = require "understudy.cli.doctor.questions"
local together = require "understudy.cli.doctor.together"
local units = require "understudy.units"

local M = {}

-- What to do about an answer of each kind.
local ACTIONS <const> = {
  silent = "look whether it runs, and what stands between: routes, and rules of a firewall for port 53, UDP and TCP",
  unsigned = "have it know the key, or take the key out of the source in the policy",
  refused = "look whether it has the zone, and lets this machine ask for it",
}

--- Opens files, on a thread of its own. Gives why not, for those that can't be.
---@param paths string[]
---@return table<string, string>
function M.try_files(paths)
  local problems = {}
  for _, path in ipairs(paths) do
    local file <close>, reason = io.open(path, "rb")
    if not file or not file:read(0) and file:seek "end" ~= 0 then
      problems[path] = reason or path .. ": it can't be read"
    end
  end
  return problems
end

local function look_at_files(party, context, say)
  local source, paths = party.what, {}
  for i, zone in ipairs(party.zones) do
    paths[i] = source:path_of(zone)
  end
  local problems, late = together.aside(context.deadline, "understudy.cli.doctor.sources", "try_files", paths)
  local what = ("file %s"):format(source.path)
  if not problems then
    return say("fault", what, "it can't be read: " .. late, "look whether the disk hangs")
  end
  for _, path in ipairs(paths) do
    if problems[path] then
      return say("fault", what, problems[path] .. "; what was published of its zone stays as it is",
        "put the file there, for the daemon's user to read")
    end
  end
  say("ok", what, ("%s of %d opened"):format(units.count(#paths, "file"), party.count))
end

-- A server was asked.
local function tell(entry, answer, say)
  local what, key = "primary " .. entry.server.text, entry.server.key
  if answer.kind == "ok" then
    say("ok", what, ("it answers for %s%s"):format(questions.zones(entry),
      key and (", and takes the key %s"):format(key.name) or ""))
  else
    say("fault", what, ("it %s; what was published stays as it is"):format(answer.message),
      answer.action or ACTIONS[answer.kind])
  end
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  local servers = {}
  for _, party in ipairs((parties.of(context.policy))) do
    local source = party.what
    for _, primary in ipairs(party.zones[1] and source.primaries or {}) do
      questions.add(servers, setmetatable({ tcp = party.is_catalog }, { __index = primary }), party.zones)
    end
    if source.path_of and party.zones[1] then
      look_at_files(party, context, say)
    elseif source.module then
      say("ok", "module " .. source.module, "it is loaded; it is not asked, as what that costs is not known")
    end
  end
  local left_out = questions.ask(servers, context.deadline, function(entry, answer)
    tell(entry, answer, say)
  end)
  if left_out > 0 then
    say("ok", "primaries", ("%d more are not asked"):format(left_out))
  end
end

return M
