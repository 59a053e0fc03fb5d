-- What the command makes of what the daemon answers.
local client = require "understudy.server.http.client"
local command = require "spec.support.command"
local sync = require "understudy.cli.sync"

local POLICY <const> = [[
return policy {
  source = source.file "%s.zone", zones = { "a.example", "0/26.2.0.192.in-addr.arpa" },
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
}
]]

describe("understudy sync", function()
  local folder, remove, request, asked, answers

  before_each(function()
    folder, remove = command.folder { ["policy.lua"] = POLICY }
    request, asked = client.request, {}
    function client.request(_, method, path)
      asked[#asked + 1] = method .. " " .. path
      return answers[#asked]
    end
  end)

  after_each(function()
    client.request = request
    remove()
  end)

  local function run()
    local said = {}
    local out = { json = function() end }
    local status = assert(sync.run({ policy = folder .. "/policy.lua", zones = {}, json = true }, {
      out = out, err = { write = function(_, text)
        said[#said + 1] = text
      end },
    }))
    return status, table.concat(said)
  end

  it("fails when it is not known in time what came of it, though all was well before", function()
    answers = { { name = "a.example.", state = "ok", settled = true } }
    answers[2] = { name = "b.example.", state = "ok", settled = true }
    assert.same({ 0, "" }, { run() })
    assert.same({ "POST /v1/zones/a.example./sync", "POST /v1/zones/0%2F26.2.0.192.in-addr.arpa./sync" }, asked)
    asked = {}
    answers[2].settled = false
    local status, said = run()
    assert.equal(1, status)
    assert.equal("understudy: b.example. is still under way; to see how it goes on: understudy status b.example.\n",
      said)
  end)
end)
