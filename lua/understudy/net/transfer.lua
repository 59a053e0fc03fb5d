--- transfer: fetches a zone from a name server: its serial by UDP, its records over TCP (RFC 5936, RFC 1995), or both
--- over TLS (RFC 9103).
--
-- What comes is the whole zone or an error. Outside a loop the calls block.

local cqueues = require "cqueues"

local core = require "understudy.core"
local tcp = require "understudy.net.tcp"
local tls = require "understudy.net.tls"
local tsig = require "understudy.net.tsig"
local udp = require "understudy.net.udp"
local uerror = require "understudy.error"

local M = {}

local CONNECT_WITHIN <const> = 10 -- seconds
local IDLE <const> = 30           -- seconds for the next message to come
local TOTAL <const> = 7200        -- seconds for all of them
local TURN <const> = 1 << 18      -- octets until others have their turn
local SERIAL_WITHIN <const> = 2   -- seconds for a try by UDP
local SERIAL_TRIES <const> = 2

---@class understudy.net.Primary
---@field address string
---@field port integer
---@field text string
---@field key? any      TSIG (RFC 8945)
---@field tcp? boolean  the question for the SOA too goes over TCP
---@field tls? {context: any, name: string} all of it goes over TLS (RFC 9103), see understudy.net.tls

-- An error that names the primary, once.
local function about(primary, err)
  local named = err.message:find(primary.address, 1, true) == 1
  return uerror.new { code = err.code, message = named and err.message or ("%s: %s"):format(primary.text, err.message),
    temporary = true, report = err.report }
end

-- Feeds messages to `inbound` until it has all of them.
local function receive(connection, inbound, idle, total)
  local deadline, turn = cqueues.monotime() + total, 0
  while true do
    local left = deadline - cqueues.monotime()
    local octets, err = connection:read(math.min(idle, math.max(left, 0)))
    if not octets then
      return nil, err or uerror.new { code = "network", message = "the connection ended amid the transfer" }
    end
    local whole, problem = inbound:take(octets, os.time())
    if whole or problem then
      return whole, problem
    end
    turn = turn + #octets
    if turn >= TURN and cqueues.running() then
      turn = 0
      cqueues.sleep(0)
    end
  end
end

-- A connection, over TLS where the primary is reached so. There is no falling back (RFC 9103 §8).
local function connect(primary)
  local connection, err = tcp.connect(primary.address, primary.port, CONNECT_WITHIN)
  if not connection or not primary.tls then
    return connection, err
  end
  local ok, problem = connection:start_tls(primary.tls.context, CONNECT_WITHIN, primary.tls.name)
  if ok and not tls.agreed(connection:session()) then
    ok, problem = uerror.fail_temporarily("network", "the server does not speak DNS over TLS (ALPN)")
  end
  if not ok then
    connection:close()
    return nil, problem
  end
  return connection
end

-- One transfer over a connection of its own: AXFR, or IXFR from `have`.
local function attempt(primary, origin, have, limits)
  local request = core.request { kind = "transfer", origin = origin, zone = have, key = primary.key }
  local connection <close>, err = connect(primary)
  if not connection then
    return nil, err
  end
  local ok, write_err = connection:write(request.octets, IDLE)
  if not ok then
    return nil, write_err
  end
  limits = limits or {}
  local inbound <close> = request:inbound { max_records = limits.max_records, max_octets = limits.max_octets }
  local whole, problem = receive(connection, inbound, limits.idle or IDLE, limits.total or TOTAL)
  if not whole then
    return nil, problem
  end
  local zone, refused = inbound:finish()
  if not zone then
    return nil, refused
  end
  return zone, inbound.incremental
end

--- Transfers a zone. Changes are asked for where there is something to apply them to; if they cannot be
--- had or do not fit, the whole zone is.
---@param primary understudy.net.Primary
---@param origin string
---@param have? any the zone as it was last transferred
---@param limits? {max_records?: integer, max_octets?: integer, idle?: number, total?: number} seconds for the next
---  message, and for all
---@return any? zone `have` itself if that is current
---@return boolean|understudy.Error incremental
function M.fetch(primary, origin, have, limits)
  if have and have.serial then
    local zone, how = attempt(primary, origin, have, limits)
    if zone then
      return zone, how
    elseif how.code == "network" or how.code == "timeout" or how.code == "limit" then
      return nil, about(primary, how)
    end
  end
  local zone, how = attempt(primary, origin, nil, limits)
  if zone then
    return zone, how
  end
  return nil, about(primary, how)
end

-- The same over a connection.
local function soa_by_tcp(primary, origin)
  local request = core.request { kind = "soa", origin = origin, key = primary.key }
  local connection <close>, err = connect(primary)
  if not connection then
    return nil, about(primary, err)
  end
  local octets, problem
  local ok, write_err = connection:write(request.octets, CONNECT_WITHIN)
  if ok then
    octets, problem = connection:read(CONNECT_WITHIN)
  end
  if not octets then
    return nil, about(primary, write_err or problem or uerror.new { code = "network", message = "it hung up" })
  end
  local response, fault = request:read(octets, os.time())
  if not response then
    return nil, about(primary, fault)
  end
  return response
end

--- Asks for the SOA of a zone, by UDP, or over a connection where the primary is reached so.
---@param primary understudy.net.Primary
---@param origin string
---@return table? response what request:read gives
---@return understudy.Error? err
function M.soa(primary, origin)
  if primary.tls or primary.tcp then
    return soa_by_tcp(primary, origin)
  end
  local problem
  for _ = 1, SERIAL_TRIES do
    local request = core.request { kind = "soa", origin = origin, key = primary.key }
    local response, err = udp.exchange(request.octets, primary.address, primary.port, SERIAL_WITHIN,
      function(octets)
        local answer, why = request:read(octets, os.time())
        problem = why and why.code ~= "absent" and why or problem
        return answer
      end)
    if response then
      return response
    end
    problem = problem or err
  end
  return nil, about(primary, problem)
end

--- Asks for the serial of a zone.
---@param primary understudy.net.Primary
---@param origin string
---@return integer? serial
---@return understudy.Error? err
function M.serial(primary, origin)
  local response, err = M.soa(primary, origin)
  if not response then
    return nil, err
  elseif response.rcode == "NOERROR" and response.serial and response.authoritative then
    return response.serial
  end
  return uerror.fail_temporarily("refused", "%s answers a SOA query with %s", primary.text,
    response.tsig_error and tsig.told(response.tsig_error) or response.rcode ~= "NOERROR" and response.rcode
      or "no authoritative SOA")
end

return M
