--- checkers: the zone checkers of other software, run over many zones at once.

local command = require "spec.support.command"

local M = {}

--- Each is run as: sh script ORIGIN FILE. It prints what it has to say and exits with 0 if it takes the zone. validns
--- has two policies that ask for what is a choice, two name servers and a key of every kind: those are not asked for.
local SCRIPTS <const> = {
  BIND = "named-checkzone -i local $1 $2",
  Knot = "kzonecheck -o $1 $2",
  NSD = "nsd-checkzone $1 $2",
  validns = "validns -p cname-other-data -p dname -p dnskey -p nsec3param-not-apex -p mx-alias -p ns-alias "
    .. "-p rp-txt-exists -p tlsa-host -z $1 $2",
}

M.names = { "BIND", "Knot", "NSD", "PowerDNS", "validns" }

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function run_each(folder, name, zones)
  local files = {}
  for i, zone in ipairs(zones) do
    files[i] = zone.file
  end
  write(folder .. "/files", table.concat(files, "\n") .. "\n")
  local line = "set -- %s $1; { %s; } >$2.%s 2>&1 || echo $2"
  write(folder .. "/script", line:format(zones.origin, SCRIPTS[name], name))
  local result = command.shell(("cd %s && PATH=$PATH:/usr/sbin xargs -P 2 -n 1 sh ./script <files"):format(folder))
  assert(result.status == 0, result.err)
  local refused = {}
  for file in result.out:gmatch "[^\n]+" do
    refused[file] = read(("%s/%s.%s"):format(folder, file, name))
  end
  return refused
end

--- PowerDNS has one process for all zones, for which each needs a name of its own: as long as the other, so that names
--- have the lengths that they had. Its BIND backend says of delegations that they are not rectified, which only
--- another backend can store. Marks the zones that were looked at; false when the process gave up on one.
local function check_all(folder, zones, refused)
  local lines, of = {}, {}
  for i, zone in ipairs(zones) do
    local origin = ("exam%03d.com"):format(i)
    of[origin] = zone
    write(("%s/%s.pdns"):format(folder, zone.file), (zone.text:gsub("example%.com", origin)))
    lines[i] = ('zone "%s" { type native; file "%s/%s.pdns"; };\n'):format(origin, folder, zone.file)
  end
  write(folder .. "/named.conf", table.concat(lines))
  write(folder .. "/pdns.conf", ("launch=bind\nbind-config=%s/named.conf\n"):format(folder))
  local result = command.shell(("pdnsutil --config-dir=%s check-all-zones"):format(folder))
  local errors, checked = {}, {}
  for line in result.out:gmatch "[^\n]+" do
    local origin = line:match "^Checked %d+ records of '([^']+)'"
    local unread = line:match "SOA lookup failed for zone '([^']+)'"
    if unread then
      refused[of[unread].file] = line
      checked[of[unread]] = true
    elseif line:match "^%[Error%]" and not line:match "auth=0" then
      errors[#errors + 1] = line
    elseif origin then
      local zone = of[origin]
      checked[zone] = true
      refused[zone.file] = #errors > 0 and table.concat(errors, "\n") or nil
      errors = {}
    end
  end
  return checked, result.err:match "\nError: ([^\n]*)"
end

-- The process gives up altogether on some faults, and takes zones in no order: then each half of the others is tried.
local function run_powerdns(folder, zones, refused)
  local checked, gave_up = check_all(folder, zones, refused)
  local left = {}
  for _, zone in ipairs(zones) do
    left[#left + 1] = not checked[zone] and zone or nil
  end
  local middle = #left // 2
  if gave_up and #left == 1 then
    refused[left[1].file] = gave_up
  elseif gave_up then
    run_powerdns(folder, table.move(left, 1, middle, 1, {}), refused)
    run_powerdns(folder, table.move(left, middle + 1, #left, 1, {}), refused)
  else
    assert(#left == 0)
  end
  return refused
end

--- What a checker does not take.
---@param folder string for what is written
---@param name string one of M.names
---@param zones {origin: string, [integer]: {file: string, text: string}} whose files are in the folder
---@return table<string, string> refused what it says, by file
function M.refused(folder, name, zones)
  if name == "PowerDNS" then
    return run_powerdns(folder, zones, {})
  end
  return run_each(folder, name, zones)
end

return M
