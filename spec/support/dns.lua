--- Servers of one zone for tests of server/dns, and clients that ask them.
local address = require "understudy.net.address"
local core = require "understudy.core"
local dns = require "understudy.server.dns"
local loop = require "spec.support.loop"
local tcp = require "understudy.net.tcp"
local udp = require "understudy.net.udp"
local wire = require "spec.support.wire"

local M = {}

--- Who may come in, in tests.
M.LOCAL = assert(address.acl { "127.0.0.0/8", "::1" })
M.SECRET = "c2VjcmV0IG9mIHRoaXMgdGVzdA=="
M.OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3Q="
M.PATIENCE = 10 -- seconds for anything to happen

--- A zone of a bit of everything.
M.ZONE = [[
example.com. 300 IN SOA ns.example.com. admin.example.com. 7 3600 600 86400 60
example.com. 300 IN NS ns.example.com.
example.com. 300 IN NS ns.example.net.
example.com. 300 IN MX 10 mail.example.com.
example.com. 300 IN TXT "one string" "another; one"
*.example.com. 300 IN CNAME www.example.com.
_sip._udp.example.com. 300 IN SRV 1 2 3 mail.example.com.
mail.example.com. 300 IN A 192.0.2.3
mail.example.com. 300 IN AAAA 2001:db8::3
ns.example.com. 300 IN A 192.0.2.4
www.example.com. 0 IN A 192.0.2.5
]]

function M.parse(text)
  return assert(core.parse { text = text })
end

--- The records of a zone, or of what a client printed, each once, in one order and one spacing.
function M.records(text)
  local lines, seen = {}, {}
  for line in text:gmatch "[^\n]+" do
    line = line:gsub("%s+", " "):gsub(" $", "")
    if not line:find "^;" and not seen[line] then
      seen[line] = true
      lines[#lines + 1] = line
    end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

--- A version of a zone of so many numbered records; what differs between versions is all over it. Secondaries look
--- every second.
function M.changing_zone(count, serial)
  local lines = {
    ("example.com. 300 IN SOA ns.example.com. admin.example.com. %d 1 1 86400 60"):format(serial),
    "example.com. 300 IN NS ns.example.com.",
    "ns.example.com. 300 IN A 192.0.2.4",
  }
  for i = 1, count do
    local changed = i % 50 == serial % 50 and serial or 0
    lines[#lines + 1] = ("host-%d.example.com. 300 IN TXT \"record number %d as of %d\""):format(i, i, changed)
  end
  return M.parse(table.concat(lines, "\n") .. "\n")
end

function M.numbered_zone(count, serial)
  local lines = {
    ("example.com. 300 IN SOA ns.example.com. admin.example.com. %d 3600 600 86400 60"):format(serial or 7),
    "example.com. 300 IN NS ns.example.com.",
    "ns.example.com. 300 IN A 192.0.2.4",
  }
  for i = 1, count do
    lines[#lines + 1] = ("host-%d.example.com. 300 IN TXT \"record number %d\""):format(i, i)
  end
  return M.parse(table.concat(lines, "\n") .. "\n")
end

function M.key(fields)
  fields = fields or {}
  return assert(core.key {
    name = fields.name or "key.example.",
    algorithm = fields.algorithm,
    secret = fields.secret or M.SECRET,
  })
end

--- A log that remembers.
function M.new_log()
  local log = { lines = {} }
  for _, level in ipairs { "debug", "info", "warning", "error" } do
    log[level] = function(self, format, ...)
      self.lines[#self.lines + 1] = level .. ": " .. format:format(...)
    end
  end
  return log
end

--- Who may do something: those on the local host, signed with one of these keys if there are any.
function M.grant(keys)
  return { { from = M.LOCAL, keys = keys } }
end

--- Runs a test with a server of one zone; `entry` says how it is served, by default to the local host.
function M.with_server(entry, test, options)
  loop.run(function(queue)
    options = options or {}
    local log = M.new_log()
    entry.transfer = entry.transfer or M.grant(entry.keys)
    local server <close> = assert(dns.serve {
      listen = options.listen or "127.0.0.1:0",
      zones = function(name)
        return name == (entry.zone and entry.zone.origin or "example.com.") and entry or nil
      end,
      log = log,
      queue = queue,
      limits = options.limits,
      clock = options.clock,
    })
    test(server, log)
  end)
end

function M.dig(server, arguments)
  return loop.command(
    "dig +noidnout +nocookie +nostats +time=%d +tries=1 @127.0.0.1 -p %d %s", M.PATIENCE, server.port, arguments)
end

function M.rcode(output)
  return output:match "status: (%u+)"
end

function M.tsig(algorithm, name, secret)
  return ("-y %s:%s:%s"):format(algorithm, name or "key.example.", secret or M.SECRET)
end

--- The header of the answer to a question by UDP.
function M.ask_udp(server, question)
  local function match(octets)
    return octets
  end
  local octets = assert(udp.exchange(wire.question(question), "127.0.0.1", server.port, M.PATIENCE, match))
  return wire.header(octets), octets
end

function M.ask_tcp(server, question)
  return wire.header(assert(tcp.exchange(wire.question(question), "127.0.0.1", server.port, M.PATIENCE)))
end

function M.connect(server)
  return assert(tcp.connect("127.0.0.1", server.port, M.PATIENCE))
end

--- A connection without framing.
function M.connect_raw(server)
  local connection = M.connect(server)
  local raw = connection.socket
  return setmetatable({}, {
    __index = function(_, name)
      return function(_, ...)
        return raw[name](raw, ...)
      end
    end,
    __close = function()
      connection:close()
    end,
  })
end

return M
