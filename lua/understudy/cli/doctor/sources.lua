--- sources: whether the places can be read that zones come from: each primary is asked for the SOA of a few zones, as a
-- transfer would, and a few files of each path are opened.

local parties = require "understudy.cli.doctor.parties"
local questions = require "understudy.cli.doctor.questions"
local together = require "understudy.cli.doctor.together"
local units = require "understudy.units"

local M = {}

local FILES_MAX <const> = 1000
local PROBLEMS_SHOWN <const> = 10

-- What to do about an answer of each kind.
local ACTIONS <const> = {
  silent = "look whether it runs, and what stands between: routes, and rules of a firewall for port 53, UDP and TCP",
  unsigned = "have it know the key, or take the key out of the source in the policy",
  refused = "look whether it has the zone, and lets this machine ask for it",
}

--- Opens files, on a thread of its own. Gives what is wrong with those that can't be.
---@param paths string[]
---@return string[] problems
function M.try_files(paths)
  local problems = {}
  for _, path in ipairs(paths) do
    local file <close>, reason = io.open(path, "rb")
    problems[#problems + 1] = not file and reason or nil
  end
  return problems
end

local function look_at_files(paths, count, context, say)
  if #paths == 0 then
    return
  end
  local problems, late = together.aside(context.deadline, "understudy.cli.doctor.sources", "try_files", paths)
  if not problems then
    return say("fault", "files", "they can't be opened: " .. late, "look whether the disk hangs")
  end
  for i = 1, math.min(#problems, PROBLEMS_SHOWN) do
    say("fault", "files", problems[i] .. "; what was published of its zone stays as it is",
      "put the file there, for the daemon's user to read")
  end
  local all = #paths == count and units.count(count, "file") or ("%d of %d files"):format(#paths, count)
  say("ok", "files", ("%s looked at, %d can be opened"):format(all, #paths - #problems))
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

-- Those who are to be asked, and the files to be opened, with how many there are of all zones.
local function plan(context, say)
  local servers, paths, count, modules = {}, {}, 0, {}
  for _, party in ipairs((parties.of(context.policy))) do
    local source = party.what
    for _, primary in ipairs(party.zones[1] and source.primaries or {}) do
      questions.add(servers, setmetatable({ tcp = party.is_catalog }, { __index = primary }), party.zones)
    end
    if source.path_of then
      count = count + party.count
      for _, zone in ipairs(party.zones) do
        paths[#paths + 1] = #paths < FILES_MAX and source:path_of(zone) or nil
      end
    elseif source.module and not modules[source.module] then
      modules[source.module] = true
      say("ok", "module " .. source.module, "it is loaded; it is not asked, as what that costs is not known")
    end
  end
  return servers, paths, count
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  local servers, paths, count = plan(context, say)
  look_at_files(paths, count, context, say)
  local left_out = questions.ask(servers, context.deadline, function(entry, answer)
    tell(entry, answer, say)
  end)
  if left_out > 0 then
    say("ok", "primaries", ("%d more are not asked"):format(left_out))
  end
end

return M
