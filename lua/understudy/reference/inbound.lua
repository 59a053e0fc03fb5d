--- inbound: what can be done with a zone on its way in from a primary.
return {
  name = "inbound",
  title = "Inbound",
  class = "understudy.Inbound",
  text = "A zone on its way in from a primary, message by message; made by `request:inbound`.",
  entries = {
    {
      name = "inbound:take",
      parameters = { { "octets", "string", "the next message" }, { "now", "number", "seconds since the epoch" } },
      returns = { { "boolean", "whether the zone is whole" } },
      errors = {
        { "refused", "the primary refuses, or a signature is wrong or missing" },
        { "syntax", "the messages are no transfer" },
        { "limit", "it is too large" },
      },
      text = "Takes a message. After an error nothing more can come of the transfer.",
      example = [[
> core = require "understudy.core"
> flat = understudy.parse { text = "@ 60 SOA ns admin 1 4h 1h 2w 5m", origin = "example.net" }
> request = core.request { kind = "transfer", origin = "example.net" }
> inbound = request:inbound()
> inbound:take(core.query(request.octets):transfer(flat):next(os.time()), os.time())
true
> inbound:finish() == flat
true
]],
    },
    {
      name = "inbound:finish",
      parameters = {},
      returns = { { "Zone", "the one asked from, if nothing is newer" } },
      errors = { { "refused", "it is not whole, or its changes do not fit the zone that was asked from" } },
      text = "The zone that came.",
    },
    {
      name = "inbound.incremental",
      type = "boolean",
      text = "Whether changes came, or the news that there are none; then finishing can be refused.",
    },
    { name = "inbound:close", parameters = {}, text = "Lets go of what came. More often is no harm." },
  },
}
