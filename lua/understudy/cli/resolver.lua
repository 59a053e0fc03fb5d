--- resolver: the lookups that the command line makes by itself.

local alias = require "understudy.policy.alias"

local M = {}

--- Declares `--resolver`.
function M.option(parser)
  parser:option("--resolver", "Name server to ask (default: the system's); may be given again.")
    :argname "ADDR[:PORT]":count "*":target "resolvers"
end

--- What the option and the settings of ALIAS say, for `lookups`.
---@param args table
---@param settings table `alias` of a policy
---@return understudy.net.ResolverOptions
function M.options(args, settings)
  return alias.resolver(settings, #args.resolvers > 0 and args.resolvers or nil)
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
