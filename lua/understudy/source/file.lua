--- source.file: zones in master files (RFC 1035 §5), one file a zone.
--
--   source.file "zones/%s.zone"                              %s is the zone's name, a "/" in it as %2F
--   source.file { path = "zones/%s.zone", include = true }   $INCLUDE may read below the file's folder
--   source.file { path = "zones/%s.zone", region = "SV1" }   with the records of a $REGION
--
-- A file that is missing, or that changed while it was read, is an error that time can mend; never a
-- smaller zone. A change of an included file is seen with the next refresh.

local background = require "understudy.background"
local file_watch = require "understudy.source.file_watch"
local path = require "understudy.path"
local schema = require "understudy.schema"
local uerror = require "understudy.error"
local units = require "understudy.units"
local file_of = require("understudy.policy.zone_name").file

local M = {}

M.name = "file"
M.shorthand = "path"

M.options = schema.record {
  path = { schema.custom(function(value)
    if type(value) ~= "string" or value == "" then
      return nil, ("%s is not the path of a file"):format(units.show(value))
    elseif value:gsub("%%s", ""):find("%", 1, true) then
      return nil, ("%s holds a %% other than that of %%s, the zone's name"):format(units.show(value))
    end
    return value
  end), required = true },
  include = { schema.flag, default = false },
  region = { schema.custom(function(value)
    if type(value) ~= "string" or not value:match "^[%w-]+$" then
      return nil, ("%s is neither \"all\" nor the code of a region"):format(units.show(value))
    end
    return value
  end) },
}

local File = {}
File.__index = File
File.__name = "understudy.source.file"

--- The file of a zone.
---@param zone_name string
---@return string
function File:path_of(zone_name)
  return path.join(self.folder, (self.path:gsub("%%s", function()
    return file_of(zone_name)
  end)))
end

local function version_of(zone)
  return ("%s/%s"):format(zone.hash, zone.serial or "-")
end

local function read(self, name, zone_name)
  local zone, err = background.parse_file {
    file = name,
    origin = zone_name,
    include = self.include and path.folder(name) or nil,
    region = self.region,
  }
  if not zone then
    return nil, err
  end
  return { zone = zone, version = version_of(zone) }
end

--- Reads the zone as it is now. The version is the content's hash and the serial.
---@param zone_name string
---@param accepted? any the zone as it was last accepted
---@param placeless? boolean the lines of its records are not known, and asked for
---@return {zone: any, version: string}? pulled
---@return understudy.Error? err
function File:pull(zone_name, accepted, placeless)
  local name = self:path_of(zone_name)
  local before, young = file_watch.look_at(name, self.now())
  if before == file_watch.ABSENT then
    local file <close>, reason = io.open(name, "rb")
    return uerror.fail_temporarily("absent", "%s", file and name .. " was not there" or reason)
  end
  if accepted and not placeless and self.held[accepted] == before then
    return { zone = accepted, version = version_of(accepted) }
  end
  local pulled, err = read(self, name, zone_name)
  if file_watch.look_at(name, self.now()) ~= before then
    return uerror.fail_temporarily("busy", "%s changed while it was read", name)
  end
  -- What included files hold can't be seen in the look of this one.
  if pulled and not young and not self.include then
    self.held[pulled.zone] = before
    if accepted and version_of(accepted) == pulled.version then
      self.held[accepted] = before
    end
  end
  return pulled, err
end

--- Calls on_event(zone_name) when a file may have changed, see understudy.source.file_watch.
---@param zone_names string[] may change meanwhile; it ends when none is left
---@param on_event fun(zone_name: string)
---@param context {clock: understudy.Clock, file_events?: fun(): table?}
function File:watch(zone_names, on_event, context)
  file_watch.run(zone_names, function(zone_name)
    return self:path_of(zone_name)
  end, on_event, context)
end

--- Makes the source of a policy.
---@param options {path: string, include: boolean, region?: string}
---@param host {folder: string, now?: fun(): number} the folder of the policy file; a clock
---@return table source
function M.new(options, host)
  return setmetatable({
    folder = host.folder,
    path = options.path,
    include = options.include,
    region = options.region,
    now = host.now or os.time,
    whole = true, -- a read that is not whole is an error
    at_once = 64, -- reading waits for nobody, and what is written down at the same time shares one commit
    replicated = false, -- what is there is what its owner wrote
    held = setmetatable({}, { __mode = "k" }), -- by zone: how its file looks when it holds just that
  }, File)
end

return M
