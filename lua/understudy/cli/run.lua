--- run: the daemon.

local cli_policy = require "understudy.cli.policy"

local M = { summary = "Keep the secondaries in step until stopped." }

function M.arguments(parser)
  cli_policy.option(parser)
end

function M.run(args)
  local policy, err = cli_policy.load(args.policy)
  if not policy then
    return nil, err
  end
  local ok
  ok, err = require("understudy.daemon").run(policy)
  return ok and 0, err
end

return M
