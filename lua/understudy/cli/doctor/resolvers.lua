--- resolvers: whether each answers that is asked for the addresses behind ALIAS and POOL, and of name servers.

local address = require "understudy.net.address"
local cqueues = require "cqueues"
local query = require "understudy.net.query"
local together = require "understudy.cli.doctor.together"
local units = require "understudy.units"

local M = {}

local SYSTEM <const> = "/etc/resolv.conf"
local NONE <const> = "127.0.0.1" -- whom the system's resolver asks where that names nobody (resolv.conf(5))

-- Those of the policy, or of the system.
local function servers_of(policy)
  if policy.resolver then
    return policy.resolver
  end
  local list = {}
  local file <close> = io.open(SYSTEM)
  for line in file and file:lines() or function() end do
    local ip, port = address.parse(line:match "^%s*nameserver%s+([^%s%%]+)" or "", 53)
    list[#list + 1] = ip and { address = address.canonical(ip), port = port, text = address.format(ip, port) } or nil
  end
  return list[1] and list or { { address = NONE, port = 53, text = NONE .. ":53" } }
end

local function tell(what, reply, severe, name, say)
  if not reply then
    say(severe, what, "it does not answer in time: what ALIAS and POOL lead to stays as it was seen last",
      "look whether it runs and can be reached, or name another: resolver = …")
  elseif reply.problem then
    say(severe, what, reply.problem .. ": what ALIAS and POOL lead to stays as it was seen last",
      "look whether it runs and can be reached, or name another: resolver = …")
  elseif reply.rcode == "REFUSED" then
    say(severe, what, "it refuses to look up for this machine",
      "have it let this machine ask, or name another: resolver = …")
  elseif reply.rcode ~= "NOERROR" and reply.rcode ~= "NXDOMAIN" then
    say("warning", what, ("it answers the question for %s with %s"):format(name, reply.rcode),
      "look whether it reaches others; understudy resolve NAME shows what it says of another")
  else
    say("ok", what, ("it answers within %s"):format(units.span(reply.took)))
  end
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  local policy, name = context.policy, context.alias or "."
  local servers = servers_of(policy)
  local replies = together.map(servers, context.deadline, function(server)
    local began = cqueues.monotime()
    local reply, problem = query.ask(server, name, context.alias and "A" or "NS", true)
    return { rcode = reply and reply.rcode, problem = problem, took = cqueues.monotime() - began }
  end)
  -- Who named no resolver and has no ALIAS may need none.
  local severe = (policy.resolver or context.alias) and "fault" or "warning"
  for i, server in ipairs(servers) do
    tell(server.text, replies[i], severe, name, say)
  end
end

return M
