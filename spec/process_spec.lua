-- Servers that specs start end with the test process, also when it is killed and can do nothing about it.
local command = require "spec.support.command"
local nsd = require "spec.support.nsd"

-- Starts one of each, tells their numbers, and waits to be killed.
local STARTER <const> = [[
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local peers = require "spec.support.peers"
local postgresql = require "spec.support.postgresql"
local folder = ...
local kept = { require("spec.support.knot").start("example.com.", "@ 60 SOA a b 1 2 3 4 5\n") }
for _, kind in ipairs(peers.KINDS) do
  kept[#kept + 1] = peers.start(kind, { secondary = { "example.com." }, primary = "127.0.0.1:1" })
end
local pids = {}
for i, server in ipairs(kept) do
  pids[i] = io.open(server.folder .. "/pid"):read "a"
end
kept[#kept + 1] = postgresql.start()
pids[#pids + 1] = io.open(kept[#kept].folder .. "/data/postmaster.pid"):read "l"
kept[#kept + 1] = daemons.start(folder)
pids[#pids + 1] = kept[#kept]:read "pid"
io.write(table.concat(pids, " "):gsub("\n", ""), "\n")
for _, server in ipairs(kept) do
  io.write(server.folder, "\n")
end
io.write("ready\n")
io.flush()
require("cqueues").sleep(600)
]]

describe("servers of specs", function()
  for what, target in pairs { ["the test process is killed"] = "%d", ["its whole group is killed"] = "-- -%d" } do
    it("end and leave nothing behind when " .. what, function()
      local folder, remove = command.folder {
        ["policy.lua"] = ([[return policy {
          listen = "127.0.0.1:%d", source = source.file "%%s.zone", zones = { "example.com" },
          targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
        }]]):format(nsd.free_port()),
        ["starter.lua"] = STARTER,
      }
      finally(remove)
      local interpreter = os.getenv "LUA_HOST" or arg[-1]
      local pipe <close> = assert(io.popen(("exec setsid sh -c 'echo $$; exec %s %s/starter.lua %s' 2>&1"):format(
        interpreter, folder, folder)))
      local starter = assert(pipe:read "n", "the starter did not begin")
      local rest, folders, pids = pipe:read "l", {}, pipe:read "l"
      assert.equal("", rest)
      for line in pipe:lines() do
        if line == "ready" then
          break
        end
        folders[#folders + 1] = line
      end
      assert.equal(7, #folders, pids)
      for pid in pids:gmatch "%d+" do
        assert.truthy(os.execute(("kill -0 %d 2>/dev/null"):format(pid)), pids)
      end
      assert(os.execute(("env kill -KILL " .. target):format(starter)))
      for pid in pids:gmatch "%d+" do
        nsd.await(("the end of process %d"):format(pid), function()
          return not os.execute(("kill -0 %d 2>/dev/null"):format(pid))
        end)
      end
      for _, path in ipairs(folders) do
        nsd.await("the removal of " .. path, function()
          return path == folder or not os.execute("test -e " .. path)
        end)
      end
    end)
  end
end)
