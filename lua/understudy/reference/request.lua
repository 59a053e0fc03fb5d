--- request: what can be done with a message of ours.
return {
  name = "request",
  title = "Request",
  class = "understudy.Request",
  text = "A SOA query, NOTIFY or request for a transfer of ours; made by `core.request`.",
  entries = {
    { name = "request.octets", type = "string", text = "The message." },
    { name = "request.id", type = "integer", text = "Its id." },
    {
      name = "request:read",
      parameters = {
        { "octets", "string", "a message from the network" },
        { "now", "number", "seconds since the epoch" },
      },
      returns = { { "Response", "" } },
      errors = {
        { "absent", "it is no answer to this request: wait on" },
        { "refused", "its signature is wrong or missing: wait on" },
        { "syntax", "it is malformed" },
      },
      text = "Reads an answer, and verifies its signature if the request was signed.",
      example = [[
> core = require "understudy.core"
> request = core.request { origin = "example.com" }
> request:read(core.query(request.octets):soa(zone, os.time()), os.time()).serial
2026112301
]],
    },
    {
      name = "request:records",
      parameters = { { "octets", "string", "a message that request:read took" } },
      returns = {
        { "table[]", "the answer section: { owner=, type=, ttl=, data= }, …" },
        { "table[]", "the authority section" },
        { "table[]", "the additional section, without OPT" },
      },
      errors = { { "syntax", "it is malformed" } },
      text = "The records of an answer.",
      example = [[
> core = require "understudy.core"
> request = core.request { kind = "query", origin = "example.com", type = "SOA" }
> request:records(core.query(request.octets):soa(zone, os.time()))[1].ttl
3600
]],
    },
    {
      name = "request:inbound",
      parameters = { { "limits?", "table", "see below" } },
      options = {
        { "max_records?", "integer", "100 million by default" },
        { "max_octets?", "integer", "of all messages; 4 GiB by default" },
      },
      returns = { { "Inbound", "" } },
      errors = { { "memory", "there was too little" } },
      text = "What takes the messages that answer a request of kind \"transfer\".",
    },
  },
}
