--- differences: where the rules differ from what name servers and zone checkers take, and why. A specification runs
--- those programs over its zones (spec/fixtures/zones) and finds these differences and no others.

local M = {}

---@class understudy.reference.Difference
---@field programs string[]
---@field why string
---@field zones? string[] names of zones that the programs refuse and that are no error here
---@field rules? string[] what is an error here, and the programs take at least one zone that breaks it

---@type understudy.reference.Difference[]
M.refused_elsewhere = {
  {
    programs = { "Knot" },
    zones = { "type-mb", "type-wks" },
    why = "kzonecheck cannot read the names of these types in a file. In a transfer, which has their numbers, Knot \z
      takes them.",
  },
  {
    programs = { "PowerDNS" },
    zones = { "type-wks" },
    why = "PowerDNS cannot read the name of this type in a file.",
  },
  {
    programs = { "PowerDNS" },
    zones = { "good-cert" },
    why = "PowerDNS reads the type of a certificate as a number only. It is published as a number.",
  },
  {
    programs = { "PowerDNS" },
    zones = { "ttls-differ", "record-twice", "record-twice-in-case", "svcb-twice-in-case" },
    why = "PowerDNS stores records one by one and takes this for an error in its store. What is published has one TTL \z
      an RRset and each record once; the owner is warned.",
  },
  {
    programs = { "PowerDNS" },
    zones = { "svcb-alias-with-parameters" },
    why = "PowerDNS 4.7 does not read parameters of an alias. RFC 9460 §2.4.2 has clients pass over them: a \z
      warning.",
  },
  {
    programs = { "validns" },
    zones = {
      "good-apl", "good-caa", "good-cds", "good-csync", "good-eui", "good-https-alias-with-address",
      "good-loc-and-others", "good-openpgpkey", "good-smimea", "good-svcb", "good-svcb-mandatory", "caa-flags-1",
      "caa-tag-unknown",
      "cdnskey-asks-for-removal", "cdnskey-of-another-key", "cds-asks-for-removal", "cds-below", "cds-of-another-key",
      "cds-not-of-cdnskey", "cds-with-another-digest", "good-cds-of-a-key-to-come", "good-cds-of-three-digests",
      "https-alias-at-apex", "openpgpkey-owner", "smimea-owner", "svcb-alias-beside-service",
      "svcb-alias-with-parameters", "svcb-target-missing", "svcb-target-without-address", "svcb-twice-in-case",
      "svcb-two-aliases", "type-wks",
    },
    why = "validns does not know the type.",
  },
  {
    programs = { "validns" },
    zones = {
      "owner-begins-with-hyphen", "owner-slash", "owner-star-in-label", "wildcard-inner", "wildcard-inner-text",
    },
    why = "validns wants host names where DNS takes any octets (RFC 2181 §11): a warning.",
  },
  {
    programs = { "validns" },
    zones = { "ttls-differ" },
    why = "validns takes it for an error; what is published has one TTL: a warning, and an error in the strict set.",
  },
  {
    programs = { "validns" },
    zones = { "ttl-from-soa" },
    why = "RFC 1035 has the minimum of the SOA as TTL where none is stated; validns does not: a warning.",
  },
  {
    programs = { "validns" },
    zones = { "rp-text-missing", "tlsa-at-host" },
    why = "Secondaries serve the record, and nothing else depends on it: a warning.",
  },
}

