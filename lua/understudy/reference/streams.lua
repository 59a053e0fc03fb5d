--- streams: what can be done with the TCP connections of a name server.

local NUMBER <const> = { "number", "integer", "of the connection" }

return {
  name = "streams",
  title = "Streams",
  class = "understudy.Streams",
  text = [[The TCP connections of a name server (RFC 7766); made by `core.streams`. Queries come out one by one, and
each is answered before the next one is asked for. Nothing blocks. `pollfd`, `events` and `timeout` are what
cqueues.poll asks an object for.]],
  entries = {
    { name = "streams.count", type = "integer", text = "How many connections there are." },
    {
      name = "streams:listen",
      parameters = {
        { "descriptor", "integer", "of a socket that listens and does not block; who opened it closes it" },
      },
      returns = { { "boolean", "true" } },
      errors = { { "io", "that can't be waited for" }, { "limit", "there are too many" } },
      text = "Accepts connections from a socket.",
    },
    {
      name = "streams:next",
      parameters = {
        { "now", "number", "seconds of a clock that only goes forward" },
        { "wall", "number", "seconds since the epoch, for signatures" },
      },
      returns = {
        { "string?", [["query", "sent" and "broken" of a transfer, "full" when somebody was sent away, "error" when no
connection can be accepted for now; nil: nothing more for now]] },
        { "integer?", "the number of the connection" },
        { "string?", "the address of the peer" },
        { "string?", "the octets of the query, or what the problem is" },
      },
      text = "The next thing that happened.",
      example = [[
> core = require "understudy.core"
> core.streams():next(0, os.time())
]],
    },
    {
      name = "streams:answer",
      parameters = { NUMBER, { "octets", "string", "the message" } },
      text = "Answers the query that came last.",
    },
    {
      name = "streams:transfer",
      parameters = {
        NUMBER,
        { "transfer", "Transfer|string", [[which is closed by that; or the one message of another that was made for a
query in the same words, which gets the id of this one]] },
      },
      returns = { { "string?", "as from next, if it is over already" }, { "integer?", "" }, { "string?", "" },
        { "string?", "" } },
      text = "Answers it with a transfer.",
    },
    { name = "streams:drop", parameters = { NUMBER }, text = "Ends the connection in place of an answer." },
    {
      name = "streams:join",
      parameters = {
        { "descriptor", "integer", "of a connection that another serves, as those over TLS" },
        { "now", "number", "seconds of the clock of `next`" },
      },
      returns = { { "integer?", "its place; nil: there is none for it" } },
      text = [[Counts a connection in, within the limits of all. One that has to go is shut down: it was idle, and
somebody else came, or it was so for too long. Who serves it closes it, after it left.]],
    },
    {
      name = "streams:rest",
      parameters = {
        { "place", "integer", "that it got when it joined" }, { "now", "number", "seconds of the clock of `next`" },
        { "waits", "boolean", "for a query, as it does at first" },
      },
      text = "Says whether such a connection is idle.",
    },
    { name = "streams:leave", parameters = { { "place", "integer", "that it got" } }, text = "Counts it out." },
    {
      name = "streams:close",
      parameters = {},
      text = "Ends all connections. More often is no harm.",
    },
    {
      name = "streams:pollfd",
      parameters = {},
      returns = { { "integer", "a file descriptor" } },
      text = "What is to be polled.",
    },
    {
      name = "streams:events",
      parameters = {},
      returns = { { "string", [["r"]] } },
      text = "What it is to be polled for.",
    },
    {
      name = "streams:timeout",
      parameters = {},
      returns = { { "number?", "seconds" } },
      text = "How long to wait at most, from the last `next` on.",
    },
  },
}
