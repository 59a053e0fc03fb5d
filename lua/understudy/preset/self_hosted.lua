--- self_hosted: the configuration of a secondary that one runs oneself: NSD, Knot DNS, BIND or PowerDNS.

local shell = require "understudy.shell"
local zone_name = require "understudy.policy.zone_name"

local M = {}

---@class understudy.SelfHosted
---@field zones string[]   with or without their final dots
---@field address string   of our server
---@field port integer
---@field key {name: string, algorithm: string, secret: string}

-- @ZONES@ stands for the part of each zone; @ZONE@, @ADDRESS@, @PORT@, @KEY@, @ALGORITHM@, @SECRET@ for values, @FILE@
-- and @WORD@ for the zone's name in that of a file and as a word of the shell.
local TEMPLATES <const> = {
  nsd = {
    label = "NSD", file = "/etc/nsd/nsd.conf.d/understudy.conf",
    text = [[
key:
    name: "@KEY@"
    algorithm: @ALGORITHM@
    secret: "@SECRET@"
@ZONES@]],
    zone = [[
zone:
    name: "@ZONE@"
    request-xfr: @ADDRESS@@@PORT@ @KEY@
    allow-notify: @ADDRESS@ @KEY@
]],
  },
  knot = {
    label = "Knot DNS", file = "/etc/knot/knot.conf",
    text = [[
key:
  - id: @KEY@
    algorithm: @ALGORITHM@
    secret: @SECRET@
remote:
  - id: understudy
    address: @ADDRESS@@@PORT@
    key: @KEY@
acl:
  - id: understudy
    address: @ADDRESS@
    key: @KEY@
    action: notify
zone:
@ZONES@]],
    zone = [[
  - domain: "@ZONE@"
    master: understudy
    acl: understudy
]],
  },
  bind = {
    label = "BIND", file = "/etc/bind/named.conf.local",
    text = [[
key "@KEY@" { algorithm @ALGORITHM@; secret "@SECRET@"; };
@ZONES@]],
    zone = [[
zone "@ZONE@" {
    type secondary;
    file "@FILE@.zone";
    primaries { @ADDRESS@ port @PORT@ key "@KEY@"; };
    allow-notify { key "@KEY@"; };
};
]],
  },
  powerdns = {
    label = "PowerDNS", file = "a shell, with secondary=yes in /etc/powerdns/pdns.conf",
    text = [[
pdnsutil import-tsig-key @KEY@ @ALGORITHM@ '@SECRET@'
@ZONES@]],
    zone = [[
pdnsutil create-secondary-zone @WORD@ '@ENDPOINT@'
pdnsutil activate-tsig-key @WORD@ @KEY@ secondary
]],
  },
}

--- Those that are known.
M.KINDS = { "nsd", "knot", "bind", "powerdns" }

local function bare(name)
  return (name:gsub("%.$", ""))
end

local function fill(template, values)
  return (template:gsub("@(%u+)@", values))
end

--- The configuration of one kind of server.
---@param kind string one of KINDS
---@param setup understudy.SelfHosted
---@return {label: string, file: string, text: string}
function M.configuration(kind, setup)
  local template, key = TEMPLATES[kind], setup.key
  local values = {
    ADDRESS = setup.address, PORT = tostring(setup.port), KEY = bare(key.name), ALGORITHM = key.algorithm,
    SECRET = key.secret, ENDPOINT = (setup.address:find ":" and "[%s]:%d" or "%s:%d"):format(
      setup.address, setup.port),
  }
  local zones = {}
  for i, zone in ipairs(setup.zones) do
    values.ZONE, values.FILE, values.WORD = bare(zone), zone_name.file(zone), shell.word(bare(zone))
    zones[i] = fill(template.zone, values)
  end
  values.ZONES = table.concat(zones)
  return { label = template.label, file = template.file, text = fill(template.text, values) }
end

return M
