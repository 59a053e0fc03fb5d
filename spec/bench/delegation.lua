--- delegation: writes a zone like that of a top-level domain, in two versions: sorted, absolute names,
--- little else than NS, DS and glue; about 55 octets and 0.49 owners a record.

local writer = require "spec.bench.writer"

local M = { origin = "example." }

local SEED <const> = 1
local RECORDS_PER_DOMAIN <const> = 2.45
local GLUED <const> = 10      -- every so many domains have name servers of their own
local PROVIDERS <const> = 5000 -- name servers outside the zone
local CHANGED <const> = 620    -- every so many domains differ in the second version: 0.1 % of the records

local SYLLABLES <const> = {}
for consonant in ("b c d f g h j k l m n p r s t v w z br st tr"):gmatch "%a+" do
  for vowel in ("a e i o u ai er on"):gmatch "%a+" do
    SYLLABLES[#SYLLABLES + 1] = consonant .. vowel
  end
end

local function random_label()
  local random, count <const> = math.random, #SYLLABLES
  local label = SYLLABLES[random(count)] .. SYLLABLES[random(count)] .. SYLLABLES[random(count)]
  local kind = random(8)
  if kind <= 3 then
    return label .. SYLLABLES[random(count)]
  elseif kind == 4 then
    return label .. random(0, 9999)
  elseif kind == 5 then
    return label .. "-" .. SYLLABLES[random(count)] .. SYLLABLES[random(count)]
  end
  return label
end

--- Different labels in canonical order, which for names of one zone is that of their octets.
local function sorted_labels(count)
  local labels, seen = {}, {}
  while #labels < count do
    local label = random_label()
    if not seen[label] then
      seen[label] = true
      labels[#labels + 1] = label
    end
  end
  table.sort(labels)
  return labels
end

local function digest()
  local random <const> = math.random
  return ("%016x%016x%016x%016x"):format(random(0), random(0), random(0), random(0))
end

local function ns(label, host)
  return ("%s.example.\t86400\tin\tns\t%s\n"):format(label, host)
end

--- Three in ten domains that have no name servers of their own use those of another domain of the
--- zone, few of these most often.
local function hosts_of(labels, i)
  local random <const> = math.random
  if i % GLUED == 0 then
    return labels[i] .. ".example."
  elseif random(10) <= 3 and #labels >= GLUED then
    return labels[GLUED * (1 + (random() ^ 3 * (#labels // GLUED)) // 1 | 0)] .. ".example."
  end
  return ("dns%d.net."):format((random() ^ 3 * PROVIDERS) // 1)
end

--- The records of a domain and their number.
local function domain(labels, i)
  local random <const> = math.random
  local label, hosts = labels[i], hosts_of(labels, i)
  local lines = { ns(label, "ns1." .. hosts), ns(label, "ns2." .. hosts) }
  if random(40) == 1 then
    lines[#lines + 1] = ns(label, "ns3.backup.net.")
  end
  if random(10) <= 2 then
    lines[#lines + 1] = ("%s.example.\t86400\tin\tds\t%d 13 2 %s\n")
      :format(label, random(65535), digest())
  end
  if i % GLUED == 0 then
    local network = random(0, 65535)
    for host = 1, 2 do
      lines[#lines + 1] = ("ns%d.%s.example.\t86400\tin\ta\t23.%d.%d.%d\n")
        :format(host, label, network >> 8, network & 255, host)
    end
    if random(4) == 1 then
      lines[#lines + 1] = ("ns2.%s.example.\t86400\tin\taaaa\t2001:db8:%x::2\n")
        :format(label, network)
    end
  end
  return table.concat(lines), #lines
end

--- Writes both versions.
---@param old_path string
---@param new_path string
---@param records integer about so many
function M.write(old_path, new_path, records)
  math.randomseed(SEED)
  local old, new = writer.open(old_path), writer.open(new_path)
  local head = "example.\t86400\tin\tsoa\tns1.registry.net. hostmaster.registry.net. %d 14400 3600 "
    .. "1209600 86400\nexample.\t86400\tin\tns\tns1.registry.net.\n"
    .. "example.\t86400\tin\tns\tns2.registry.net.\n"
  old:put(head:format(2026010100), 3)
  new:put(head:format(2026010101), 3)
  local labels = sorted_labels(math.ceil(records / RECORDS_PER_DOMAIN))
  for i = 1, #labels do
    local text, count = domain(labels, i)
    local change = i % CHANGED == 7 and i % GLUED ~= 0 and i // CHANGED % 3
    if change == 0 then
      old:put(text, count)
    elseif change == 1 then
      new:put(text, count)
    else
      old:put(text, count)
      if change == 2 then
        text = text:gsub("\tns1%.[^\n]*", "\tns1.moved.net.")
      end
      new:put(text, count)
    end
  end
  old:close()
  new:close()
end

return M
