--- Real name servers as secondaries and as primaries, for specs: NSD, Knot DNS, BIND and PowerDNS, unprivileged, on
--- loopback, on free ports. A server ends with its object or with the Lua process, however that ends.
---
---   local peers = require "spec.support.peers"
---   local knot <close> = peers.start("knot", { secondary = { "example.com." }, primary = "127.0.0.1:5300" })
---   local bind <close> = peers.start("bind", { zones = { ["example.com."] = text }, notify = "127.0.0.1:5300" })
---
--- What it can be asked is in spec.support.nsd: query, transfer, serial, await_serial.
local nsd = require "spec.support.nsd"
local process = require "spec.support.process"

local M = {}

--- Those that can be started, in the order in which specs try them.
M.KINDS = { "nsd", "knot", "bind", "pdns" }

---@class spec.PeerOptions
---@field secondary? string[] names of zones to transfer from `primary`
---@field primary? string "127.0.0.1:5300"
---@field zones? table<string, string> name and text of each zone to serve
---@field notify? string "127.0.0.1:5300": whom to tell when a zone of `zones` changes
---@field key? spec.Key for transfers and NOTIFY in both directions; nil: unsigned
---@field patience? number seconds until it must answer
---@field plain? boolean no history of changes, for large zones
---@field tls? {ca: string, name: string, certificate?: string, key?: string, port?: integer} over TLS (RFC 9103)
---@field producer? string name of a catalog that Knot or PowerDNS makes of `zones` by itself
---@field updates? boolean takes dynamic updates of `zones`
---@field lines? string more for the configuration of BIND, or of the zones of a Knot that is primary
---@field snippet? string what to configure in place of `secondary` and `key`; for PowerDNS lines of shell

---@class spec.Peer: spec.Nsd
---@field kind string
local Peer = setmetatable({}, { __index = nsd.Server })
Peer.__index = Peer

