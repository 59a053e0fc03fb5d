-- Quoting attacked with thousands of random texts and numbers: what is written is read back, no other row changes, and
-- no statement is broken.
local database = require "understudy.store.database"
local stores = require "spec.support.stores"

local SEED <const> = tonumber(os.getenv "UNDERSTUDY_SEED") or os.time()
local STATEMENTS <const>, ROWS <const> = 40, 100 -- so many rows in each statement
local LONG <const> = 30000

-- What ends, begins or hides a text in one of the dialects.
local PIECES <const> = {
  "'", "''", "\\", "\\'", "\\\\'", "\"", "`", "$$", "$x$", "$1", "?", "?1", "@a", ":text", ":t_ab", "::text", "%", "%s",
  "%1", "%%", "--", "--\n", "/*", "*/", "/*'*/", ";", "; DELETE FROM attacked;", "') --", "'||'", "E'", "e'\\'", "U&'",
  "x'00'", "N'", "\0", "\0'", "\26", "\b", "\127", "\r\n", "\n", "\t", "\u{FEFF}", "\u{2028}", "\u{FFFE}",
  "\u{10FFFF}", "\xC3", "\xC3'", "\xE2\x80", "\xE2\x80'", "\xF0\x9F\x98", "\xF0\x9F\x98'", "\xED\xA0\x80",
  "\xC0\xA7", "\xE0\x80\xA7", "\xF4\x90\x80\x80", "\xBF'", "\xA7", "\xFF", "\xFE'", "\x95\\", "\x95\\'", "NULL",
  "(", ")", "", " ", "ü", "\\x27", "\\u0027", "\\000", "U&'\\0027'", "CAST(x'27' AS TEXT)",
}

local function random_octets()
  local octets = {}
  for i = 1, math.random(0, 24) do
    octets[i] = string.char(math.random(0, 255))
  end
  return table.concat(octets)
end

local function random_text()
  local parts = {}
  for i = 1, math.random(0, 8) do
    parts[i] = math.random(4) == 1 and random_octets() or PIECES[math.random(#PIECES)]
  end
  local text = table.concat(parts)
  return math.random(400) == 1 and #text > 0 and text:rep(LONG // #text) or text
end

local NUMBERS <const> = { 0, -1, math.maxinteger, math.mininteger, math.mininteger + 1, 4294967295, -2147483649 }
local REALS <const> = { 0.0, -0.5, 0.1, 1 / 3, 2.0 ^ 53, -1e15, 1e-7, 1767225600.0625, 4294967296.25 }

local function random_number()
  return math.random(3) == 1 and NUMBERS[math.random(#NUMBERS)] or math.random(0) >> math.random(0, 63)
end

-- Numbers as large as times are: SQLite rounds those near the ends of what a double holds.
local function random_real()
  return math.random(3) == 1 and REALS[math.random(#REALS)] or (math.random() - 0.5) * 10.0 ^ math.random(-6, 15)
end

-- What PostgreSQL holds of a text: what is no UTF-8 or NUL is written as people see it. Said anew here, octet by octet.
local function visible(text)
  local parts, at = {}, 1
  while at <= #text do
    local length = 0
    repeat
      length = length + 1
    until length == 5 or utf8.len(text:sub(at, at + length - 1)) == 1
    if length < 5 and text:byte(at) ~= 0 then
      parts[#parts + 1], at = text:sub(at, at + length - 1), at + length
    else
      parts[#parts + 1], at = ("\\x%02X"):format(text:byte(at)), at + 1
    end
  end
  return table.concat(parts)
end

local HELD <const> = {
  sqlite = function(text)
    return text
  end,
  postgresql = visible,
}

-- An INSERT of many rows, with names for their values, and these.
local function insert_of(rows)
  local parts, values = {}, {}
  for i, row in ipairs(rows) do
    local letters = ("%c%c"):format(97 + i // 26, 97 + i % 26)
    parts[i] = ("(%d, :t_%s, :n_%s, :r_%s, 'between', :t_%s)"):format(row.id, letters, letters, letters, letters)
    values["t_" .. letters], values["n_" .. letters], values["r_" .. letters] = row.text, row.number, row.real
  end
  return "INSERT INTO attacked VALUES " .. table.concat(parts, ", "), values
end

for _, kind in ipairs(stores.KINDS) do
  describe("values in a statement for " .. kind, function()
    local fixture = stores.fixture(kind)

    setup(fixture.start)
    after_each(fixture.forget)
    teardown(fixture.stop)

    it("are what is written, whatever is in them", function()
      math.randomseed(SEED)
      local db <close> = assert(database.open(fixture.where()))
      local create = "CREATE TABLE attacked (id INTEGER, text TEXT, number INTEGER, real REAL, fixed TEXT, again TEXT)"
      for _, pair in ipairs(db.driver.words) do
        create = create:gsub(pair[1], pair[2])
      end
      assert(db:execute(create))
      local written, held = {}, {}
      for _ = 1, STATEMENTS do
        local rows = {}
        for i = 1, ROWS do
          rows[i] = { id = #written + 1, text = random_text(), number = random_number(), real = random_real() }
          written[#written + 1], held[#held + 1] = rows[i], HELD[kind](rows[i].text)
        end
        local statement, values = insert_of(rows)
        assert.equal(ROWS, db:execute(statement, values), "seed " .. SEED)
      end
      local read = assert(db:rows "SELECT * FROM attacked ORDER BY id")
      assert.equal(#written, #read)
      for i, row in ipairs(read) do
        if row.text ~= held[i] or row.again ~= held[i] or row.fixed ~= "between" then
          error(("seed %d: %q became %q"):format(SEED, held[i], row.text))
        end
        for name, type_of in pairs { number = "integer", real = "float" } do
          assert(row[name] == written[i][name] and math.type(row[name]) == type_of,
            ("seed %d: %.17g became %.17g"):format(SEED, written[i][name], row[name]))
        end
      end
      -- A list finds what it names, and nothing else.
      local some, named, found = {}, {}, {}
      for i = 1, 500 do
        local at = math.random(#written)
        some[i], named[held[at]] = written[at].text, true
      end
      for _, row in ipairs(assert(db:rows("SELECT text FROM attacked WHERE text IN :some", { some = some }))) do
        found[row.text] = true
      end
      assert.same(named, found)
    end)
  end)
end
