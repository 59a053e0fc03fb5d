--- finding: the fields of a finding.
return {
  name = "finding",
  title = "Finding",
  class = "understudy.Finding",
  text = "What a rule has to say about a zone: a table, one of the `report[i]`.",
  entries = {
    {
      name = "finding.message",
      type = "string",
      text = "What is wrong, in one sentence.",
      example = [[
> report = understudy.parse { text = "www 300 A 192.0.2.1", origin = "example.net" }:check()
> report[1].message
example.net. is the name of the zone and has no SOA.
]],
    },
    { name = "finding.id", type = "string", text = [[The rule, "cname.coexist".]] },
    { name = "finding.severity", type = "string", text = [["error", "warning" or "info".]] },
    { name = "finding.owner", type = "string?", text = "The name that it is about." },
    { name = "finding.types", type = "string[]", text = "The record types that it is about." },
    { name = "finding.zone", type = "string?", text = "The zone's name." },
    {
      name = "finding.records",
      type = "table[]",
      text = [[{ file=, line=, column=, owner=, type=, data= } of what it is about, sixteen at most. A record that was
not read from a file has no file and line; a line that is no record has only those. Data of more than 255
characters is cut off and ends in "…".]],
    },
    { name = "finding.rule", type = "string", text = "What the rule asks for." },
    { name = "finding.consequence", type = "string", text = "What follows when nothing is done." },
    {
      name = "finding.options",
      type = "table[]",
      text = [[{ id=, label=, effect=, policy? }: between what the owner can choose; `policy` is a line of the
policy that does it.]],
    },
    { name = "finding.authority", type = "string", text = "Who says so: an RFC and its section." },
    {
      name = "finding.fingerprint",
      type = "string",
      text = "16 hexadecimal digits; the same for the same finding in later checks.",
    },
  },
}
