--- mixed: writes a zone like that of a large company, in two versions: many types, relative names,
--- comments, parentheses, no order; about 62 octets and 0.72 owners a record.

local writer = require "spec.bench.writer"

local M = { origin = "example.com." }

--- A subdomain that holds a twentieth of the owners.
M.subdomain = "fra1"

local SEED <const> = 2
local CHANGED <const> = 820 -- every so many hosts differ in the second version: 0.1 % of the records

local SITES <const> = {
  "fra1", "ams2", "lon1.prod", "nyc3", "sjc1", "tyo1.prod", "sin2", "syd1", "office",
  "gru1.prod", "jnb1", "bom1", "dub2.prod", "paris", "waw1", "mad1", "sto1.dev",
  "hel1.dev", "ord2.prod", "atl1",
}
local ROLES <const> = {
  "web", "service", "database", "cache", "mail", "proxy", "build", "node", "storage", "gateway",
  "printer", "monitor",
}
local COMMENTS <const> = {
  "", "", "", "", "", "", "", "", "", " ; rack 12", "\t; ask the network team before changing this",
  "\t; moved here from the old building",
}
local SPACES <const> = { " ", "\t", "\t\t", "   ", "\t" }
local TTLS <const> = { "", "", "", "300 ", "1h ", "IN ", "IN ", "3600 IN " }

local function pick(list)
  return list[math.random(#list)]
end

--- Different numbers that look random, so that owners come in no order.
local function scatter(i)
  return i * 2654435761 & 0xffffffff
end

local function host_name(i)
  return ("%s-%x.%s"):format(ROLES[i % #ROLES + 1], scatter(i), SITES[i % #SITES + 1])
end

local function a()
  local random <const> = math.random
  return ("A\t23.%d.%d.%d"):format(random(0, 255), random(0, 255), random(1, 254))
end

local function aaaa()
  local random <const> = math.random
  return ("AAAA\t2001:db8:%x:%x::%x"):format(random(0, 65535), random(0, 65535), random(65535))
end

local function key()
  local random <const> = math.random
  return ("%016x%016x"):format(random(0), random(0))
end

--- Kinds of hosts: each returns a list of { owner, data }, an owner of "" repeating the one before.
--- `other` is the name of a host with an address.

local function plain(name)
  return { { name, a() } }
end

local function dual(name)
  return { { name, a() }, { "", aaaa() } }
end

local function balanced(name)
  return { { name, a() }, { "", a() }, { "", a() } }
end

local function alias(name, other)
  return { { name, "CNAME\t" .. other } }
end

local function text(name)
  return {
    { name, a() },
    { "", ("TXT ( \"v=DKIM1; k=rsa\" ; rotated every year\n\t\t\"p=%s%s%s\"\n\t\t\"%s%s%s\" )")
      :format(key(), key(), key(), key(), key(), key()) },
  }
end

local function verification(name)
  return { { "_check." .. name, ("TXT\t\"site-verification=%s\""):format(key()) } }
end

local function mail(name, other)
  return { { name, "MX\t10 " .. other }, { "", "TXT\t\"v=spf1 mx -all\"" } }
end

local function service(name, other)
  return {
    { "_sip._tcp." .. name, ("SRV\t10 60 5060 %s"):format(other) },
    { "_sips._tcp." .. name, ("SRV\t10 60 5061 %s"):format(other) },
  }
end

local function authority(name)
  return { { name, a() }, { "", "CAA\t0 issue \"ca.example.net\"" } }
end

local function https(name)
  return { { name, a() }, { "", aaaa() }, { "", "HTTPS\t1 . alpn=\"h2,h3\"" } }
end

local function resolver(name, other)
  return { { "_dns." .. name, ("SVCB\t1 %s alpn=dot port=853"):format(other) } }
end

local function pointer(name, other)
  return { { "_http._tcp." .. name, "PTR\t" .. other } }
end

local function wildcard(name)
  return { { "*." .. name, a() } }
end

local KINDS <const> = {}
for _, kind in ipairs {
  { 38, plain }, { 20, dual }, { 2, balanced }, { 12, alias }, { 4, text }, { 5, verification },
  { 3, mail }, { 3, service }, { 2, authority }, { 3, https }, { 1, resolver }, { 6, pointer },
  { 1, wildcard },
} do
  for _ = 1, kind[1] do
    KINDS[#KINDS + 1] = kind[2]
  end
end

local function line(record, ttl)
  return record[1] .. pick(SPACES) .. ttl .. record[2] .. pick(COMMENTS) .. "\n"
end

--- The records of a host and their number; the list of hosts with addresses grows.
local function host(i, addressed)
  local name, kind = host_name(i), pick(KINDS)
  local records = kind(name, pick(addressed))
  if (kind == plain or kind == dual) and #addressed < 1000 then
    addressed[#addressed + 1] = name
  end
  local count, ttl = #records, pick(TTLS)
  for k = 1, count do
    records[k] = line(records[k], ttl)
  end
  if i % 4 == 0 then
    table.insert(records, 1, ("; room %d, since week %d\n"):format(i % 700, i % 52 + 1))
  end
  return table.concat(records), count
end

local HEAD <const> = [[
; The zone of a company. One entry a host, in the order in which they came to be.
$ORIGIN example.com.
$TTL 3600
@	IN SOA	ns1 hostmaster (
		%d	; serial
		4h	; refresh
		1h	; retry
		2w	; expire
		5m )	; negative answers
	NS	ns1
	NS	ns2
	MX	10 mx1
ns1	A	192.0.2.1
ns2	A	192.0.2.2
mx1	A	192.0.2.3

]]
local HEAD_RECORDS <const> = 7

--- The same records with TXT in place of types that validns does not know.
local function older(zone_text)
  zone_text = zone_text:gsub("CAA\t[^\n]*", "TXT\t\"0 issue ca.example.net\"")
  zone_text = zone_text:gsub("HTTPS\t[^\n]*", "TXT\t\"1 . alpn=h2,h3\"")
  return (zone_text:gsub("SVCB\t([^\n]*)", "TXT\t\"%1\""))
end

--- Writes both versions, and the first one once more without CAA, HTTPS and SVCB.
---@param old_path string
---@param new_path string
---@param older_path string
---@param records integer about so many
function M.write(old_path, new_path, older_path, records)
  math.randomseed(SEED)
  local old, new = writer.open(old_path), writer.open(new_path)
  local without = writer.open(older_path)
  old:put(HEAD:format(2026010100), HEAD_RECORDS)
  new:put(HEAD:format(2026010101), HEAD_RECORDS)
  without:put(HEAD:format(2026010100), HEAD_RECORDS)
  local addressed, i = { "mx1" }, 0
  while old.count < records do
    i = i + 1
    local zone_text, count = host(i, addressed)
    local change = i > 2000 and i % CHANGED == 0 and i // CHANGED % 3
    if change ~= 1 then
      old:put(zone_text, count)
      without:put(older(zone_text), count)
    end
    if change == 2 then
      zone_text = zone_text:gsub("A\t23%.", "A\t24.")
    end
    if change ~= 0 then
      new:put(zone_text, count)
    end
  end
  old:close()
  new:close()
  without:close()
end

return M
