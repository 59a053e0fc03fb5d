--- secondary: the configuration of a secondary that one runs oneself, for the commands key and preset.

local address = require "understudy.net.address"
local policy = require "understudy.policy"
local self_hosted = require "understudy.preset.self_hosted"

local M = {}

local EXAMPLE_ADDRESS <const>, EXAMPLE_ZONE <const> = "192.0.2.10", "example.com."

local function zone_name(text)
  return policy.zone_name(text)
end

local function endpoint(text)
  local host, port = address.parse(text, 53)
  if not host then
    return nil, tostring(port)
  end
  return { address = address.canonical(host), port = port }
end

--- Declares the options that say what to print.
---@param parser any
function M.options(parser)
  parser:option("--for", "Print the configuration of nsd, knot, bind or powerdns, the secret in it."):argname "SERVER"
    :count "*":choices(self_hosted.KINDS):target "kinds"
  parser:option("--catalog", "Print what reads this catalog zone, and has its zones."):argname "NAME":convert(zone_name)
  M.setup_options(parser)
end

--- Declares `--zone` and `--primary`.
---@param parser any
function M.setup_options(parser)
  parser:option("--zone", "Zone to transfer; may be given again (default: example.com)."):argname "NAME"
    :count "*":convert(zone_name):target "zones"
  parser:option("--primary", "Address at which the secondary finds us (default: 192.0.2.10)."):argname "ADDR[:PORT]"
    :convert(endpoint)
end

--- Which of the options is missing, so that an example stands in for it: a sentence; nil if none is.
---@param args table
---@return string?
function M.placeholders(args)
  local missing = {}
  if not args.primary then
    missing[1] = EXAMPLE_ADDRESS .. " stands for the address of this server: give --primary"
  end
  if #args.zones == 0 and not args.catalog then
    missing[#missing + 1] = EXAMPLE_ZONE:gsub("%.$", "") .. " stands for the zone: give --zone"
  end
  return #missing > 0 and table.concat(missing, "; ") or nil
end

--- Our address as the options say it.
---@param args table
---@return {address: string, port: integer}
function M.primary(args)
  return args.primary or { address = EXAMPLE_ADDRESS, port = 53 }
end

--- The zones that the options name.
---@param args table
---@return string[]
function M.zones(args)
  return (#args.zones > 0 or args.catalog) and args.zones or { EXAMPLE_ZONE }
end

--- Prints the configuration of each kind of server that was asked for.
---@param args table
---@param fields {name: string, algorithm: string, secret: string}
---@param console understudy.Console
---@return integer status
function M.print(args, fields, console)
  local primary, list = M.primary(args), {}
  for i, kind in ipairs(args.kinds) do
    list[i] = self_hosted.configuration(kind, {
      zones = M.zones(args), catalog = args.catalog, address = primary.address, port = primary.port, key = fields,
    })
    list[i].kind = kind
  end
  if args.json then
    console.out:json(list)
    return 0
  end
  local examples = M.placeholders(args)
  if examples then
    console.out:write("# ", examples, "\n\n")
  end
  for i, made in ipairs(list) do
    console.out:write(i > 1 and "\n" or "")
    for _, part in ipairs { made.also or made, made.also and made or nil } do
      console.out:write(("# %s: %s\n"):format(made.label, part.file), part.text)
    end
  end
  return 0
end

return M
