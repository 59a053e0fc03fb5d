--- daemon: a real daemon as a process of its own. It ends with its object, or with this process.
---
---   local daemon <close> = daemon.start(folder)            -- with the policy.lua that is there
---   daemon:ask("GET", "/v1/status")
local client = require "understudy.server.http.client"
local command = require "spec.support.command"
local nsd = require "spec.support.nsd"
local process = require "spec.support.process"

local M = {}

local ANSWER_WITHIN <const> = 10

-- One shell tells the exit status, the other ends the daemon when it is told to or this process is gone.
local SCRIPT <const> = [[
cd %s || exit
exec 2>/dev/null
{ %s %s run --policy %s >out 2>>log & echo $! >pid; wait $!; echo $? >status; } &
read -r signal; pid=$(cat pid) || kill -KILL 0; kill -${signal:-KILL} $pid; wait
]]

---@class spec.Daemon
---@field folder string
local Daemon = {}
Daemon.__index = Daemon

--- What is in a file of its folder; "" without one.
function Daemon:read(name)
  local file <close> = io.open(self.folder .. "/" .. name, "rb")
  return file and file:read "a" or ""
end

--- Asks it through its control socket.
function Daemon:ask(method, path, body)
  return client.request(self.state .. "/control.sock", method, path, ANSWER_WITHIN, body)
end

--- Has it read its policy again.
function Daemon:hang_up()
  assert(os.execute("kill -HUP " .. self:read "pid"))
end

--- Ends it, by default as no program would wish; its exit status.
---@param signal? string
---@return integer?
function Daemon:stop(signal)
  if self.process then
    self.process:write(signal or "KILL", "\n")
    self.process:close()
    self.process = nil
  end
  return tonumber(self:read "status")
end

-- What went wrong meanwhile, which comes second, is no signal.
function Daemon:__close()
  self:stop()
end

--- Waits until secondaries can transfer.
---@param patience? number seconds
function Daemon:await_ready(patience)
  nsd.await("the daemon to be ready; its log: " .. self.folder .. "/log", function()
    return self:read("out"):find "^ready: " or self:read "status" ~= "" and error(self:read "log")
  end, patience)
end

--- Starts one and returns when secondaries can transfer. What it logs is in the file log.
---@param folder string
---@param options? {policy?: string, words?: string, state?: string, patience?: number, unready?: boolean}
--- the name of the policy file; words of the shell in front of the command: variables, another program; where its state
--- folder is seen from here, if not in its folder; seconds until it has to be ready; whether that is not waited for
---@return spec.Daemon
function M.start(folder, options)
  options = options or {}
  os.remove(folder .. "/out")
  os.remove(folder .. "/status")
  local self = setmetatable({ folder = folder, state = options.state or folder .. "/state" }, Daemon)
  self.process = process.guard(SCRIPT:format(command.quoted(folder), options.words or "",
    command.quoted(command.program), options.policy or "policy.lua"))
  if not options.unready then
    local ok, problem = pcall(self.await_ready, self, options.patience)
    if not ok then
      self:stop() -- once it is collected it would kill the daemon whose number is in the file by then
      error(problem, 0)
    end
  end
  return self
end

return M
