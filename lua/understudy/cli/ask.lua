--- ask: puts a request about one zone to the daemon, or does what it would do when none runs.

local cli_policy = require "understudy.cli.policy"
local percent = require "understudy.percent"

local M = {}

local ANSWER_WITHIN <const> = 90 -- seconds; longer than the daemon waits for slow targets

--- Declares the arguments that all such commands have.
---@param parser any
function M.arguments(parser)
  parser:argument("zones", "The zone."):argname "ZONE"
  cli_policy.option(parser)
  parser:flag("--json", "Answer as JSON.")
end

--- Declares `--for`, how long a zone stays frozen.
---@param parser any
function M.duration_option(parser)
  local units = require "understudy.units"
  parser:option("--for", "How long, such as 2h; without it until 'understudy thaw'."):argname "TIME"
    :target "seconds":convert(function(text)
      return units.duration(text)
    end)
end

--- Who asks, for the record.
---@return string
function M.who()
  return os.getenv "SUDO_USER" or os.getenv "USER" or os.getenv "LOGNAME" or "someone"
end

--- Loads the policy and asks about the zone of the arguments.
---@param args {policy: string?, zones: string|string[]}
---@param request {method: string, rest: string, body?: table, work?: boolean} rest of the path behind the zone's
---  name; work: what is asked needs the zone to go its way
---@return table? answer
---@return understudy.Error? err
function M.zone(args, request)
  local wanted = { policy = args.policy, zones = { args.zones } }
  local policy, zones, err = cli_policy.load_zones(wanted)
  if not policy then
    return nil, err
  end
  local client = require "understudy.server.http.client"
  local folder = require "understudy.store.folder"
  local path = ("/v1/zones/%s%s"):format(percent.encode(zones[1].name), request.rest)
  local answer
  answer, err = client.request(folder.socket(policy.state), request.method, path, ANSWER_WITHIN, request.body)
  if not answer and err.code == "absent" and not err.message:find "^the policy" then
    return require("understudy.daemon").answer(policy, { method = request.method, path = path, body = request.body },
      request.work or false)
  end
  return answer, err
end

--- Ends a command with an error: one that says why the daemon did not do it is no fault of the input.
---@param console understudy.Console
---@param err understudy.Error
---@return integer? status
---@return understudy.Error? err
function M.fail(console, err)
  if err.code == "refused" or err.code == "busy" then
    console.err:write("understudy: ", err.message, "\n")
    return 1
  end
  return nil, err
end

--- Prints an answer as JSON, or by a function for people.
---@param args {json: boolean}
---@param console understudy.Console
---@param answer table?
---@param err understudy.Error?
---@param show fun(out: understudy.Output, answer: table)
---@return integer? status
---@return understudy.Error? err
function M.show(args, console, answer, err, show)
  if not answer then
    return M.fail(console, err)
  elseif args.json then
    console.out:json(answer)
  else
    show(console.out, answer)
  end
  return 0
end

return M
