--- targets: whether the name servers answer that zones go to, and take the key by which they are told of changes. What
-- they serve is for understudy verify to compare.

local cli_policy = require "understudy.cli.policy"
local parties = require "understudy.cli.doctor.parties"
local questions = require "understudy.cli.doctor.questions"

local M = {}

local SILENT <const> = "look whether it runs, and what stands between: routes, and rules of a firewall for port 53"

-- Which of the zones that are asked for all targets may have by now, as a set.
local function released(context, lists)
  local names, known = {}, {}
  for _, list in ipairs(lists) do
    for _, entry in ipairs(list) do
      table.move(entry.zones, 1, #entry.zones, #names + 1, names)
    end
  end
  local store <close> = context.readable and #names > 0 and cli_policy.store(context.policy) or nil
  for name, row in pairs(store and store:zones(names) or {}) do
    known[name] = row.released
  end
  return known
end

local function server_of(endpoint, key, tcp)
  return { address = endpoint.address, port = endpoint.port, text = endpoint.text, key = key, tcp = tcp }
end

-- Whom to ask as anybody would, and whom by the key that NOTIFY or updates are signed with.
local function plan(context)
  local open, signed = {}, {}
  for _, party in ipairs(select(2, parties.of(context.policy))) do
    local target = party.what
    local server = target.server
    local key = target.keys and target.keys[1] or server and server.key
    if party.zones[1] then
      local open_key = party.is_catalog and key or nil -- Knot DNS tells that serial to nobody else
      questions.add(open, server_of(target.serve, open_key, party.is_catalog), party.zones, target.name)
      for _, endpoint in ipairs(key and (target.notify or { server }) or {}) do
        questions.add(signed, server_of(endpoint, key), party.zones, target.name)
      end
    end
  end
  return open, signed
end

local function what_of(entry)
  return ("%s %s"):format(table.concat(entry.names, ", ", 1, math.min(#entry.names, 3)), entry.server.text)
end

local function tell(entry, answer, is_released, say)
  local what = what_of(entry)
  if answer.kind == "ok" then
    say("ok", what, ("it answers for %s"):format(questions.zones(entry)))
  elseif answer.kind ~= "refused" then
    say("fault", what, ("it %s; what it serves is not known"):format(answer.message), answer.action or SILENT)
  elseif is_released then
    say("fault", what, ("it %s, which was published: resolvers that come to it get nothing"):format(answer.message),
      "enter the zone there, with this machine as its primary; understudy status says how its transfers go")
  else
    say("warning", what, ("it %s, of which nothing was published for it yet"):format(answer.message),
      "enter the zone there, with this machine as its primary, if that was not done")
  end
end

-- What became of a question that was signed. A server that only takes NOTIFY answers no questions.
local function tell_signed(entry, answer, serves, say)
  local what, key = what_of(entry), entry.server.key
  if answer.kind == "ok" or answer.kind == "refused" then
    say("ok", what, ("it takes the key %s"):format(key.name))
  elseif answer.kind == "key" then
    say("fault", what, ("it %s: it takes no NOTIFY from us, and hears of changes late"):format(answer.message),
      answer.action)
  elseif not serves then
    say("warning", what, ("it %s, so whether it takes the key %s is not known; it may take NOTIFY alone"):format(
      answer.message, key.name), "understudy status says whether it does")
  elseif answer.kind == "unsigned" then
    say("warning", what, ("it %s, so whether it takes the key %s is not known"):format(answer.message, key.name),
      "understudy status says whether it takes NOTIFY; if not, enter the key there")
  end
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  local open, signed = plan(context)
  local known, serves, all = released(context, { open }), {}, {}
  for _, list in ipairs { open, signed } do
    for _, entry in ipairs(list) do
      all[#all + 1] = entry
      serves[entry.server.text] = serves[entry.server.text] or list == open
      entry.is_open = list == open
    end
  end
  local left_out = questions.ask(all, context.deadline, function(entry, answer)
    if entry.is_open then
      tell(entry, answer, known[answer.zone] ~= nil, say)
    else
      tell_signed(entry, answer, serves[entry.server.text], say)
    end
  end)
  if left_out > 0 then
    say("ok", "name servers", ("%d more are not asked"):format(left_out))
  end
end

return M