---@type understudy.reference.Difference[]
M.taken_elsewhere = {
  {
    programs = { "BIND", "Knot", "NSD", "PowerDNS", "validns" },
    rules = {
      "cname.loop", "deleg.occluded", "mx.cname", "mx.null_mixed", "name.at_sign", "name.idn", "naptr.fields",
      "soa.fields", "soa.mname.syntax", "soa.rname.at", "srv.cname", "srv.fields", "target.is_ip", "target.syntax",
      "type.spf99_alone",
    },
    why = "Secondaries load such a zone and serve it, but what it says cannot work. The lenient set makes it a \z
      warning.",
  },
  {
    programs = { "BIND", "Knot", "NSD", "PowerDNS" },
    rules = { "caa.value", "sshfp.fields", "svcb.loop", "svcb.self", "tlsa.fields", "type.dnssec_by_user" },
    why = "Secondaries load such a zone and serve it, but what it says cannot work; validns sees it too, or does not \z
      know the type.",
  },
  {
    programs = { "BIND", "Knot", "NSD", "PowerDNS", "validns" },
    rules = { "ds.format" },
    why = "Knot and validns refuse an unknown digest in a file, validns an unknown algorithm too. Neither is of use.",
  },
  {
    programs = { "BIND", "NSD", "PowerDNS", "validns" },
    rules = { "deleg.glue_missing" },
    why = "Knot refuses it in a zone file. The others load it, and nobody can follow the delegation.",
  },
  {
    programs = { "BIND", "NSD", "PowerDNS", "validns" },
    rules = { "ns.below_dname", "ns.no_address" },
    why = "BIND refuses it for the name servers of the zone itself, Knot for those of delegations too.",
  },
  {
    programs = { "BIND", "NSD", "PowerDNS" },
    rules = { "ns.cname" },
    why = "BIND refuses it for the name servers of the zone itself, Knot and validns for those of delegations too.",
  },
  { programs = { "BIND", "NSD", "PowerDNS", "validns" }, rules = { "dname.ns" }, why = "Only Knot refuses it." },
  { programs = { "BIND", "PowerDNS" }, rules = { "dname.children" }, why = "Knot, NSD and validns refuse it." },
  { programs = { "PowerDNS" }, rules = { "dname.multiple" }, why = "All others refuse it." },
  {
    programs = { "Knot", "NSD", "PowerDNS", "validns" },
    rules = { "deleg.wildcard_ns", "ds.apex", "rrset.size" },
    why = "Only BIND refuses it.",
  },
  { programs = { "Knot", "NSD", "PowerDNS" }, rules = { "cds.consistent" }, why = "Only BIND refuses it." },
  { programs = { "NSD" }, rules = { "type.refused" }, why = "NSD warns, BIND refuses it." },
  {
    programs = { "NSD", "validns" },
    rules = { "zone.ns.missing" },
    why = "BIND refuses such a zone, in a transfer too.",
  },
  {
    programs = { "Knot", "PowerDNS" },
    rules = { "zone.soa.missing" },
    why = "Both take the last SOA of several; BIND and NSD refuse the zone.",
  },
  { programs = { "Knot" }, rules = { "zone.soa.not_apex" }, why = "Knot leaves it out; BIND and NSD refuse the zone." },
  {
    programs = { "BIND", "Knot" },
    rules = { "zone.out_of_zone" },
    why = "Both leave the record out; NSD refuses the zone.",
  },
  {
    programs = { "BIND", "Knot", "NSD", "PowerDNS", "validns" },
    rules = { "rdata.syntax", "ttl.range" },
    why = "Each of them is laxer about some type or number; none takes all of it.",
  },
  {
    programs = { "Knot", "NSD", "PowerDNS", "validns" },
    rules = { "name.syntax" },
    why = "\\300 is no octet; they take another for it.",
  },
  { programs = { "validns" }, rules = { "name.length" }, why = "validns does not count." },
  {
    programs = { "NSD", "PowerDNS" },
    rules = { "file.syntax" },
    why = "They take a parenthesis that is never closed for closed by the end of the file.",
  },
}

local function names(list)
  local quoted = {}
  for i, name in ipairs(list) do
    quoted[i] = ("`%s`"):format(name)
  end
  return table.concat(quoted, ", ")
end

local function rows(head, list, key)
  local lines = { ("| programs | %s | why |\n|---|---|---|\n"):format(head) }
  for _, difference in ipairs(list) do
    lines[#lines + 1] = ("| %s | %s | %s |\n"):format(
      table.concat(difference.programs, ", "), names(difference[key]), difference.why)
  end
  return table.concat(lines)
end

--- The differences as a part of docs/checks.md.
---@return string
function M.text()
  return table.concat {
    [[
## Differences from other checkers

All zones of `spec/fixtures/zones`, good ones and bad ones with one fault each, are checked here and by
named-checkzone, kzonecheck, nsd-checkzone, validns and `pdnsutil check-zone`. What BIND, Knot or NSD refuse to load is
an error here; the only exceptions are types whose names Knot cannot read in a file. These are all the differences.

Refused there and no error here:

]],
    rows("zones", M.refused_elsewhere, "zones"),
    "\nAn error here and taken there, by at least one zone that breaks the rule:\n\n",
    rows("rules", M.taken_elsewhere, "rules"),
  }
end

return M
