--- udp: what a datagram socket can do.
return {
  name = "udp",
  title = "Udp",
  class = "understudy.Udp",
  text = [[A bound datagram socket that never blocks; made by `core.udp`. `pollfd`, `events` and `timeout`
are what cqueues.poll asks an object for.]],
  entries = {
    { name = "udp.address", type = "string", text = "The address that it is bound to." },
    { name = "udp.port", type = "integer", text = "The port that it is bound to." },
    {
      name = "udp:receive",
      parameters = {},
      returns = {
        { "string?", "octets; nil when there is nothing" },
        { "string?", "the address that they came from" },
        { "integer?", "the port" },
        { "string?", "the address of ours that they came to" },
      },
      errors = { { "network", "receiving failed" } },
      text = "Takes a message.",
      example = [[
> require "understudy.core".udp { address = "127.0.0.1" }:receive()
]],
    },
    {
      name = "udp:send",
      parameters = {
        { "octets", "string", "the message" },
        { "address", "string", "where it goes" },
        { "port", "integer", "where it goes" },
        { "local?", "string", "the address of ours that it leaves from" },
      },
      returns = { { "boolean", "true" } },
      errors = {
        { "busy", "the system cannot take more now" },
        { "limit", "the message is too long" },
        { "network", "sending failed" },
      },
      text = "Sends a message.",
      example = [[
> udp = require "understudy.core".udp { address = "127.0.0.1" }
> udp:send("hello", udp.address, udp.port)
true
]],
    },
    {
      name = "udp:close",
      parameters = {},
      text = "Closes the socket. More often is no harm.",
    },
    {
      name = "udp:pollfd",
      parameters = {},
      returns = { { "integer", "a file descriptor" } },
      text = "What is to be polled.",
    },
    {
      name = "udp:events",
      parameters = {},
      returns = { { "string", [["r"]] } },
      text = "What it is to be polled for.",
    },
    {
      name = "udp:timeout",
      parameters = {},
      returns = { { "nil", "" } },
      text = "There is nothing to do at a certain time.",
    },
  },
}
