--- query: what can be done with a request as a server sees it.
return {
  name = "query",
  title = "Query",
  class = "understudy.Query",
  text = [[A request as a server sees it; made by `core.query`. Each way to answer gives the octets of a
message, signed if the query was verified with a key. `now` is seconds since the epoch.]],
  entries = {
    { name = "query.id", type = "integer", text = "The message id." },
    { name = "query.opcode", type = "string", text = [["query", "notify", "update" … or "opcode5".]] },
    {
      name = "query.name",
      type = "string?",
      text = "The name that is asked for; nil without a question.",
      example = [[
> core = require "understudy.core"
> query = core.query(core.request { origin = "example.com" }.octets)
> query.name, query.type
example.com.	SOA
]],
    },
    { name = "query.type", type = "string", text = [["SOA", "AXFR".]] },
    { name = "query.class", type = "string", text = [["IN".]] },
    { name = "query.serial", type = "integer?", text = "The serial in an IXFR query or NOTIFY." },
    { name = "query.udp_size", type = "integer", text = "The largest answer that the client takes by UDP." },
    { name = "query.edns_version", type = "integer?", text = "nil without EDNS." },
    { name = "query.key_name", type = "string?", text = "The name of the TSIG key; nil if it is not signed." },
    { name = "query.malformed", type = "boolean", text = "Whether only FORMERR can be the answer." },
    {
      name = "query:question",
      parameters = {},
      returns = {
        { "string?", "the name in lower case; nil without a question" }, { "string", "the type" },
        { "string", "the class" }, { "string", "the opcode" },
      },
      text = "What is asked, in one call.",
      example = [[
> core = require "understudy.core"
> core.query(core.request { origin = "Example.com" }.octets):question()
example.com.	SOA	IN	query
]],
    },
    {
      name = "query:verify",
      parameters = { { "key", "Key?", "ours of that name; nil if we have none" }, { "now", "number", "the time" } },
      returns = { { "boolean?", "true" }, { "string?", "the error to answer with" }, { "string?", "the TSIG error" } },
      text = [[Verifies the signature of a query that has `key_name`; else nil and why not. Answers are then
signed.]],
      example = [[
> core = require "understudy.core"
> key = understudy.key { name = "ns-b", secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" }
> query = core.query(core.request { origin = "example.com", key = key }.octets)
> query:verify(key, os.time()), query:verify(nil, os.time())
true	nil	NOTAUTH	BADKEY
]],
    },
    {
      name = "query:pad",
      parameters = {},
      text = [[Has answers padded to multiples of 468 octets (RFC 8467), if the query was padded. For encrypted
transports, where the size is all that others see.]],
    },
    {
      name = "query:error",
      parameters = { { "rcode", "string", [["REFUSED", "NOTAUTH" …]] }, { "now", "number", "the time" } },
      returns = { { "string", "octets" } },
      errors = { { "limit", "the answer is too long" } },
      text = "Answers with an error.",
      example = [[
> core = require "understudy.core"
> query = core.query(core.request { origin = "example.com" }.octets)
> #query:error("REFUSED", os.time())
29
]],
    },
    {
      name = "query:soa",
      parameters = { { "zone", "Zone", "what is served" }, { "now", "number", "the time" } },
      returns = { { "string", "octets" } },
      errors = { { "absent", "the zone has no SOA" } },
      text = "Answers with the SOA of a zone.",
      example = [[
> core = require "understudy.core"
> query = core.query(core.request { origin = "example.com" }.octets)
> #query:soa(zone, os.time())
80
]],
    },
    {
      name = "query:truncated",
      parameters = { { "now", "number", "the time" } },
      returns = { { "string", "octets" } },
      errors = { { "limit", "the answer is too long" } },
      text = "Answers that the client must come back by TCP.",
      example = [[
> core = require "understudy.core"
> query = core.query(core.request { origin = "example.com" }.octets)
> #query:truncated(os.time())
29
]],
    },
    {
      name = "query:notify_reply",
      parameters = { { "now", "number", "the time" } },
      returns = { { "string", "octets" } },
      errors = { { "limit", "the answer is too long" } },
      text = "Answers a NOTIFY.",
      example = [[
> core = require "understudy.core"
> query = core.query(core.request { origin = "example.com" }.octets)
> #query:notify_reply(os.time())
29
]],
    },
    {
      name = "query:transfer",
      parameters = {
        { "zone", "Zone", "what is served" },
        { "diff?", "Diff", "from what the client has to this zone: sends only that (RFC 1995)" },
      },
      returns = { { "Transfer", "" } },
      errors = { { "refused", "the zone has no SOA, or records that cannot leave for a secondary" } },
      text = "Begins the transfer of a zone in answer.",
      example = [[
> core = require "understudy.core"
> query = core.query(core.request { origin = "example.com" }.octets)
> flat = understudy.parse { text = "@ 60 SOA ns admin 1 4h 1h 2w 5m", origin = "example.net" }
> #query:transfer(flat):next(os.time())
121
]],
    },
  },
}
