--- styles: random zones, each as records in plain form and as the same records in many styles of writing: relative
--- names, $ORIGIN and $TTL, escapes, letter case, units, parentheses, comments, classes, types by number and \#.
---
--- Three manners, because name servers differ in what they read: "common" is read by all of them, "free" by all but
--- ldns, "wild" by BIND.

local understudy = require "understudy"

local M = { origin = "example.com.", manners = { "common", "free", "wild" } }

local RECORDS <const> = 40

local random <const> = math.random

local function pick(list)
  return list[random(#list)]
end

local function chance(percent)
  return random(100) <= percent
end

local function repeated(least, most, fn)
  local list = {}
  for i = 1, random(least, most) do
    list[i] = fn()
  end
  return list
end

-- ------------------------------------------------------------------ values

local LABELS <const> = {
  "a", "b", "www", "mail", "x-1", "_sip", "_tcp", "3", "in", "mx", "ttl", "a b", "c.d", "\1\255",
}

local function label()
  return pick(LABELS)
end

--- A name as labels; it ends at the root if it is outside, else at the zone.
local function name_of(labels, outside)
  return { labels = labels, outside = outside }
end

local function target()
  return name_of(repeated(1, 3, label), chance(30))
end

local function text(least)
  return { string = table.concat(repeated(least or 0, 20, function()
    return string.char(chance(90) and random(33, 126) or random(0, 255))
  end)) }
end

--- BIND wants some strings in quotes, though their types do not ask for it.
local function always_quoted(token)
  token.quoted = true
  return token
end

-- BIND checks it.
local function regexp()
  return { string = pick { "", "!^.*$!sip:a@example.com!" } }
end

local function number(most)
  return tostring(random(0, most))
end

local function hex(octets)
  return (("%02X"):rep(octets):gsub("%%02X", function()
    return ("%02X"):format(random(0, 255))
  end))
end

-- Base64 of octets in threes, so that it needs no padding.
local function base64(groups)
  return (("."):rep(4 * groups):gsub(".", function()
    local at = random(62)
    return ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"):sub(at, at)
  end))
end

local function ipv4()
  return ("192.0.2.%d"):format(random(0, 255))
end

local function ipv6()
  return ("2001:db8:%x::%x"):format(random(0, 65535), random(1, 65535))
end

-- ------------------------------------------------------------------ types

--- Types that all read, and those whose names are lower-cased, so that their letter case is free.
local COMMON <const> = {
  A = function() return { ipv4() } end,
  AAAA = function() return { ipv6() } end,
  MX = function() return { number(65535), target() } end,
  TXT = function() return repeated(1, 4, text) end,
  SRV = function() return { number(65535), number(65535), number(65535), target() } end,
  PTR = function() return { target() } end,
  CAA = function() return { pick { "0", "128" }, pick { "issue", "x1" }, always_quoted(text(1)) } end,
  NAPTR = function()
    return { number(99), number(99), { string = "u" }, { string = "E2U+sip" }, regexp(), target() }
  end,
  SSHFP = function() return { "4", "2", hex(32) } end,
  TLSA = function() return { "3", "1", "1", hex(32) } end,
  HINFO = function() return { text(), text() } end,
  RP = function() return { target(), target() } end,
  AFSDB = function() return { number(65535), target() } end,
  RT = function() return { number(65535), target() } end,
  KX = function() return { number(65535), target() } end,
  CERT = function() return { "1", number(65535), "8", base64(10) } end,
  EUI48 = function() return { (hex(6):gsub("(..)", "%1-"):sub(1, -2)) } end,
  L32 = function() return { number(65535), ipv4() } end,
  LP = function() return { number(65535), target() } end,
  OPENPGPKEY = function() return { base64(20) } end,
  URI = function() return { number(9), number(9), always_quoted { string = "https://a.example/" .. number(99) } } end,
  TYPE65280 = function() return { "\\#", "4", hex(4) } end,
}

local FREE <const> = {
  APL = function()
    return { ("1:192.0.2.0/%d"):format(random(24, 32)), ("!2:2001:db8::/%d"):format(random(32, 64)) }
  end,
  HTTPS = function()
    return { tostring(random(9)), target(), "port=" .. number(65535), "ipv4hint=" .. ipv4() }
  end,
  DHCID = function() return { base64(12) } end,
  LOC = function() return { number(89), "30", "15.5", "N", number(179), "W", "10m" } end,
}

local WILD <const> = {
  A6 = function() return { "64", "::" .. number(9999), target() } end,
  ATMA = function() return { pick { hex(20), "+" .. number(999999) } } end,
  DOA = function()
    return { number(99999), number(99999), number(255), text(), pick { "-", base64(6) } }
  end,
  EID = function() return { hex(5) } end,
  GPOS = function() return { { string = number(89) }, { string = number(89) }, { string = number(9) } } end,
  ISDN = function() return { { string = number(9999) } } end,
  MINFO = function() return { target(), target() } end,
  NIMLOC = function() return { hex(6) } end,
  NINFO = function() return repeated(1, 3, text) end,
  NSAP = function() return { "0x" .. hex(20):lower() } end,
  ["NSAP-PTR"] = function() return { target() } end,
  NXT = function() return { target(), "A", "MX", "NXT" } end,
  PX = function() return { number(65535), target(), target() } end,
  RKEY = function() return { "0", "3", "8", base64(8) } end,
  SINK = function() return { number(255), number(255), number(255), base64(4) } end,
  TALINK = function() return { target(), target() } end,
  WKS = function() return { ipv4(), pick { "6", "17" }, number(1000), number(65535) } end,
  X25 = function() return { { string = tostring(random(1000, 9999)) } } end,
}

local LOWERED <const> = { MX = true, SRV = true, PTR = true, RP = true, AFSDB = true, RT = true, PX = true, KX = true }

local function types_of(manner)
  local list = {}
  for _, group in ipairs { COMMON, manner ~= "common" and FREE or {}, manner == "wild" and WILD or {} } do
    for type, make in pairs(group) do
      list[#list + 1] = { type = type, make = make }
    end
  end
  table.sort(list, function(a, b) return a.type < b.type end)
  return list
end

-- ------------------------------------------------------------------ writing

local function escaped(octets, safe)
  return (octets:gsub("[^" .. safe .. "]", function(c)
    return ("\\%03d"):format(c:byte())
  end))
end

local function plain_labels(labels)
  local parts = {}
  for i, part in ipairs(labels) do
    parts[i] = escaped(part, "%w_%-")
  end
  return table.concat(parts, ".")
end

local function absolute(name)
  local labels = plain_labels(name.labels)
  if name.outside then
    return labels .. "."
  end
  return labels == "" and M.origin or labels .. "." .. M.origin
end

local function quoted(octets)
  return '"' .. escaped(octets, "%w_%-=+/:@!^*$ .,;") .. '"'
end

local function plain_token(token)
  if type(token) == "string" then
    return token
  end
  return token.string and quoted(token.string) or absolute(token)
end

local function plain_line(record)
  local parts = { absolute(record.owner), record.ttl, "IN", record.type }
  for _, token in ipairs(record.data) do
    parts[#parts + 1] = plain_token(token)
  end
  return table.concat(parts, " ")
end

--- Records of a few owners, the sets in no order, no record twice.
local function new_records(manner)
  local types, list, taken = types_of(manner), {}, {}
  while #list < RECORDS do
    local kind, owner, ttl = pick(types), repeated(0, 3, label), random(0, 100000)
    local set = kind.type .. " " .. table.concat(owner, "\0")
    for _ = 1, taken[set] and 0 or random(3) do
      local record = { owner = name_of(owner), ttl = ttl, type = kind.type, data = kind.make() }
      local line = plain_line(record)
      if not taken[line] then
        taken[line] = true
        list[#list + 1] = record
      end
    end
    taken[set] = true
  end
  return list
end

--- A style: what a writer keeps in mind from line to line.
local Style = {}
Style.__index = Style

local function blank()
  return pick { " ", " ", "\t", "  ", " \t " }
end

--- Escapes some letters that need none, and changes the case of others when it does not matter.
local function dressed(plain, free_case)
  return (plain:gsub("\\?%a?", function(c)
    if c == "" or c:sub(1, 1) == "\\" then
      return c
    elseif chance(5) then
      return ("\\%03d"):format(c:byte())
    elseif free_case and chance(20) then
      return c:upper()
    end
    return c
  end))
end

function Style:name(name, free_case)
  local full = absolute(name)
  local relative
  if full == self.origin then
    relative = "@"
  elseif #full > #self.origin and self.origin ~= "." and full:sub(-#self.origin - 1) == "." .. self.origin then
    relative = full:sub(1, -#self.origin - 2)
  elseif self.origin == "." then
    relative = full:sub(1, -2)
  end
  if relative == "@" and chance(70) then
    return "@"
  elseif relative and relative ~= "@" and chance(70) then
    return dressed(relative, free_case)
  end
  return dressed(full, free_case)
end

local function period(seconds)
  if chance(60) then
    return tostring(seconds)
  end
  local parts = {}
  for _, unit in ipairs { { "w", 604800 }, { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } } do
    if seconds >= unit[2] then
      parts[#parts + 1] = seconds // unit[2] .. unit[1]
      seconds = seconds % unit[2]
    end
  end
  return #parts > 0 and table.concat(parts) or "0"
end

function Style:token(token, type_name)
  if type(token) == "string" then
    return token
  elseif not token.string then
    return self:name(token, LOWERED[type_name])
  end
  local bare = escaped(token.string, "%w_%-=+/:")
  return token.string ~= "" and not token.quoted and chance(30) and bare or quoted(token.string)
end

--- The data in tokens; sometimes as \# with octets that the library made of the plain form.
function Style:data(record)
  if chance(10) and record.type ~= "TYPE65280" then
    local zone = assert(understudy.parse { text = plain_line(record), origin = M.origin })
    local octets = zone:lookup(absolute(record.owner), record.type):rdata(1)
    return { "\\#", tostring(#octets), (octets:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) }
  end
  local parts = {}
  for i, token in ipairs(record.data) do
    parts[i] = self:token(token, record.type)
  end
  return parts
end

--- Joins parts, a stretch of them in parentheses over several lines.
local function joined(parts)
  local open = chance(25) and random(#parts)
  local close = open and random(open, #parts)
  local out = {}
  for i, part in ipairs(parts) do
    out[#out + 1] = i > 1 and blank() or ""
    if i == open then
      out[#out + 1] = pick { "( ", "(\n ", "( ; a comment ( with \"signs\n\t" }
    end
    out[#out + 1] = part
    if open and i >= open and i < close and chance(50) then
      out[#out + 1] = pick { "\n", " ; more\n" }
    end
    if i == close then
      out[#out + 1] = pick { " )", "\n)", "\n\n ; end\n )" }
    end
  end
  return table.concat(out)
end

function Style:head(record)
  local parts, class = {}, pick { "IN", "in", "", "" }
  if record.ttl ~= self.ttl or chance(50) then
    parts[1] = period(record.ttl)
  end
  if class ~= "" then
    table.insert(parts, self.manner ~= "common" and random(#parts + 1) or #parts + 1, class)
  end
  local by_number = record.type == "A" and self.manner ~= "common" and chance(10) and "TYPE1"
  parts[#parts + 1] = by_number or chance(20) and record.type:lower() or record.type
  return table.concat(parts, " ")
end

function Style:line(record)
  local owner = absolute(record.owner)
  local shown = owner == self.owner and chance(60) and "" or self:name(record.owner, true)
  self.owner = owner
  local ending = chance(20) and blank() .. "; " .. pick { "why", "( not \" open" } or ""
  return shown .. blank() .. self:head(record) .. blank() .. joined(self:data(record)) .. ending
end

--- Sometimes a line that is no record.
function Style:between(lines)
  if chance(10) then
    self.origin = pick { M.origin, "www." .. M.origin, "." }
    lines[#lines + 1] = "$ORIGIN " .. self.origin .. (self.manner ~= "common" and pick { "", " ; from here" } or "")
    if self.manner == "wild" and self.origin ~= "." and chance(50) then
      self.origin = "sub." .. self.origin
      lines[#lines + 1] = "$ORIGIN sub"
    end
  elseif chance(10) then
    self.ttl = random(0, 100000)
    lines[#lines + 1] = "$TTL " .. period(self.ttl)
  elseif chance(10) then
    lines[#lines + 1] = pick { "", "; a comment \" (", "   " }
  end
end

--- A random zone; math.randomseed decides which.
---@param manner string one of M.manners
---@return { plain: string, styled: string }
function M.zone(manner)
  local records = new_records(manner)
  local soa = M.origin .. " 3600 IN SOA ns1.example.net. hostmaster.example.com. 2024010101 7200 3600 1209600 300"
  local ns = M.origin .. " 3600 IN NS ns1.example.net."
  local plain, styled = { soa, ns }, { "$TTL 1h", soa, ns }
  local style = setmetatable({ manner = manner, origin = M.origin, ttl = 3600, owner = M.origin }, Style)
  for _, record in ipairs(records) do
    plain[#plain + 1] = plain_line(record)
    style:between(styled)
    styled[#styled + 1] = style:line(record)
  end
  return { plain = table.concat(plain, "\n") .. "\n", styled = table.concat(styled, "\n") .. "\n" }
end

return M
