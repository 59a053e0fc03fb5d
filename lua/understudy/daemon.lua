--- daemon: puts the rooms together and keeps them running until a signal ends it.

local cqueues = require "cqueues"
local signal = require "cqueues.signal"

local access = require "understudy.server.dns.access"
local address = require "understudy.net.address"
local alias = require "understudy.policy.alias"
local clock = require "understudy.clock"
local core = require "understudy.core"
local control = require "understudy.server.http.control"
local descriptors = require "understudy.descriptors"
local dns = require "understudy.server.dns"
local expand = require "understudy.expand"
local file_events = require "understudy.net.file_events"
local folder = require "understudy.store.folder"
local http = require "understudy.server.http"
local judge = require "understudy.sync.judge"
local lock = require "understudy.store.lock"
local log = require "understudy.log"
local online = require "understudy.check.online"
local patience = require "understudy.patience"
local reloader = require "understudy.reloader"
local resolver = require "understudy.net.resolver"
local store = require "understudy.store"
local sync = require "understudy.sync"
local task = require "understudy.task"
local name_servers = require "understudy.verify.name_servers"
local udp = require "understudy.net.udp"
local uerror = require "understudy.error"
local version = require "understudy.version"

local M = {}

local GARBAGE_PAUSE <const> = 120 -- percent of what is in use, until the next collection begins

local function texts(endpoints)
  local list = {}
  for i, endpoint in ipairs(endpoints) do
    list[i] = address.format(endpoint.address, endpoint.port)
  end
  return list
end

-- Something of each object that is asked for, made once.
local function once(make)
  return setmetatable({}, { __mode = "k", __index = function(known, object)
    known[object] = make(object) or false
    return known[object]
  end })
end

-- Who may do what with a zone, and what is to be known of it.
local function new_entry(setting, grants, synced)
  local name, source = setting.name, setting.source
  return {
    transfer = grants.of_targets[setting.targets],
    notify = grants.of_source[source] or nil,
    withdrawn = source.withdrawn and function()
      return source:withdrawn(name)
    end,
    delta = function(serial)
      return synced:delta(name, serial)
    end,
    on_notify = function()
      synced:mark(name, "NOTIFY")
    end,
  }
end

-- The zones of a policy as the DNS server sees them, by name. There are many, so they are made when somebody asks, and
-- forgotten when nobody did for a while.
local function entries(synced)
  local grants = { of_targets = once(access.of_targets), of_source = once(access.of_source) }
  return setmetatable({}, { __mode = "v", __index = function(known, name)
    local setting = synced:setting(name)
    known[name] = setting and new_entry(setting, grants, synced)
    return rawget(known, name)
  end })
end

-- What the DNS server asks for: the zone by its name, as it is published at that moment.
local function zones_of(host, synced)
  return function(name)
    local entry = host.entries[name]
    if entry then
      local publication = synced:publication(name)
      local gone = not publication or entry.withdrawn and entry.withdrawn()
      entry.zone = not gone and publication.zone or nil
      entry.released = nil
      if not gone and synced:released(name) ~= publication then
        entry.released = (synced:released(name) or {}).zone or false
      end
    end
    return entry
  end
end

-- A list of things that are closed at the end of a scope, last first.
local function closing()
  return setmetatable({}, { __close = function(things)
    for i = #things, 1, -1 do
      things[i]:close()
    end
  end })
end

-- What other processes and people know this one by.
local function worker_name()
  local file <close> = io.open("/proc/sys/kernel/hostname", "rb")
  return ("%s-%s"):format(file and file:read "l" or "host", lock.pid() or 0)
end