local function write_file(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local function read_file(path)
  local file <close> = io.open(path)
  return file and file:read "a" or ""
end

local function split(endpoint)
  return endpoint:match "^(.*):(%d+)$"
end

-- Fills @NAME@ in a template.
local function fill(template, values)
  return (template:gsub("@(%u+)@", function(name)
    return tostring(assert(values[name], name))
  end))
end

-- One text for each name, in order.
local function for_each(names, template, values)
  local texts = {}
  for i, name in ipairs(names) do
    values.ZONE = name
    texts[i] = fill(template, values)
  end
  return table.concat(texts)
end

-- ---------------------------------------------------------------- how each is configured

local kinds = {}

kinds.nsd = {
  file = "nsd.conf",
  command = "nsd -d -c nsd.conf",
  server = [[
server:
  ip-address: "127.0.0.1@@PORT@"
  username: ""
  chroot: ""
  zonesdir: "@DIR@"
  pidfile: "@DIR@/nsd.pid"
  xfrdfile: "@DIR@/xfrd.state"
  xfrdir: "@DIR@"
  zonelistfile: "@DIR@/zone.list"
  database: ""
  logfile: "@DIR@/out"
  verbosity: 3
  server-count: 1
  rrl-ratelimit: 0
  xfrd-reload-timeout: 0
@TLSSERVER@remote-control:
  control-enable: no
]],
  key = 'key:\n  name: "@KEY@"\n  algorithm: @ALGORITHM@\n  secret: "@SECRET@"\n',
  no_key = "NOKEY",
  tls_server = '  tls-cert-bundle: "@CA@"\n',
  tls = 'tls-auth:\n  name: primary\n  auth-domain-name: "@TLSNAME@"\n',
  with_tls = " primary",
  secondary = [[
zone:
  name: "@ZONE@"
  zonefile: "@ZONE@zone"
  request-xfr: @AXFR@@PIP@@@PPORT@ @KEY@@WITHTLS@
  allow-notify: 127.0.0.0/8 @KEY@
  provide-xfr: 127.0.0.0/8 NOKEY
  min-refresh-time: 1
  min-retry-time: 1
]],
  primary = [[
zone:
  name: "@ZONE@"
  zonefile: "@ZONE@zone"
  provide-xfr: 127.0.0.0/8 @KEY@
  notify: @NIP@@@NPORT@ @KEY@
@HISTORY@]],
  history = "  store-ixfr: yes\n  create-ixfr: yes\n",
}

kinds.knot = {
  file = "knot.conf",
  -- What is printed says nothing of where its zones are: else files of another run would be read.
  stored = "    master: understudy\n", storage = '    storage: "@DIR@"\n',
  command = "knotd -c knot.conf",
  prepare = "mkdir db",
  server = [[
server:
    rundir: "@DIR@"
    listen: 127.0.0.1@@PORT@
log:
  - target: stderr
    any: debug
database:
    storage: "@DIR@/db"
]],
  key = "key:\n  - id: @KEY@\n    algorithm: @ALGORITHM@\n    secret: @SECRET@\n",
  secondary = [[
  - domain: @ZONE@
    storage: "@DIR@"
    master: primary
    acl: [notify, look]
    journal-content: all
    refresh-min-interval: 2
    semantic-checks: soft
]],
  primary = [[
  - domain: @ZONE@
    storage: "@DIR@"
    file: "@ZONE@zone"
    acl: transfer
    notify: secondary
    zonefile-sync: -1
@HISTORY@@LINES@    semantic-checks: soft
]],
  history = "    zonefile-load: difference\n    journal-content: all\n",
  before_secondary = [[
remote:
  - id: primary
    address: @PIP@@@PPORT@
@WITHKEY@acl:
  - id: notify
    address: 127.0.0.0/8
    action: notify
@WITHKEY@  - id: look
    address: 127.0.0.0/8
    action: transfer
zone:
]],
  before_primary = [[
remote:
  - id: secondary
    address: @NIP@@@NPORT@
@WITHKEY@acl:
  - id: transfer
    address: 127.0.0.0/8
    action: [transfer, update]
@WITHKEY@zone:
]],
  with_key = "    key: @KEY@\n",
  member = "    catalog-role: member\n    catalog-zone: @PRODUCER@\n",
  producer = [[
  - domain: @PRODUCER@
    storage: "@DIR@"
    acl: transfer
    notify: secondary
    catalog-role: generate
]],
}

kinds.bind = {
  file = "named.conf",
  command = "named -g -n 1 -c named.conf",
  server = [[
@TLSBLOCK@options {
  directory "@DIR@"; pid-file "@DIR@/named.pid"; session-keyfile "@DIR@/session.key";
  managed-keys-directory "@DIR@"; lock-file none;
  listen-on port @PORT@ { 127.0.0.1; }; @TLSLISTEN@listen-on-v6 { none; };
  recursion no; dnssec-validation no; check-names primary ignore;
  allow-query { 127.0.0.0/8; };
  masterfile-format text; min-refresh-time 1; min-retry-time 1; serial-query-rate 100;
  notify explicit; notify-delay 0; notify-rate 100; ixfr-from-differences yes;
@LINES@};
controls { };
]],
  key = 'key "@KEY@" { algorithm @ALGORITHM@; secret "@SECRET@"; };\n',
  tls_block = 'tls primary { ca-file "@CA@"; remote-hostname "@TLSNAME@"; };\n',
  tls_primary = 'tls server { cert-file "@CERTIFICATE@"; key-file "@CERTKEY@"; };\n',
  tls_listen = "listen-on port @TLSPORT@ tls server { 127.0.0.1; }; ",
  with_tls = " tls primary",
  with_key = ' key "@KEY@"',
  secondary = [[
zone "@ZONE@" { type secondary; file "@ZONE@zone"; primaries { @PIP@ port @PPORT@@WITHKEY@@WITHTLS@; };
  allow-notify { 127.0.0.0/8; }; allow-transfer { 127.0.0.0/8; }; notify no; };
]],
  primary = [[
zone "@ZONE@" { type primary; file "@ZONE@zone"; also-notify { @NIP@ port @NPORT@@WITHKEY@; };
  allow-transfer { @TRANSFER@; }; @UPDATES@};
]],
  updates = "allow-update { @TRANSFER@; }; ",
}

kinds.pdns = {
  file = "pdns.conf",
  command = "pdns_server --config-dir=.",
  server = [[
launch=gsqlite3
gsqlite3-database=@DIR@/pdns.sqlite3
gsqlite3-dnssec=yes
gsqlite3-pragma-synchronous=0
local-address=127.0.0.1
local-port=@PORT@
socket-dir=@DIR@
daemon=no
guardian=no
primary=yes
secondary=yes
xfr-cycle-interval=1
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
allow-axfr-ips=127.0.0.0/8
allow-notify-from=127.0.0.0/8
only-notify=127.0.0.0/8
also-notify=@NIP@:@NPORT@
default-soa-edit=
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
expand-alias=no
outgoing-axfr-expand-alias=no
security-poll-suffix=
loglevel=6
]],
  prepare = "sqlite3 pdns.sqlite3 </usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
  key = "",
  secondary = "",
  primary = "",
  prepare_snippet = true,
  key_command = "pdnsutil --config-dir=. import-tsig-key '@KEY@' @ALGORITHM@ '@SECRET@'",
  secondary_command = "pdnsutil --config-dir=. create-secondary-zone '@ZONE@' @PIP@:@PPORT@",
  primary_command = "pdnsutil --config-dir=. load-zone '@ZONE@' '@ZONE@zone' && "
    .. "pdnsutil --config-dir=. set-kind '@ZONE@' primary",
  updates_command = "pdnsutil --config-dir=. set-meta '@ZONE@' TSIG-ALLOW-DNSUPDATE '@KEY@'",
  producer_command = "pdnsutil --config-dir=. create-zone '@PRODUCER@' ns.invalid. ; "
    .. "pdnsutil --config-dir=. set-kind '@PRODUCER@' producer",
  member_command = "pdnsutil --config-dir=. set-catalog '@ZONE@' '@PRODUCER@'",
  zone_key_command = "pdnsutil --config-dir=. activate-tsig-key '@ZONE@' '@KEY@' @ROLE@",
}

-- ---------------------------------------------------------------- starting

local function names_of(options)
  local names = table.move(options.secondary or {}, 1, #(options.secondary or {}), 1, {})
  for name in pairs(options.zones or {}) do
    names[#names + 1] = name
  end
  return names
end

local function values_of(kind, options, folder, port)
  local key = options.key
  local pip, pport = split(options.primary or "127.0.0.1:1")
  local nip, nport = split(options.notify or "127.0.0.1:1")
  local values = {
    DIR = folder, PORT = port, PIP = pip, PPORT = pport, NIP = nip, NPORT = nport, LINES = options.lines or "",
    KEY = key and key.name or kind.no_key or "", ALGORITHM = key and key.algorithm or "",
    SECRET = key and key.secret or "", ROLE = options.zones and "primary" or "secondary",
    HISTORY = not options.plain and kind.history or "",
    TRANSFER = key and ('key "%s"'):format(key.name) or "127.0.0.0/8",
  }
  local tls = options.tls or {}
  values.CA, values.TLSNAME, values.TLSPORT = tls.ca, tls.name, tls.port
  values.CERTIFICATE, values.CERTKEY = tls.certificate, tls.key
  local function with(template, wanted)
    return options.tls and wanted and template and fill(template, values) or ""
  end
  values.TLSSERVER, values.WITHTLS = with(kind.tls_server, true), with(kind.with_tls, not tls.certificate)
  values.TLSBLOCK = with(kind.tls_block, not tls.certificate) .. with(kind.tls_primary, tls.certificate)
  values.TLSLISTEN = with(kind.tls_listen, tls.port)
  values.AXFR = options.tls and "AXFR " or ""
  values.UPDATES = options.updates and kind.updates and fill(kind.updates, values) or ""
  values.WITHKEY = key and kind.with_key and fill(kind.with_key, values) or ""
  values.PRODUCER = options.producer
  values.LINES = values.LINES .. (options.producer and kind.member and fill(kind.member, values) or "")
  return values
end

local function configuration(kind, options, values)
  if options.snippet then
    local text = kind.prepare_snippet and "" or options.snippet
    return fill(kind.server, values) .. text:gsub(kind.stored or "\0", "%0" .. fill(kind.storage or "", values))
  end
  local role = options.zones and "primary" or "secondary"
  return fill(kind.server, values)
    .. (options.key and fill(kind.key, values) or "")
    .. (options.tls and kind.tls and fill(kind.tls, values) or "")
    .. fill(kind["before_" .. role] or "", values)
    .. for_each(names_of(options), kind[role], values)
    .. (options.producer and kind.producer and fill(kind.producer, values) or "")
end

-- Shell lines that make ready what no configuration file can say.
local function preparation(kind, options, values)
  local lines = { kind.prepare or ":" }
  if options.snippet then
    lines[2] = kind.prepare_snippet and options.snippet:gsub("pdnsutil", "pdnsutil --config-dir=.")
    return table.concat(lines, "\n")
  end
  local function add(template)
    if template then
      lines[#lines + 1] = for_each(names_of(options), template .. "\n", values)
    end
  end
  if options.key and kind.key_command then
    lines[#lines + 1] = fill(kind.key_command, values)
  end
  add(options.zones and kind.primary_command or kind.secondary_command)
  add(options.key and kind.zone_key_command)
  add(options.updates and options.key and kind.updates_command)
  if options.producer and kind.producer_command then
    lines[#lines + 1] = fill(kind.producer_command, values)
    add(kind.member_command)
  end
  return table.concat(lines, "\n")
end

--- Starts a server and returns once it answers; a primary, once it serves its zones.
---@param name string one of KINDS
---@param options spec.PeerOptions
---@return spec.Peer
function M.start(name, options)
  local kind, port = kinds[name], options.port or nsd.free_port()
  local pipe <close> = assert(io.popen(("mktemp -d '%s/%s-XXXXXX'"):format(os.getenv "TMPDIR" or "/tmp", name)))
  local folder = pipe:read "l"
  local values = values_of(kind, options, folder, port)
  write_file(("%s/%s"):format(folder, kind.file), configuration(kind, options, values))
  for zone, text in pairs(options.zones or {}) do
    write_file(("%s/%szone"):format(folder, zone), text)
  end
  local prepare = ("exec 2>/dev/null\n{ %s\n} >prepared 2>&1"):format(preparation(kind, options, values))
  local self = setmetatable({
    kind = name, address = "127.0.0.1", port = port, server = "127.0.0.1:" .. port, folder = folder,
    process = process.serve(folder, kind.command .. " >>out 2>&1", prepare),
  }, Peer)
  local ok, err = pcall(function()
    nsd.await(name .. " to answer", function()
      local _, status = self:query(next(options.zones or {}) or ".", "SOA")
      return options.zones and status == "NOERROR" or not options.zones and status
    end, options.patience)
  end)
  if not ok then
    err = ("%s\n%s%s"):format(err, read_file(folder .. "/prepared"), self:log())
    self:stop()
    error(err, 2)
  end
  return self
end

--- Replaces the text of a zone, which needs a new serial, and returns when it is served.
---@param zone string
---@param text string
function Peer:reload(zone, text)
  write_file(("%s/%szone"):format(self.folder, zone), text)
  local command = ("kill -HUP $(cat '%s/pid')"):format(self.folder)
  if self.kind == "pdns" then
    command = ("cd '%s' && pdnsutil --config-dir=. load-zone '%s' '%szone' >/dev/null 2>&1"):format(
      self.folder, zone, zone)
  end
  assert(os.execute(command))
  local serial = text:match "SOA%s+%S+%s+%S+%s+%(?%s*(%d+)"
  self:await_serial(zone, assert(math.tointeger(serial), "the zone has no SOA"))
end

--- What the server wrote.
---@return string
function Peer:log()
  return read_file(self.folder .. "/out")
end

Peer.__close = nsd.Server.stop
Peer.__gc = nsd.Server.stop

return M
