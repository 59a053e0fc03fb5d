--- resolver: the lookups that the command line makes by itself.

local core = require "understudy.core"

local M = {}

--- Declares `--resolver`.
function M.option(parser)
  parser:option("--resolver", "Name server to ask (default: the system's); may be given again.")
    :argname "ADDR[:PORT]":count "*":target "resolvers"
end

--- Looks up the addresses of names, both families of each.
---@param targets string[] names with their final dot
---@param servers string[] empty: those of the system
---@return table[]? lookups A and AAAA of the first target, then of the second …
---@return understudy.Error? err
function M.addresses(targets, servers)
  -- Brings in the event loop, which commands that only read files can do without.
  local net_resolver = require "understudy.net.resolver"
  local questions = {}
  for _, target in ipairs(targets) do
    questions[#questions + 1] = { target, "A" }
    questions[#questions + 1] = { target, "AAAA" }
  end
  local resolver, err = net_resolver.new { servers = #servers > 0 and servers or nil }
  if not resolver then
    return nil, err
  end
  local lookups
  lookups, err = resolver:lookup_all(questions)
  resolver:close()
  return lookups, err
end

--- An answer memory that has learned from lookups made just now.
---@param lookups table[]
---@return any answers
function M.answers(lookups)
  local answers = core.answers {}
  local now = os.time()
  for _, lookup in ipairs(lookups) do
    answers:learn(lookup, now)
  end
  return answers
end

return M