-- Opens the store; at a database server with a second connection, see understudy.sync.lease.
local function open_store(policy, host, things)
  local problem
  for _, name in ipairs { "store", policy.store and "lease_store" } do
    host[name], problem = host.open_store()
    if not host[name] then
      return nil, problem
    end
    things[#things + 1] = host[name]
  end
  return true
end

-- Opens all that the daemon needs, in the order in which each needs those before it. Without `serving`
-- secondaries can't transfer.
local function open(policy, host, things, serving)
  local ok, problem = open_store(policy, host, things)
  if not ok then
    return nil, problem
  end
  policy, problem = expand.by_store(policy, host.store)
  if not policy then
    return nil, problem
  end
  expand.remember(host.store, policy, host.log)
  host.policy = policy
  host.resolver, problem = resolver.new(alias.resolver_of(policy))
  if not host.resolver then
    return nil, problem
  end
  things[#things + 1] = { close = function()
    host.resolver:close() -- whichever it is by then
  end }
  host.answers = judge.answers(policy)
  -- The lock of the state folder says that no other process has the file.
  host.alone, host.worker_name = not policy.store, worker_name()
  local synced
  synced, problem = sync.new(policy, host)
  if not synced or not serving then
    return synced, problem
  end
  host.entries = entries(synced)
  local server
  server, problem = dns.serve {
    listen = texts(policy.listen),
    listen_tls = policy.tls and texts(policy.tls.listen),
    sockets = host.sockets,
    tls = policy.tls and policy.tls.context,
    zones = zones_of(host, synced),
    log = host.log,
    clock = host.clock,
  }
  if not server then
    return nil, problem
  end
  things[#things + 1] = server
  return synced, server
end

-- The addresses on which secondaries find us, with the port that 0 became.
local function listens(policy, server)
  local list = texts(policy.listen)
  list[1] = address.format(policy.listen[1].address, server.port)
  return table.concat(list, ", ")
end

-- Starts to work; the zones are given back before the store is closed.
local function begin(synced, things)
  local ok, err = synced:start()
  things[#things + 1] = ok and { close = function()
    synced:finish()
  end }
  return ok, err
end

local function serve(policy, host, ready)
  local things <close> = closing()
  local ending, started, listen = signal.listen(signal.SIGTERM, signal.SIGINT), host.clock.now(), nil
  local function describe()
    return {
      version = version, pid = lock.pid(), since = started, listen = listen,
      listen_tls = policy.tls and table.concat(texts(policy.tls.listen), ", "),
    }
  end
  if policy.store then
    function host.open_store()
      return patience.open(policy, host, ending, describe)
    end
  end
  local synced, server = open(policy, host, things, true)
  if not synced then
    return server == nil or nil, server
  end
  policy = host.policy
  listen = listens(policy, server)
  local policies = reloader.new(policy, synced, host, function(new)
    host.entries, host.servers = entries(synced), new.resolver
    server.tls = new.tls and new.tls.context
  end)
  local answer = control.new(synced, function()
    local description = describe()
    description.policy, description.served = policies:describe(), server:served()
    return description
  end, function(who, dry)
    return policies:reload(who, dry)
  end)
  local api, err = http.serve(folder.socket(policy.state), answer, host.log)
  if not api then
    return nil, err
  end
  things[#things + 1] = api
  local ok, problem = begin(synced, things)
  if not ok then
    return nil, problem
  end
  ready { zones = #policy.zones, listen = listen }
  host.spawn("catalogs", function()
    policies:follow_catalogs()
  end)
  host.spawn("reload on SIGHUP", function()
    local hangup = signal.listen(signal.SIGHUP)
    while true do
      hangup:wait()
      policies:reload("SIGHUP", false)
    end
  end)
  ending:wait()
  host.log:info("stopping")
  return true
end

-- Runs the loop until the main task has a result; other tasks end with the process.
local function loop(queue, host, main)
  local ended, result, problem
  host.spawn("main", function()
    local done, ok, err = xpcall(main, debug.traceback)
    if done then
      result, problem = ok, err
    else
      result, problem = nil, uerror.from(ok)
    end
    ended = true
  end)
  while not ended do
    local ok, err = queue:step()
    if not ok then
      host.log:error("a task failed: %s", tostring(err))
    end
  end
  return result, problem
end

-- Binds what only the superuser may bind, and then is the superuser no more.
local function give_up_rights(policy)
  if not policy.user then
    return nil
  end
  local sockets, err = dns.bind(texts(policy.listen), policy.tls and texts(policy.tls.listen))
  if not sockets then
    return nil, err
  end
  local ok, problem = core.become(policy.user)
  if not ok then
    sockets:close()
    return nil, problem
  end
  return sockets
end

-- Prepares the state folder and the loop, and runs `main(host)` in it as the only daemon of the folder.
local function alone(policy, logger, main)
  local room, narrow = descriptors.check()
  if not room then
    return nil, narrow
  end
  local sockets, unbound = give_up_rights(policy)
  if unbound then
    return nil, unbound
  end
  local held <close>, err = lock.take(policy.state)
  if not held then
    return nil, err
  end
  -- Most of what there is stays; by default as much again could be garbage.
  collectgarbage("setpause", GARBAGE_PAUSE)
  -- Blocked before any thread starts, so that the loop and nothing else hears of them.
  signal.block(signal.SIGTERM, signal.SIGINT)
  signal.ignore(signal.SIGPIPE)
  local queue = cqueues.new()
  local host = {
    clock = clock.system(),
    log = logger,
    random = math.random,
    exchange = udp.exchange,
    file_events = file_events.open,
    sockets = sockets,
    predecessor = held:predecessor(),
    announce = function(worker)
      held:announce(worker)
    end,
    servers = policy.resolver,
  }
  function host.open_store()
    local target, lost = folder.store(policy)
    if not target then
      return nil, lost
    end
    return store.open(target, host.clock, host.spawn)
  end
  host.look_outside = function(zone)
    return online.run(zone, { servers = host.servers })
  end
  host.look_at_name_servers = function(zone, known)
    local resolvers
    for i, server in ipairs(host.servers or {}) do
      resolvers = resolvers or {}
      resolvers[i] = server.text
    end
    return name_servers.inspect_all(zone, { known = known, resolvers = resolvers })
  end
  host.spawn = function(name, fn)
    task.spawn(queue, name, fn, host.log)
  end
  return loop(queue, host, function()
    return main(host)
  end)
end

--- Runs until SIGTERM or SIGINT. SIGHUP has it read the policy again.
---@param policy understudy.Policy
---@param logger table where events go
---@param ready fun(what: {zones: integer, listen: string}) called once secondaries can transfer
---@return boolean? ok
---@return understudy.Error? err
function M.run(policy, logger, ready)
  signal.block(signal.SIGHUP) -- as the others below
  return alone(policy, logger, function(host)
    return serve(policy, host, ready)
  end)
end

--- Answers a request as the daemon would that does not run now. Without `work` zones are looked at and marked only;
--- with it they go their way meanwhile.
---@param policy understudy.Policy
---@param request {method: string, path: string, body?: table}
---@param work boolean
---@return table? answer
---@return understudy.Error? err
function M.answer(policy, request, work)
  return alone(policy, log.new { level = "error" }, function(host)
    local things <close> = closing()
    local synced, problem = open(policy, host, things, work)
    if not synced then
      return nil, problem
    end
    if work then
      local ok, err = begin(synced, things)
      if not ok then
        return nil, err
      end
    end
    local _, answer = control.new(synced, function()
      return { version = version }
    end)(request.method, request.path, request.body)
    return not answer.error and answer or nil, answer.error and uerror.new(answer.error)
  end)
end

--- Brings zones to their targets once, and ends when each target serves its zones or has failed.
---@param policy understudy.Policy
---@param zone_names string[]
---@param seconds number at most for a zone
---@param given? table[] what changed in each, see understudy.sync.orders
---@return table[]? statuses as understudy.sync gives them
---@return understudy.Error? err
function M.once(policy, zone_names, seconds, given)
  return alone(policy, log.new { level = "error" }, function(host)
    local things <close> = closing()
    local synced, problem = open(policy, host, things, true)
    if not synced then
      return nil, problem
    end
    local ok, err = begin(synced, things)
    if not ok then
      return nil, err
    end
    local tickets, list = {}, {}
    for i, name in ipairs(zone_names) do
      tickets[i], err = synced:ask(name, given)
      if not tickets[i] then
        return nil, err
      end
    end
    for i, name in ipairs(zone_names) do
      local settled = synced:settle(name, tickets[i], seconds)
      list[i] = synced:zone_status(name)
      list[i].settled = settled
    end
    return list
  end)
end

return M
