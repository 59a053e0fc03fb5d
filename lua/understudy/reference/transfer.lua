--- transfer: what can be done with a zone on its way to a secondary.
return {
  name = "transfer",
  title = "Transfer",
  class = "understudy.Transfer",
  text = "A zone on its way to a secondary, message by message; made by `query:transfer`.",
  entries = {
    {
      name = "transfer:next",
      parameters = {
        { "now", "number", "seconds since the epoch" },
        { "capacity?", "integer", "octets that the message may have; 65535 by default" },
      },
      returns = { { "string?", "octets; nil at the end" } },
      errors = { { "limit", "a record is too large for a message" } },
      text = "The next message.",
      example = [[
> core = require "understudy.core"
> flat = understudy.parse { text = "@ 60 SOA ns admin 1 4h 1h 2w 5m", origin = "example.net" }
> transfer = core.query(core.request { origin = "example.net" }.octets):transfer(flat)
> #transfer:next(os.time()), transfer:next(os.time())
110
]],
    },
    { name = "transfer.done", type = "boolean", text = "Whether the last message was made." },
    {
      name = "transfer:close",
      parameters = {},
      text = "Lets go of the zone. More often is no harm.",
    },
  },
}
