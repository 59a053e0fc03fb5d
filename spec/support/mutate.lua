--- mutate: zone files that are almost right: one small change to a valid one, as a slip of the hand or a faulty program
--- would make it. math.randomseed decides which.

local M = {}

local random <const> = math.random

local function pick(list)
  return list[random(#list)]
end

--- Where the tokens of a text begin and end; quotes and parentheses are parts of them.
local function tokens(text)
  local list = {}
  for first, last in text:gmatch "()[^%s]+()" do
    list[#list + 1] = { first = first, last = last - 1 }
  end
  return list
end

local function replaced(text, first, last, with)
  return text:sub(1, first - 1) .. with .. text:sub(last + 1)
end

local MARKS <const> = {
  "(", ")", "\"", ";", "\\", "@", "$", ".", "..", "\\256", "\\000", "\\.", "*", "#", "-", "é", "\r", " ",
}
local EDGES <const> = {
  "0", "00", "01", "-1", "+1", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296",
  "18446744073709551616", "1.0", "0x10", "1e3", "1h", "1h30", "h", "",
}
local WORDS <const> = {
  "IN", "CH", "ANY", "A", "TXT", "TYPE1", "TYPE0", "TYPE65535", "TYPE65536", "CLASS1", "CLASS2", "\\#", "\\# 0",
  "\\# 4 c0000201", "$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE 1-3", ".", "@", "60", "1w2d", "\"\"", "\"a b\"",
  "NOTHING",
}

-- What can happen to a text, each at a place by chance.
local CHANGES <const> = {
  flip = function(text)
    local at = random(#text)
    return replaced(text, at, at, string.char(text:byte(at) ~ 1 << random(0, 7)))
  end,
  mark = function(text)
    local at = random(#text)
    return replaced(text, at, at - 1, pick(MARKS))
  end,
  ["drop-octet"] = function(text)
    local at = random(#text)
    return replaced(text, at, at, "")
  end,
  ["drop-token"] = function(text)
    local token = pick(tokens(text))
    return replaced(text, token.first, token.last, "")
  end,
  ["double-token"] = function(text)
    local token = pick(tokens(text))
    return replaced(text, token.last + 1, token.last, " " .. text:sub(token.first, token.last))
  end,
  ["swap-tokens"] = function(text)
    local list = tokens(text)
    local i = random(#list - 1)
    local a, b = list[i], list[i + 1]
    return text:sub(1, a.first - 1) .. text:sub(b.first, b.last) .. text:sub(a.last + 1, b.first - 1)
      .. text:sub(a.first, a.last) .. text:sub(b.last + 1)
  end,
  ["other-word"] = function(text)
    local token = pick(tokens(text))
    return replaced(text, token.first, token.last, pick(WORDS))
  end,
  number = function(text)
    local numbers = {}
    for first, last in text:gmatch "()%d+()" do
      numbers[#numbers + 1] = { first = first, last = last - 1 }
    end
    local chosen = pick(numbers)
    return replaced(text, chosen.first, chosen.last, pick(EDGES))
  end,
  ["join-lines"] = function(text)
    local ends = {}
    for at in text:gmatch "()\n" do
      ends[#ends + 1] = at
    end
    local at = pick(ends)
    return replaced(text, at, at, pick { "", " " })
  end,
  ["cut"] = function(text)
    return text:sub(1, random(#text))
  end,
}

M.changes = {}
for name in pairs(CHANGES) do
  M.changes[#M.changes + 1] = name
end
table.sort(M.changes)

--- The text with one change, and the name of the change.
---@param text string
---@return string text
---@return string change
function M.text(text)
  local name = pick(M.changes)
  return CHANGES[name](text), name
end

return M
