-- What the README shows is what a reader gets.
local command = require "spec.support.command"
local loader = require "understudy.policy"

local function slurp(path)
  local file <close> = assert(io.open(path))
  return (file:read "a")
end

local README <const> = slurp "README.md"

local function block(first)
  for fence, body in README:gmatch "\n```(%w*)\n(.-)\n```" do
    if body:find(first, 1, true) == 1 then
      return body, fence
    end
  end
  error("no block that begins with " .. first)
end

describe("the README", function()
  it("shows what the REPL prints", function()
    local excerpt = block "> zone = "
    local input = {}
    for line in excerpt:gmatch "[^\n]+" do
      input[#input + 1] = line:match "^> (.*)"
    end
    local folder, remove = command.folder { input = table.concat(input, "\n") .. "\n" }
    -- The REPL reads from a file here, so it does not echo what is typed.
    local result = command.shell(("lua5.4 -i -l understudy <%s/input 2>&1"):format(folder))
    remove()
    local printed = {}
    for line in result.out:gmatch "[^\n]+" do
      line = line:gsub("^> ", "")
      printed[line] = true
    end
    for line in excerpt:gmatch "[^\n]+" do
      assert.is_true(line:find "^> " ~= nil or printed[line], line .. "\n is not printed in\n" .. result.out)
    end
  end)

  it("has a policy of fewer than 15 lines that loads", function()
    local text = block "return policy"
    assert.is_true(select(2, text:gsub("\n", "")) + 1 < 15)
    local folder, remove = command.folder {
      ["policy.lua"] = text,
      ["ns-b.key"] = 'key "ns-b" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"; };\n',
    }
    assert(os.execute(("mkdir %s/keys && mv %s/ns-b.key %s/keys && chmod 600 %s/keys/ns-b.key"):format(
      folder, folder, folder, folder)))
    local policy, err = loader.load(folder .. "/policy.lua")
    remove()
    assert.is_nil(err)
    assert.equal("example.com.", policy.zones[1].name)
  end)

  it("lists the commands that there are", function()
    local listed, known = {}, {}
    for name in block("understudy check FILE"):gmatch "understudy (%w+)" do
      listed[#listed + 1] = name
    end
    for name in command.run("--help").out:match("Commands:\n(.-)\n\n"):gmatch "\n?%s+(%w+) +%u[^\n]*" do
      known[#known + 1] = name
    end
    assert.same(known, listed)
  end)

  it("names only files that exist", function()
    for path in README:gmatch "%]%(([^)]+)%)" do
      slurp(path)
    end
  end)
end)
