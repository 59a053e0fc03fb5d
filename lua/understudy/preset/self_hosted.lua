--- self_hosted: the configuration of a secondary that one runs oneself: NSD, Knot DNS, BIND or PowerDNS, for zones by
--- their names or for those that a catalog zone lists (RFC 9432).

local shell = require "understudy.shell"
local zone_name = require "understudy.policy.zone_name"

local M = {}

---@class understudy.SelfHosted
---@field zones string[]   with or without their final dots
---@field catalog? string  name of a catalog zone, whose members it is to have too
---@field address string   of our server
---@field port integer
---@field key {name: string, algorithm: string, secret: string}

-- @ZONES@ stands for the part of each zone; @ZONE@, @ADDRESS@, @PORT@, @KEY@, @ALGORITHM@, @SECRET@ for values; @FILE@
-- and @WORD@ for the zone's name in that of a file and as a word of the shell. A catalog zone has `catalog` in place of
-- `zone`, `before_zones` before all zones, and `also` in another file. We may transfer too, to compare what is served.
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
    provide-xfr: @ADDRESS@ @KEY@
]],
    catalog = [[
# NSD reads catalogs from 4.9 on.
pattern:
    name: "understudy"
    request-xfr: @ADDRESS@@@PORT@ @KEY@
    allow-notify: @ADDRESS@ @KEY@
    provide-xfr: @ADDRESS@ @KEY@
zone:
    name: "@ZONE@"
    catalog: consumer
    catalog-member-pattern: "understudy"
    request-xfr: @ADDRESS@@@PORT@ @KEY@
    allow-notify: @ADDRESS@ @KEY@
    provide-xfr: @ADDRESS@ @KEY@
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
    action: [notify, transfer]
@BEFORE@zone:
@ZONES@]],
    zone = [[
  - domain: "@ZONE@"
    master: understudy
    acl: understudy
]],
    before_zones = [[
template:
  - id: understudy
    master: understudy
    acl: understudy
]],
    catalog = [[
  - domain: "@ZONE@"
    master: understudy
    acl: understudy
    catalog-role: interpret
    catalog-template: understudy
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
    allow-transfer { key "@KEY@"; };
};
]],
    catalog = [[
zone "@ZONE@" {
    type secondary;
    file "@FILE@.zone";
    primaries { @ADDRESS@ port @PORT@ key "@KEY@"; };
    allow-notify { key "@KEY@"; };
    allow-transfer { key "@KEY@"; };
    allow-query { @ADDRESS@; };
};
]],
    also = {
      file = "/etc/bind/named.conf.options, within options { … }",
      text = [[
catalog-zones {
    zone "@ZONE@" default-primaries { @ADDRESS@ port @PORT@ key "@KEY@"; };
};
]],
    },
  },
  powerdns = {
    label = "PowerDNS", file = "a shell, with secondary=yes in /etc/powerdns/pdns.conf",
    text = [[
pdnsutil import-tsig-key @KEY@ @ALGORITHM@ '@SECRET@'
@ZONES@]],
    zone = [[
pdnsutil create-secondary-zone @WORD@ '@ENDPOINT@'
pdnsutil activate-tsig-key @WORD@ @KEY@ secondary
pdnsutil activate-tsig-key @WORD@ @KEY@ primary
]],
    catalog = [[
pdnsutil create-secondary-zone @WORD@ '@ENDPOINT@'
pdnsutil set-kind @WORD@ consumer
pdnsutil activate-tsig-key @WORD@ @KEY@ secondary
pdnsutil activate-tsig-key @WORD@ @KEY@ primary
# PowerDNS 4.7 gives the zones of a catalog no key, so their transfers would be refused. With its database in SQLite, a
# trigger gives it to each as it is added:
sqlite3 /var/lib/powerdns/pdns.sqlite3 "CREATE TRIGGER understudy AFTER UPDATE OF catalog ON domains
  WHEN NEW.catalog = '@ZONE@' BEGIN
    DELETE FROM domainmetadata WHERE domain_id = NEW.id AND kind = 'AXFR-MASTER-TSIG';
    INSERT INTO domainmetadata (domain_id, kind, content) VALUES (NEW.id, 'AXFR-MASTER-TSIG', '@KEY@');
  END;"
# Another database needs the same in its own words.
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

-- Fills what stands once for each zone.
local function fill_zone(template, zone, values)
  values.ZONE, values.FILE, values.WORD = bare(zone), zone_name.file(zone), shell.word(bare(zone))
  return fill(template, values)
end

--- The configuration of one kind of server.
---@param kind string one of KINDS
---@param setup understudy.SelfHosted
---@return {label: string, file: string, text: string, also?: {file: string, text: string}} also: what belongs in a
---  second file
function M.configuration(kind, setup)
  local template, key, catalog = TEMPLATES[kind], setup.key, setup.catalog
  local values = {
    ADDRESS = setup.address, PORT = tostring(setup.port), KEY = bare(key.name), ALGORITHM = key.algorithm,
    SECRET = key.secret, ENDPOINT = (setup.address:find ":" and "[%s]:%d" or "%s:%d"):format(
      setup.address, setup.port),
    BEFORE = catalog and template.before_zones or "",
  }
  local zones = {}
  for i, zone in ipairs(setup.zones) do
    zones[i] = fill_zone(template.zone, zone, values)
  end
  if catalog then
    zones[#zones + 1] = fill_zone(template.catalog, catalog, values)
  end
  local also = catalog and template.also
  also = also and { file = also.file, text = fill_zone(also.text, catalog, values) } or nil
  values.ZONES = table.concat(zones)
  return { label = template.label, file = template.file, text = fill(template.text, values), also = also }
end

return M
