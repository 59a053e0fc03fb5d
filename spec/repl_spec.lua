local command = require "spec.support.command"
local complete = require "understudy.repl.complete"
local help = require "understudy.repl.help"
local history = require "understudy.repl.history"
local session = require "understudy.repl.session"
local show = require "understudy.repl.show"
local understudy = require "understudy"

local ZONE <const> = [[
$ORIGIN example.net.
$TTL 300
@     SOA ns1 admin 7 4h 1h 2w 5m
      NS ns1
ns1   A 192.0.2.53
www   A 192.0.2.1
www   AAAA 2001:db8::1
wide.sub A 192.0.2.2
]]

-- A session to type into, and what it has printed since last asked.
local function new_session(rows)
  local printed = {}
  local typist = session.new(function(text)
    printed[#printed + 1] = text
  end, rows and function()
    return rows
  end)
  typist.environment.zone = assert(understudy.parse { text = ZONE })
  return typist, function()
    local text = table.concat(printed)
    printed = {}
    return text
  end
end

describe("a session", function()
  local typist, printed

  before_each(function()
    typist, printed = new_session()
  end)

  local function types(line, text)
    assert.is_nil(typist:feed(line))
    assert.equal(text, printed())
  end

  it("prints what an expression gives, and nothing of a statement", function()
    types("1 + 1", "2\n")
    types("x = 5", "")
    types("x, 'y', nil", "5\ty\tnil\n")
    types("= x", "5\n")
    types("zone", "example.net.  serial 7  6 records in 4 names\n")
  end)

  it("keeps what is typed as a local variable", function()
    types("local a <const>, b = 1, zone.serial", "")
    types("a + b", "8\n")
    types("local function f() return 'f' end", "")
    types("f()", "f\n")
  end)

  it("waits for the rest of a statement", function()
    types("for i = 1, 2 do", "")
    assert.is_true(typist:is_open())
    types("print(i)", "")
    types("end", "1\n2\n")
    assert.is_false(typist:is_open())
  end)

  it("forgets a statement that is abandoned", function()
    types("f(", "")
    typist:abandon()
    types("1", "1\n")
  end)

  it("complains of a statement that never ends", function()
    types("f(", "")
    assert.matches("near <eof>", typist:finish())
    assert.is_nil(typist:finish())
  end)

  it("has the library's names, after Lua's own", function()
    types("parse { text = '@ 1 A 192.0.2.1', origin = 'example.org' }",
      "example.org.  no serial  1 record in 1 name\n")
    types("error == _G.error", "true\n")
    types("_", "true\n")
  end)

  it("says what went wrong as a sentence, and what may have been meant", function()
    assert.equal("Zone has no method 'diffs', did you mean 'diff'?", typist:feed "zone:diffs()")
    assert.equal("attempt to index a nil value (global 'zoen'), did you mean 'zone'?", typist:feed "zoen.serial")
    typist:feed "err = understudy.error { code = 'io', line = 1, column = 7, message = 'message' }"
    assert.equal("1:7: message", typist:feed "error(err)")
    typist:feed "function f()"
    typist:feed "error 'no'"
    assert.is_nil(typist:feed "end")
    assert.equal("stdin:2: no", typist:feed "f()")
  end)

  it("prints the findings of an error", function()
    assert.is_nil(typist:feed "parse { text = 'a A 1\\nb A 2', origin = 'example.org' }")
    local text = printed()
    assert.matches("^nil\t1:5: .- … and 1 more\nline 1:5: error .-\nline 2:5: error ", text)
    assert.matches("\n2 errors, 0 warnings\n$", text)
  end)

  it("prints RRsets in columns, without using them up", function()
    local ns1 = "ns1.example.net.          300  A  192.0.2.53\n"
    local others = "wide.sub.example.net.     300  A  192.0.2.2\n" ..
      "www.example.net.          300  A  192.0.2.1\n"
    types("a = zone:rrsets { type = 'A' }", "")
    types("a", ns1 .. others)
    types("a", ns1 .. others)
    types("a().owner", "ns1.example.net.\n")
    types("a", others)
    types("zone:rrsets { type = 'MX' }", "no RRsets\n")
  end)

  it("says how many RRsets it does not show", function()
    assert.is_nil(typist:feed [[
      parse { text = "$GENERATE 1-25 h$ 60 A 192.0.2.$", origin = "example.org" }:rrsets()]])
    assert.matches("\n… 5 more RRsets\n$", printed())
  end)

  it("cuts what is longer than the screen", function()
    typist, printed = new_session(10)
    assert.is_nil(typist:feed "('line\\n'):rep(30)")
    assert.equal(("line\n"):rep(10) .. "… 20 more lines: show(_)\n", printed())
    assert.is_nil(typist:feed "show(_)")
    assert.equal(30, select(2, printed():gsub("line\n", "")))
    types("('line\\n'):rep(10)", ("line\n"):rep(10))
  end)
end)

describe("printing a value", function()
  it("writes tables as Lua, sorted and aligned", function()
    local text = show.value { b = { 1, "x" }, a = true, ["not a name"] = "\0\"\n", [2.5] = ("long "):rep(20) }
    assert.equal('{\n  [2.5]          = "' .. ("long "):rep(20) .. '",\n  ["not a name"] = "\\x00\\"\\n",\n' ..
      '  a              = true,\n  b              = { 1, "x" },\n}', text)
    assert.same({ b = { 1, "x" }, a = true, ["not a name"] = "\0\"\n", [2.5] = ("long "):rep(20) },
      load("return " .. text)())
  end)

  it("cuts what is too long or too deep, and does not run in circles", function()
    local list, circle = {}, {}
    for i = 1, 30 do
      list[i] = i
    end
    circle.circle = circle
    assert.matches("\n  20,\n  %-%- … 10 more\n}$", show.value(list))
    assert.matches("\n  30,\n}$", show.value(list, show.EVERYTHING))
    assert.equal("{ circle = <a table around this one> }", show.value(circle))
    assert.equal("{ { { { { … } } } } }", show.value { { { { { { 1 } } } } } } )
  end)

  it("keeps control characters from the terminal", function()
    assert.equal("two\nlines", show.value "two\nlines")
    assert.equal('"\\x1b[2J"', show.value "\27[2J")
    assert.equal('"\\xff"', show.value "\xff")
  end)

  it("prints findings, lookups and answers as sentences", function()
    local zone = assert(understudy.parse { text = "@ 300 A 192.0.2.1", origin = "example.net" })
    assert.matches("^error zone%.soa%.missing: .-\n    .", show.value(zone:check()[1]))
    local answers = assert(understudy.answers())
    local addresses = { "192.0.2.1", "192.0.2.2" }
    answers:learn({ target = "a.", type = "A", outcome = "addresses", ttl = 60, addresses = addresses }, 1)
    answers:learn({ target = "b.", type = "AAAA", outcome = "failure", error = "timed out" }, 1)
    assert.equal("a. A  192.0.2.1, 192.0.2.2  (fresh, TTL 60)", show.value(answers:get("a.", "A")))
    assert.equal("b. AAAA  (unresolved, TTL 0)  timed out", show.value(answers:get("b.", "AAAA")))
  end)
end)

describe("completion", function()
  local environment = new_session().environment
  environment.list = { { word = 1 }, name = "x" }

  local function completes(text, ...)
    local from = text:match "()[^%s\"'=({,]*$"
    assert.same({ ... }, complete.words(environment, text, from))
  end

  it("knows names", function()
    completes("zon", "zone")
    completes("print(under", "understudy")
    completes("serial_c", "serial_compare(")
    completes("tostr", "tostring(")
  end)

  it("knows methods and fields", function()
    completes("zone:dif", "zone:diff(")
    completes("zone.ser", "zone.serial")
    completes("#zone.na", "#zone.name_count")
    completes("understudy.units.sp", "understudy.units.span(")
    completes("list[1].wo", "list[1].word")
    completes("list.na", "list.name")
    completes("list.name:upp", "list.name:upper(")
    completes("nothing.x")
  end)

  it("knows what calls return", function()
    completes("zone:check():tot", "):totable(")
    completes("zone:lookup('www', 'A').tt", ").ttl")
    completes("understudy.parse { file = 'x' }")
    completes("parse(x):with_", "x):with_serial(")
  end)

  it("knows owners, types, topics and files in quotes", function()
    completes('zone:lookup("ww', "www")
    completes('zone:lookup("', "@", "ns1", "wide.sub", "www")
    completes('zone["ns', "ns1")
    completes('zone:lookup("www", "AAA', "AAAA")
    completes('zone:rrsets { type = "ALI', "ALIAS")
    completes('zone:rrsets { under = "wi', "wide.sub")
    completes('help "zone:loo', "zone:lookup")
    completes('parse { file = "spec/repl_s', "spec/repl_spec.lua")
    completes('parse { file = "spec/fixt', "spec/fixtures/")
    completes('"no idea')
  end)

  it("calls nothing and survives what throws", function()
    local called = false
    environment.trap = function() called = true end
    complete.words(environment, "trap().x", 1)
    assert.is_false(called)
    completes("zone.nothing.more")
  end)
end)

describe("help", function()
  it("lists topics", function()
    assert.matches("\n  zone +A snapshot of a zone%.\n", help.page())
  end)

  it("finds entries by their names", function()
    for _, name in ipairs { "zone:lookup", "zone.lookup" } do
      assert.matches("^zone:lookup%(owner, type%) → RRset%?\n\n  Finds one RRset%.", help.page(name))
    end
    assert.matches("^understudy%.parse%(options%) → Zone | nil, Error\n", help.page "parse")
    assert.matches("^diff:nsupdate%(%)", help.page "nsupdate")
    assert.matches("^Zone\n", help.page "zone")
  end)

  it("finds entries by values", function()
    local zone = assert(understudy.parse { text = ZONE })
    assert.equal(help.page "zone", help.page(zone))
    assert.equal(help.page "zone:diff", help.page(zone.diff))
    assert.equal(help.page "understudy.parse", help.page(understudy.parse))
    assert.equal(help.page "error", help.page(select(2, understudy.parse { file = "/nowhere" })))
  end)

  it("suggests what was meant", function()
    assert.equal("There is no help for 'zone:dif', did you mean 'zone:diff'?\n", help.page "zone:dif")
    assert.equal("There is no help for 'qqqqqqqq'; help() lists topics.\n", help.page "qqqqqqqq")
    assert.equal("There is no help for a number.\n", help.page(1))
  end)
end)

describe("history", function()
  it("keeps lines from session to session, for its owner only", function()
    local folder, remove = command.folder {}
    finally(remove)
    local path = folder .. "/state/understudy/history"
    local first = history.new(path)
    assert.same({}, first:lines())
    assert.is_true(first:add "one")
    assert.is_false(first:add "one")
    assert.is_false(first:add "  ")
    assert.is_true(first:add "two")
    assert.same({ "one", "two" }, history.new(path):lines())
    local mode = command.shell(("stat -c %%a %s"):format(path))
    assert.equal("600\n", mode.out)
  end)

  it("does not grow for ever", function()
    local folder, remove = command.folder {}
    finally(remove)
    local path = folder .. "/history"
    local file <close> = assert(io.open(path, "w"))
    for i = 1, 2100 do
      file:write(i, "\n")
    end
    file:close()
    assert.equal("1101", history.new(path):lines()[1])
    assert.equal(1000, #history.new(path):lines())
    assert.equal("1000\n", command.shell("wc -l <" .. path).out)
  end)

  it("does without a folder that it cannot make", function()
    assert.is_true(history.new("/dev/null/understudy/history"):add "one")
  end)
end)

describe("understudy repl", function()
  local function pipe(input, arguments)
    local folder, remove = command.folder {
      input = input, ["a.zone"] = ZONE, ["bad.zone"] = "x", ["p.lua"] = "return 1",
    }
    finally(remove)
    return command.shell(("cd %s && $understudy repl %s <input"):format(folder, arguments))
  end

  it("runs what is piped in", function()
    local result = pipe("zone\nlocal x = #zone\nfor i = 1, 2 do\n  print(i * x)\nend\nzone2 == zone", "a.zone a.zone")
    assert.equal("", result.err)
    assert.equal("example.net.  serial 7  6 records in 4 names\n6\n12\ntrue\n", result.out)
    assert.equal(0, result.status)
  end)

  it("ends at the first fault", function()
    local result = pipe("1\nzone:diffs()\n2\n", "a.zone")
    assert.equal("1\n", result.out)
    assert.equal("line 2: Zone has no method 'diffs', did you mean 'diff'?\n", result.err)
    assert.equal(2, result.status)
  end)

  it("refuses files that it cannot read", function()
    assert.equal(2, pipe("", "bad.zone").status)
    assert.equal(2, pipe("", "absent.zone").status)
    assert.equal(2, pipe("", "--policy p.lua").status)
  end)

  -- Types on a terminal: texts, each once what was printed has come to end in the text before it.
  local function type_on_terminal(environment, steps)
    local folder, remove = command.folder { ["a.zone"] = ZONE }
    finally(remove)
    assert(os.execute(("mkfifo %s/in %s/out"):format(folder, folder)))
    assert(os.execute(("cd %s && HOME=%s XDG_STATE_HOME= TERM=dumb %s timeout 60 script -qec 'exec %s repl a.zone' "
      .. "/dev/null <in >out 2>&1 &"):format(folder, folder, environment, command.quoted(command.program))))
    local input <close> = assert(io.open(folder .. "/in", "w"))
    local output <close> = assert(io.open(folder .. "/out", "r"))
    input:setvbuf "no"
    local all = {}
    local function await(text)
      local seen = ""
      while seen:sub(-#text) ~= text do
        local character = output:read(1)
        assert.is_not_nil(character, "ended after " .. table.concat(all))
        seen, all[#all + 1] = seen .. character, character
      end
    end
    for _, step in ipairs(steps) do
      await(step[1])
      input:write(step[2])
    end
    all[#all + 1] = output:read "a"
    local file <close> = io.open(folder .. "/.local/state/understudy/history")
    return (table.concat(all):gsub("\r", "")), file and file:read "a"
  end

  -- A bare chroot may have none.
  local function no_terminals()
    return not os.execute "script -qec true /dev/null >/dev/null 2>&1" and "no pseudo-terminals here"
  end

  it("ends what runs at Ctrl-C, and itself at Ctrl-D", function()
    if no_terminals() then
      return pending(no_terminals())
    end
    -- Without a home there is no readline.
    local printed = type_on_terminal("env -u HOME", {
      { "> ", "zone.serial\n" }, { "7\r\n> ", "print 'running' while true do end\n" }, { "\nrunning\r\n", "\3" },
      { "interrupted\r\n> ", "x = (\n" }, { ">> ", "\3" }, { "\n> ", "6 * 7\n" }, { "42\r\n> ", "\4" },
    })
    assert.matches("^understudy [^\n]+\nzone  = example%.net%.  serial 7 ", printed)
  end)

  it("completes, and remembers what was typed", function()
    if no_terminals() or not pcall(require, "readline") then
      return pending(no_terminals() or "the module readline is not installed")
    end
    local _, lines = type_on_terminal("", {
      { "> ", "zone.ser\t\r" }, { "7\r\n> ", "zone:lookup(\"ww\t" }, { "www\"", ", \"A\")[1]\r" },
      { "192.0.2.1\r\n> ", "nonsense\3" }, { "^C\r\n> ", "while true do end\r" }, { "\n", "\3" },
      { "interrupted\r\n> ", "\27[A\27[A\27[A\r" }, { "7\r\n> ", "\4" },
    })
    assert.equal("zone.serial\nzone:lookup(\"www\", \"A\")[1]\nwhile true do end\nzone.serial\n", lines)
  end)
end)
