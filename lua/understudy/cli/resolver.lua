--- resolver: the lookups that the command line makes by itself.

local alias = require "understudy.policy.alias"

local M = {}

local function number(least, most, integer)
  return function(text)
    local value = tonumber(text)
    if integer then
      value = math.tointeger(value)
    end
    if not value or value < least or value > most then
      return nil, ("'%s' is not a number between %s and %s"):format(text, least, most)
    end
    return value
  end
end

--- Declares `--resolver`, `--timeout` and `--tries`.
function M.option(parser)
  parser:option("--resolver", "Name server to ask (default: the system's); may be given again.")
    :argname "ADDR[:PORT]":count "*":target "resolvers"
  parser:option("--timeout", "How long one try may take (default: 2)."):argname "SECONDS":convert(number(0.01, 60))
  parser:option("--tries", "How often each name server is asked (default: 3)."):argname "NUMBER"
    :convert(number(1, 100, true))
end

--- What the options and the settings of ALIAS say, for `lookups`.
---@param args table
---@param settings table `alias` of a policy
---@return understudy.net.ResolverOptions
function M.options(args, settings)
  local options = alias.resolver(settings, #args.resolvers > 0 and args.resolvers or nil)
  options.timeout, options.tries = args.timeout or options.timeout, args.tries or options.tries
  return options
end

--- Questions for both families of names.
---@param targets string[]
---@return table[] questions for A and AAAA of the first target, then of the second …
function M.questions(targets)
  local questions = {}
  for _, target in ipairs(targets) do
    questions[#questions + 1] = { target, "A" }
    questions[#questions + 1] = { target, "AAAA" }
  end
  return questions
end

--- Looks up many at once.
---@param questions table[] {target, type}
---@param options understudy.net.ResolverOptions
---@return table[]? lookups in the order of the questions
---@return understudy.Error? err
function M.lookups(questions, options)
  -- Brings in the event loop, which commands that only read files can do without.
  local net_resolver = require "understudy.net.resolver"
  local resolver, err = net_resolver.new(options)
  if not resolver then
    return nil, err
  end
  local lookups
  lookups, err = resolver:lookup_all(questions)
  resolver:close()
  return lookups, err
end

return M
