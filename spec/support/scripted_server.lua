--- scripted_server: a program that answers DNS questions as a script says, faults included, by UDP and TCP on a port of
--- its own. spec/support/scripted.lua starts it.
---
---   lua5.4 spec/support/scripted_server.lua FOLDER
---
--- It reads FOLDER/script again for each question, so that the script can change, and adds a line for each to
--- FOLDER/questions. It ends when its standard input does.
local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local core = require "understudy.core"
local wire = require "spec.support.wire"

local TRUNCATED <const>, RECURSIVE <const>, CHECKING_DISABLED <const> = 0x0200, 0x0100, 0x0010
local RESPONSE <const> = 0x8480 -- QR, AA, RA
local LAME <const> = 0x8000

local folder <const> = arg[1]

local function load_script()
  return assert(loadfile(folder .. "/script", "t", {}))()
end

local function note(protocol, question)
  local file <close> = assert(io.open(folder .. "/questions", "a"))
  local function bit(flag)
    return question.flags & flag ~= 0 and 1 or 0
  end
  file:write(("%s %s %s id=%d rd=%d cd=%d edns=%d port=%d\n"):format(protocol, question.name, question.type,
    question.id, bit(RECURSIVE), bit(CHECKING_DISABLED), question.udp_size, question.port))
end

-- The messages that answer a question: what the script has for "name TYPE", for "name", or a refusal.
local function reactions(question)
  local script = load_script()
  local found = script[question.name .. " " .. question.type] or script[question.name] or { { rcode = "REFUSED" } }
  return found[1] and found or { found }
end

local function encode(question, reaction)
  if reaction.garbage then
    return reaction.garbage
  end
  return wire.response {
    id = reaction.wrong_id and question.id ~ 0x5555 or question.id,
    flags = (reaction.lame and LAME or RESPONSE) | question.flags & RECURSIVE | (reaction.truncated and TRUNCATED or 0),
    rcode = reaction.rcode,
    name = reaction.question or question.name,
    type = question.type,
    answer = reaction.answer,
    authority = reaction.authority,
  }
end

-- Sends what belongs to this protocol, one after the other.
local function react(protocol, question, send)
  for _, reaction in ipairs(reactions(question)) do
    if reaction.only == nil or reaction.only == protocol then
      if reaction.delay then
        cqueues.sleep(reaction.delay)
      end
      if not reaction.silent then
        send(encode(question, reaction), reaction)
      end
    end
  end
end

local function open()
  for _ = 1, 100 do
    local udp = assert(core.udp { address = "127.0.0.1", port = 0 })
    local tcp = socket.listen { host = "127.0.0.1", port = udp.port, reuseaddr = true }
    if pcall(tcp.listen, tcp) then -- it throws where a connection of another process has the port
      return udp, tcp
    end
    tcp:close()
    udp:close()
  end
  error "no port is free for both UDP and TCP"
end

local queue = cqueues.new()
local udp, tcp = open()
-- Other places that an answer can come from.
local forged = {
  port = assert(core.udp { address = "127.0.0.1", port = 0 }),
  address = assert(core.udp { address = "127.0.0.2", port = udp.port }),
}

queue:wrap(function()
  while true do
    local octets, address, port = udp:receive()
    local question = octets and wire.read_question(octets)
    if not octets then
      cqueues.poll(udp)
    elseif question then
      question.port = port
      note("udp", question)
      queue:wrap(react, "udp", question, function(message, reaction)
        local from = reaction.forged and forged[reaction.forged] or udp
        from:send(message, address, port)
      end)
    end
  end
end)

local function serve_stream(stream)
  local _, _, port = stream:peername()
  stream:setmode("bn", "bn")
  local prefix = stream:read(2)
  local octets = prefix and #prefix == 2 and stream:read((string.unpack(">I2", prefix)))
  local question = octets and wire.read_question(octets)
  if question then
    question.port = port
    note("tcp", question)
    react("tcp", question, function(message, reaction)
      local framed = string.pack(">s2", message)
      stream:write(reaction.cut and framed:sub(1, #framed // 2) or framed)
      stream:flush()
    end)
  end
  stream:close()
end

queue:wrap(function()
  while true do
    local stream = tcp:accept()
    if stream then
      queue:wrap(serve_stream, stream)
    end
  end
end)

queue:wrap(function()
  local input = socket.fdopen(0)
  io.stdout:write(udp.port, "\n")
  io.stdout:flush()
  input:read "*a"
  os.exit(0, false)
end)

assert(queue:loop())
