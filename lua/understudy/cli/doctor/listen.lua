--- listen: whether the addresses where secondaries find us are the daemon's, or could be.

local address = require "understudy.net.address"
local errno = require "cqueues.errno"
local parties = require "understudy.cli.doctor.parties"
local sockets = require "understudy.server.dns.sockets"
local units = require "understudy.units"

local M = {}

local LOOPBACK <const> = assert(address.acl { "127.0.0.0/8", "::1" })

-- Why an address can't be had: the number of the system's error, and its sentence; nothing if it can be. It is had for
-- a moment, where nobody else has it.
local function refusal(text, is_tls)
  local bound <close>, err = sockets.bind(not is_tls and text or {}, is_tls and { text } or nil)
  if bound then
    return nil
  end
  for _, code in ipairs { errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES } do
    if err.message:find(errno.strerror(code), 1, true) then
      return code, err.message
    end
  end
  return 0, err.message
end

local function look_at_right(text, policy, say)
  if policy.user then
    return say("warning", text, "this user may not listen there; the daemon may, which starts as root (user = …)",
      "run this as root to know whether it is free")
  end
  say("fault", text, "this user may not listen at a port below 1024: a daemon that it starts ends at once",
    "start the daemon as root with user = … in the policy, or give it the right to (CAP_NET_BIND_SERVICE)")
end

-- What it means that the address can't be had, where it should be the daemon's or is to become so.
local function explain(code, message, text, context, say)
  if code == errno.EADDRINUSE and context.holder and not context.daemon then
    say("warning", text, ("it is taken, probably by the process %d, which has the state folder"):format(context.holder),
      "mend what is said of the daemon first")
  elseif code == errno.EADDRINUSE then
    local port = text:match "%d+$"
    say("fault", text, "another program has it: the daemon can't listen there, and secondaries do not find it",
      ("end the other one (ss -lpn 'sport = :%s' names it), or listen elsewhere"):format(port))
  elseif code == errno.EADDRNOTAVAIL then
    say("fault", text, "this machine does not have this address: no daemon starts",
      "add it to an interface (ip address shows what there is), or correct listen in the policy")
  elseif code == errno.EACCES then
    look_at_right(text, context.policy, say)
  else
    say("fault", text, message .. ": no daemon starts", "correct listen in the policy")
  end
end

-- Whether a daemon says that it listens at an address.
local function has(daemon, endpoint, is_tls)
  for text in ((daemon and daemon[is_tls and "listen_tls" or "listen"]) or ""):gmatch "[^, ]+" do
    if text == endpoint.text or endpoint.port == 0 then
      return true
    end
  end
  return false
end

local function look_at(endpoint, is_tls, context, say)
  local text = endpoint.text .. (is_tls and " (TLS)" or "")
  local code, message = refusal(endpoint.text, is_tls)
  if has(context.daemon, endpoint, is_tls) then
    if not code and endpoint.port ~= 0 then
      say("fault", text, "the daemon was there, and is no more: secondaries do not find it", "restart the daemon")
    elseif code == errno.EADDRNOTAVAIL then
      say("fault", text, "the daemon listens there, and this machine has the address no more: nobody finds it",
        "add it to an interface again (ip address shows what there is)")
    else -- taken, or not for this user
      say("ok", text, "the daemon listens there")
    end
  elseif context.daemon and not context.daemon.listen and (not code or code == errno.EADDRINUSE) then
    say("warning", text, "the daemon waits for its store, and serves nobody before it has that",
      "mend what is said of the store first")
  elseif code then
    explain(code, message, endpoint.text, context, say)
  elseif context.daemon then
    say("warning", text, "the daemon does not listen there; it goes by an older policy", "restart the daemon")
  else
    say("ok", text, "it is free for the daemon")
  end
end

-- Whether all of some addresses are this machine's own.
local function all_local(endpoints)
  for _, endpoint in ipairs(endpoints) do
    if not LOOPBACK:match(endpoint.address) then
      return false
    end
  end
  return true
end

-- Names of targets elsewhere, which a daemon that listens here alone can't serve.
local function look_at_reach(policy, say)
  local tls = policy.tls and policy.tls.listen or {}
  if not (all_local(policy.listen) and all_local(tls)) then
    return
  end
  local names = {}
  for _, party in ipairs(select(2, parties.of(policy))) do
    local notify = party.what.notify
    names[#names + 1] = type(notify) == "table" and not all_local(notify) and party.what.name or nil
  end
  if #names > 0 then
    say("warning", policy.listen[1].text, ("only this machine reaches it, and %s elsewhere (%s)"):format(
      units.count(#names, "target is", "targets are"), table.concat(names, ", ", 1, math.min(#names, 3))),
      "listen at an address that they reach, unless something between passes their transfers on")
  end
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  local policy = context.policy
  for _, endpoint in ipairs(policy.listen) do
    look_at(endpoint, false, context, say)
  end
  for _, endpoint in ipairs(policy.tls and policy.tls.listen or {}) do
    look_at(endpoint, true, context, say)
  end
  look_at_reach(policy, say)
end

return M
