--- corpus: the zones of spec/fixtures/zones/*.txt: good ones, and bad ones with one fault each.
---
--- A file holds many zones. Each begins with a line "== name", or "== name whole" if it brings its own SOA and name
--- servers; then a line "; finds severity rule owner types" for each finding about it, or "; finds nothing". Owners
--- are relative to the zone, "-" is none. What follows are records.

local lfs = require "lfs"

local M = { folder = "spec/fixtures/zones", origin = "example.com." }

local HEAD <const> = [[
$TTL 3600
@ SOA ns1.example.net. hostmaster.example.net. 1 14400 3600 1209600 300
@ NS ns1.example.net.
@ NS ns2.example.net.
]]

---@class spec.Zone
---@field name string
---@field group string the file that it stands in
---@field text string
---@field finds string[] sorted
---@field proprietary boolean whether it has ALIAS, POOL, URL or $REGION

local function read_file(path, group, zones)
  local zone
  for line in io.lines(path) do
    local name, whole = line:match "^== (%S+)%s*(.*)$"
    if name then
      zone = { name = name, group = group, finds = {}, text = whole == "" and HEAD or "" }
      zones[#zones + 1] = zone
    elseif line:match "^; finds " then
      local finding = line:match "^; finds (.*)$"
      zone.found = true
      zone.finds[#zone.finds + 1] = finding ~= "nothing" and finding or nil
    elseif zone then
      zone.text = zone.text .. line .. "\n"
      local type = line:match "^%S+%s+(%u+)%s"
      zone.proprietary = zone.proprietary or type == "ALIAS" or type == "POOL" or type == "URL"
        or line:match "^%$REGION" ~= nil
    end
  end
end

--- All zones, in the order of the names of their files and of the files.
---@return spec.Zone[]
function M.zones()
  local files, zones, taken = {}, {}, {}
  for name in lfs.dir(M.folder) do
    files[#files + 1] = name:match "^(.*)%.txt$"
  end
  table.sort(files)
  for _, group in ipairs(files) do
    read_file(("%s/%s.txt"):format(M.folder, group), group, zones)
  end
  for _, zone in ipairs(zones) do
    assert(zone.found, zone.name .. " does not say what is found in it")
    assert(not taken[zone.name], zone.name .. " is there twice")
    taken[zone.name] = true
    table.sort(zone.finds)
  end
  return zones
end

--- The findings of a report as they are written in the files.
---@param report understudy.Report
---@return string[] sorted
function M.found(report)
  local findings = {}
  for i, finding in ipairs(report) do
    local owner = not finding.owner and "-" or finding.owner == M.origin and "@"
      or finding.owner:gsub("%.example%.com%.$", "")
    findings[i] = table.concat({ finding.severity, finding.id, owner, table.unpack(finding.types) }, " ")
  end
  table.sort(findings)
  return findings
end

return M
