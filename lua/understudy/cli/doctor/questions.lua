--- questions: asks name servers for the SOA of zones, each server for a few, and says what is wrong with the answers.

local cqueues = require "cqueues"
local together = require "understudy.cli.doctor.together"
local transfer = require "understudy.net.transfer"
local units = require "understudy.units"

local M = {}

local SERVERS_MAX <const> = 128 -- all at once
local ZONES_MAX <const> = 3

---@class understudy.DoctorQuestions
---@field server understudy.net.Primary
---@field zones string[]
---@field names string[]      of those whose server it is

---@class understudy.DoctorAnswer
---@field kind "ok"|"silent"|"key"|"unsigned"|"refused"  in the last case the key was taken, if there was one
---@field zone string         that was asked for last
---@field message string      what is wrong, after the name of the server
---@field action? string

-- What a server complains about (RFC 8945 §5.2), and what to do.
local TSIG <const> = {
  BADKEY = { "does not take the key %s: it does not know it, or not for this (BADKEY)",
    "enter the key there, by this name and algorithm; understudy key show FILE --for … prints how" },
  BADSIG = { "has another secret for the key %s (BADSIG)", "enter the same secret on both sides" },
  BADTIME = { "has another time of day than this machine, so that what the key %s signs is too old or too new "
    .. "(BADTIME)", "set both clocks by NTP" },
  BADTRUNC = { "takes no signature of the key %s that is as short (BADTRUNC)", "have it take whole signatures" },
}

--- Adds questions to a list. Those for the same server, with the same key, become one.
---@param list understudy.DoctorQuestions[] with its elements also by what they have in common
---@param server understudy.net.Primary
---@param zones string[]
---@param name? string whose server it is
function M.add(list, server, zones, name)
  local id = table.concat({ server.text, server.key and server.key.name or "", server.tls and server.tls.name or "",
    server.tcp and "tcp" or "" }, " ")
  local entry = list[id]
  if not entry then
    entry = { server = server, zones = {}, names = {} }
    list[id], list[#list + 1] = entry, entry
  end
  for _, zone in ipairs(zones) do
    if #entry.zones < ZONES_MAX and not entry.zones[zone] then
      entry.zones[zone], entry.zones[#entry.zones + 1] = true, zone
    end
  end
  if name and not entry.names[name] then
    entry.names[name], entry.names[#entry.names + 1] = true, name
  end
end

-- What came of one question.
local function judge(server, zone)
  local response, err = transfer.soa(server, zone)
  local key_name = server.key and server.key.name
  if not response and err.code == "refused" then
    return { kind = "unsigned", zone = zone, message = "answers without the signature that was asked for" }
  elseif not response then
    return { kind = "silent", zone = zone, message = "can't be asked: " .. err.message }
  elseif response.tsig_error then
    local why = TSIG[response.tsig_error] or { "refuses the key %s: " .. response.tsig_error, "look into its log" }
    return { kind = "key", zone = zone, message = why[1]:format(key_name), action = why[2] }
  elseif response.rcode ~= "NOERROR" or not response.authoritative or not response.serial then
    return { kind = "refused", zone = zone, message = ("answers the question for %s with %s"):format(zone,
      response.rcode ~= "NOERROR" and response.rcode or "no authoritative SOA") }
  end
  return { kind = "ok", zone = zone }
end

-- The first answer of a server that is not well, or the last one.
local function ask(entry)
  local answer
  for _, zone in ipairs(entry.zones) do
    answer = judge(entry.server, zone)
    if answer.kind ~= "ok" then
      break
    end
  end
  return answer
end

--- Asks, and calls tell(entry, answer) for each server in the order of the list.
---@param list understudy.DoctorQuestions[]
---@param deadline number
---@param tell fun(entry: understudy.DoctorQuestions, answer: understudy.DoctorAnswer)
---@return integer left_out servers that were not asked, as there are too many
function M.ask(list, deadline, tell)
  local asked, began = table.move(list, 1, math.min(#list, SERVERS_MAX), 1, {}), cqueues.monotime()
  local answers = together.map(asked, deadline, ask)
  for i, entry in ipairs(asked) do
    tell(entry, answers[i] or { kind = "silent", zone = entry.zones[1],
      message = ("does not answer within %s"):format(units.span(cqueues.monotime() - began)) })
  end
  return #list - #asked
end

--- The zones of an entry in a few words.
---@param entry understudy.DoctorQuestions
---@return string
function M.zones(entry)
  local more = #entry.zones - 1
  return entry.zones[1] .. (more > 0 and (" and %d more"):format(more) or "")
end

return M
