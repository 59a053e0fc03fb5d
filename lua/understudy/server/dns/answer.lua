--- answer: decides what a query gets, and does nothing else: no sockets, no time of its own.
--
-- A hidden primary answers its secondaries' SOA, AXFR and IXFR queries and its sources' NOTIFYs, and
-- refuses all else.

local access = require "understudy.server.dns.access"
local core = require "understudy.core"
local packed = require "understudy.server.dns.packed"

local M = {}

local UDP_MAX <const> = 1232 -- octets of an incremental transfer by UDP: no fragments on any usual path

---@class understudy.server.Zone what may be asked about one zone, and by whom
---@field zone? any                  the snapshot to serve; nil as long as there is none
---@field released? any|false         the one for all who are no canaries, if that is another; false: there is none yet
---@field delta? fun(serial: integer): any  the diff from that serial to the snapshot, if it is known
---@field transfer? understudy.server.Grant[] who may ask for SOA and transfers; nil: nobody
---@field notify? understudy.server.Grant[] who may send NOTIFY; nil: nobody
---@field on_notify? fun(from: string, serial: integer?)

---@class understudy.server.Question
---@field octets string
---@field from string   address of the peer
---@field udp boolean
---@field tls? boolean
---@field now number
---@field memory? understudy.server.Packed by TCP

---@class understudy.server.Answer
---@field octets? string   the answer; with no transfer either there is none
---@field transfer? any    the messages of a transfer, see core; or its one message
---@field summary? string   what is transferred, for the log
---@field notified? function called once the answer to a NOTIFY is on its way
---@field refused? string  why, for the log
---@field failed? string   the same, when the fault is ours

local function refuse(query, now, rcode, reason, ...)
  return { octets = query:error(rcode, now), refused = reason:format(...) }
end

local function fail(query, now, reason, ...)
  return { octets = query:error("SERVFAIL", now), failed = reason:format(...) }
end

local function notify(query, question, entry)
  local rcode, why = access.forbids(entry.notify, query, question)
  if rcode then
    return refuse(query, question.now, rcode, "%s", why)
  end
  return {
    octets = query:notify_reply(question.now),
    notified = entry.on_notify and function()
      entry.on_notify(question.from, query.serial)
    end,
  }
end

local function soa(query, question, entry)
  local octets, err = query:soa(entry.zone, question.now)
  if not octets then
    return fail(query, question.now, "no SOA: %s", err)
  end
  if question.udp and #octets > query.udp_size then
    octets = query:truncated(question.now)
  end
  return { octets = octets }
end

-- RFC 1995 §2: a client that has this version or a newer one gets the SOA alone.
local function is_current(query, kind, zone)
  local order = kind == "IXFR" and core.serial_compare(query.serial, zone.serial)
  return order and order >= 0
end

-- What the client lacks, where that is known.
local function delta_of(query, kind, entry)
  return kind == "IXFR" and entry.delta and entry.delta(query.serial) or nil
end

-- RFC 1995 §2: by UDP the client gets what it lacks if that fits, else the SOA, and comes back by TCP.
local function incremental_by_udp(query, question, entry)
  local delta = delta_of(query, "IXFR", entry)
  local messages <close> = delta and query:transfer(entry.zone, delta)
  local octets = messages and messages:next(question.now, math.min(query.udp_size, UDP_MAX))
  if octets and messages.done then
    return { octets = octets }
  end
  return soa(query, question, entry)
end

-- What is transferred, for the log.
local function summary(zone, delta)
  local what = delta and ("changes from serial %d to"):format(delta.from) or "transfer of serial"
  return ("%s %s %d"):format(zone.origin, what, zone.serial)
end

-- A transfer in one message, which is remembered for all who ask in the same words; else its messages.
local function pack(query, question, zone, messages, about)
  local message = messages:next(question.now)
  if not messages.done then
    return query:transfer(zone)
  end
  question.memory:add(question.octets, { name = zone.origin, zone = zone, summary = about, transfer = message })
  return message
end

local function transfer(query, kind, question, entry, grants)
  if grants.tls and not question.tls then
    return refuse(query, question.now, "REFUSED", "this client's transfers need TLS")
  elseif is_current(query, kind, entry.zone) then
    return soa(query, question, entry)
  elseif question.udp and kind == "IXFR" then
    return incremental_by_udp(query, question, entry)
  elseif question.udp then
    return refuse(query, question.now, "REFUSED", "a transfer needs TCP") -- RFC 5936 §4.2
  end
  local zone, delta = entry.zone, delta_of(query, kind, entry)
  local messages, err = query:transfer(zone, delta)
  if not messages then
    return fail(query, question.now, "no transfer: %s", err)
  end
  local about = summary(zone, delta)
  if question.memory and kind == "AXFR" and not query.key_name and packed.takes(zone) then
    messages = pack(query, question, zone, messages, about)
  end
  return { transfer = messages, summary = about }
end

local KINDS <const> = { SOA = true, AXFR = true, IXFR = true }

-- What a peer gets to see of a zone. No delta leads to what is not the newest.
local function view(entry, grants)
  if entry.released == nil or grants.canary then
    return entry
  end
  return { zone = entry.released or nil }
end

local function serve(query, kind, question, entry)
  local rcode, why = access.forbids(entry.transfer, query, question)
  if rcode then
    return refuse(query, question.now, rcode, "%s", why)
  end
  entry = view(entry, why)
  if not entry.zone then
    return fail(query, question.now, "the zone has not been published yet")
  end
  if kind == "SOA" then
    return soa(query, question, entry)
  end
  return transfer(query, kind, question, entry, why)
end

--- Answers a message.
---@param question understudy.server.Question
---@param zones fun(name: string): understudy.server.Zone?
---@return understudy.server.Answer? answer nil: drop it
---@return any query
function M.answer(question, zones)
  local query, now = core.query(question.octets), question.now
  if not query then
    return nil
  end
  if question.tls then
    query:pad()
  end
  local name, kind, class, opcode = query:question()
  local is_notify = opcode == "notify"
  if query.malformed then
    return refuse(query, now, "FORMERR", "malformed"), query
  elseif query.edns_version and query.edns_version > 0 then
    return refuse(query, now, "BADVERS", "EDNS version %d", query.edns_version), query
  elseif not is_notify and opcode ~= "query" then
    return refuse(query, now, "NOTIMP", "opcode"), query
  elseif class ~= "IN" or not KINDS[kind] or (is_notify and kind ~= "SOA") then
    return refuse(query, now, "REFUSED", "not served here"), query
  end
  local entry = zones(name)
  if not entry then
    return refuse(query, now, "NOTAUTH", "no such zone"), query
  end
  if is_notify then
    return notify(query, question, entry), query
  end
  return serve(query, kind, question, entry), query
end

--- The answer to a query over TCP that somebody asked for in the same words before: a whole transfer of what this peer
--- may have now. Nil: it gets something else, see M.answer.
---@param octets string
---@param from string address of the peer
---@param zones fun(name: string): understudy.server.Zone?
---@param memory understudy.server.Packed
---@return understudy.server.Answer?
function M.again(octets, from, zones, memory)
  local known = memory:find(octets)
  local entry = known and zones(known.name)
  if not entry then
    return nil
  end
  local rcode, grants = access.forbids_unsigned(entry.transfer, from)
  local may = not rcode and not grants.tls
  return may and rawequal(view(entry, grants).zone, known.zone) and known or nil
end

return M
