--- providers: secondary DNS providers as data: where their transfers come from, where NOTIFY goes, which names to
--- delegate to. Addresses move: every entry says how sure it is and of when.
--
-- confidence  "confirmed"  the provider's own documentation says so
--             "agreed"     many independent configurations say the same
--             "reported"   one or few do, or they differ: never a default, the owner is asked
--             "unknown"    no address is known: the owner is asked for all
-- verified_on when that was looked up: a year, a month or a day
-- transfer    addresses and ranges that pull; { address, until_ = "YYYY-MM-DD" } where a day is known from which on
--             one is not used any more
-- notify      addresses that take NOTIFY, never ranges
-- notify_confidence  where that is less sure than the rest
-- serve       an address that answers for every customer's zones; without it the owner is asked for one
-- hosts       host names whose addresses are among these, for `understudy preset check`
-- ns          names to add to the zone and the delegation; "account": they differ from customer to customer
-- tsig        "optional"; "none": it is not heard of; "unknown"
-- algorithms  of TSIG that it takes, where that is known
-- source      where all this is known from; `url` is its own page, where one says so
-- primary_family  "v4": it reaches primaries by IPv4 only
-- ixfr        it can ask for changes alone
-- ignores_refresh  it goes by a setting of its own in place of the refresh of the SOA
--
-- Of nobody it is known that it must get NOTIFY, that it rewrites the SOA, or how many records it takes: these limits
-- depend on what the customer pays for.

---@class understudy.Provider
---@field id string
---@field label string
---@field confidence "confirmed"|"agreed"|"reported"|"unknown"
---@field verified_on string
---@field transfer (string|{[1]: string, until_: string})[]
---@field notify string[]
---@field notify_confidence? "reported"
---@field serve? string
---@field hosts? table<string, string[]>
---@field ns string[]|"account"
---@field tsig "none"|"optional"|"unknown"
---@field algorithms? string[]
---@field source string
---@field url? string
---@field primary_family? "v4"
---@field ixfr? boolean
---@field ignores_refresh? boolean
---@field notes string[]

---@type understudy.Provider[]
return {
  {
    id = "1984", label = "1984 Hosting", confidence = "reported", verified_on = "2026",
    source = "configurations of 2026",
    transfer = { "93.95.224.6" }, notify = { "93.95.224.6" },
    hosts = { ["axfr.1984.is."] = { "93.95.224.6" } },
    ns = { "ns0.1984.is.", "ns1.1984.is.", "ns2.1984.is.", "ns1.1984hosting.com.", "ns2.1984hosting.com." },
    tsig = "unknown",
    notes = { "One configuration also allows 45.76.37.222, 194.58.192.36, 45.32.180.186, 93.95.226.52, "
      .. "185.42.137.114 and 93.95.226.53." },
  },
  {
    id = "afraid", label = "FreeDNS (freedns.afraid.org)", confidence = "reported", verified_on = "2026",
    source = "configurations of 2026",
    transfer = { "69.65.50.192", "2001:1850:1:5:800::6b" }, notify = { "69.65.50.192" }, serve = "69.65.50.223",
    ns = { "ns2.afraid.org." }, tsig = "none",
    notes = { "It serves from another address than it transfers from." },
  },
  {
    id = "akamai", label = "Akamai Edge DNS", confidence = "reported", verified_on = "2026",
    source = "the documentation of its Terraform provider; addresses by a single configuration",
    algorithms = { "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha1" },
    transfer = { "23.73.133.141", "23.73.133.237", "23.73.134.141", "23.73.134.237" },
    notify = { "23.73.133.141", "23.73.133.237", "23.73.134.141", "23.73.134.237" },
    ns = "account", tsig = "optional",
    notes = { "The zone transfer agents are named in the contract; these are those of one customer." },
  },
  {
    id = "buddyns", label = "BuddyNS", confidence = "reported", verified_on = "2026-07-26",
    source = "configurations of 2026-01, for IPv6, and 2026-07, which differ",
    transfer = {
      "108.61.224.67", "116.203.6.3", "107.191.99.111", "193.109.120.66", "5.223.55.119", "192.184.93.99",
      "103.25.56.55", "216.73.156.203", "37.143.61.179", "195.20.17.193", "45.77.29.133", "116.203.0.64",
      "167.88.161.228", "199.195.249.208", "104.244.78.122",
      "2605:6400:30:fd6e::3", "2605:6400:10:65::3", "2605:6400:20:d5e::3", "2a01:4f8:1c0c:8122::3",
      "2001:19f0:7001:381::3", "2a10:1fc0:d::ae75:f39a", "2a01:a500:2766::5c3f:d10b", "2602:fafd:902:51::a",
      "2406:d500:2::de4f:f105", "2604:180:1:92a::3", "2606:fc40:4003:26::a", "2a10:1fc0:1::e313:41be",
      "2604:180:2:4cf::3", "2a01:4f8:1c0c:8115::3", "2001:19f0:6400:8642::3",
    },
    notify = {
      "108.61.224.67", "116.203.6.3", "107.191.99.111", "193.109.120.66", "5.223.55.119", "192.184.93.99",
      "103.25.56.55", "216.73.156.203", "37.143.61.179", "195.20.17.193", "45.77.29.133", "116.203.0.64",
      "167.88.161.228", "199.195.249.208", "104.244.78.122",
    },
    ns = "account", tsig = "none",
    notes = { "The configuration of 2026-01 has 23.27.101.128 in place of 5.223.55.119.",
      "The list moves, and all of it must be allowed: take it from the provider's page." },
  },
  {
    id = "cira", label = "CIRA Anycast DNS", confidence = "unknown", verified_on = "2026",
    source = "no documentation that was read",
    url = "https://www.cira.ca",
    transfer = {}, notify = {},
    ns = "account", tsig = "unknown", notes = {},
  },
  {
    id = "cloudflare", label = "Cloudflare Secondary DNS", confidence = "confirmed", verified_on = "2026",
    source = "its documentation",
    url = "https://developers.cloudflare.com/dns/zone-setups/zone-transfers/access-control-lists/"
      .. "cloudflare-ip-addresses",
    ixfr = true, ignores_refresh = true,
    transfer = {
      "104.30.167.163", "104.30.167.173", "2a09:bac0:1000:c47::/64",
      { "198.41.144.240/28", until_ = "2026-12-01" }, { "198.41.150.240/28", until_ = "2026-12-01" },
      { "2a06:98c0:3601::/48", until_ = "2026-12-01" }, { "2a06:98c0:1401::/48", until_ = "2026-12-01" },
    },
    notify = {
      "172.65.30.82", "172.65.50.145", "2606:4700:60:0:317:26ee:3bdf:5774", "2606:4700:60:0:35a:4be3:4144:c5ee",
    },
    ns = "account", tsig = "optional",
    notes = {
      "The zone must be entitled to secondary DNS.",
      "The name of a TSIG key must be the same on both sides.",
      "The setting that stands in for the refresh is at least 300 seconds.",
      "One transfers by AXFR unless IXFR is switched on for the peer.",
      "Its names have the form ns1234.secondary.cloudflare.com.",
    },
  },
  {
    id = "cloudns", label = "ClouDNS", confidence = "unknown", verified_on = "2026",
    source = "its documentation",
    url = "https://www.cloudns.net/wiki/article/196/",
    transfer = {}, notify = {},
    ns = "account", tsig = "unknown", notes = {},
  },
  {
    id = "constellix", label = "Constellix", confidence = "unknown", verified_on = "2026",
    source = "no documentation that was read",
    url = "https://constellix.com",
    transfer = {}, notify = {},
    ns = "account", tsig = "unknown", notes = {},
  },
  {
    id = "dnsimple", label = "DNSimple as secondary", confidence = "confirmed", verified_on = "2026-09",
    source = "its documentation",
    transfer = { "3.12.234.2", "2600:1f16:ae2:e900:f05c:9438:865f:64a0" },
    notify = { "3.12.234.2", "2600:1f16:ae2:e900:f05c:9438:865f:64a0" },
    notify_confidence = "reported", ns = "account", tsig = "none",
    notes = {
      "Whether it takes NOTIFY is not documented; without, it follows the zone at the refresh of its SOA.",
      "DNSSEC and inbound transfers exclude each other.",
    },
  },
  {
    id = "dnsmadeeasy", label = "DNS Made Easy", confidence = "unknown", verified_on = "2026",
    source = "the documentation of DNSimple",
    primary_family = "v4",
    transfer = {}, notify = {},
    ns = { "ns5.dnsmadeeasy.com.", "ns6.dnsmadeeasy.com.", "ns7.dnsmadeeasy.com." }, tsig = "unknown",
    notes = { "It asks for the address of the primary as an IP set." },
  },
  {
    id = "easydns", label = "easyDNS", confidence = "confirmed", verified_on = "2026-09-09",
    source = "the documentation of DNSimple; NOTIFY by configurations",
    primary_family = "v4",
    transfer = { "64.68.200.91" }, notify = { "64.68.200.91" }, notify_confidence = "reported",
    hosts = { ["xfr0.easydns.com."] = { "64.68.200.91" } },
    ns = { "dns1.easydns.com.", "dns4.easydns.info." }, tsig = "none",
    notes = { "The first transfer may take an hour." },
  },
  {
    id = "gandi", label = "Gandi", confidence = "reported", verified_on = "2026-02",
    source = "configurations of 2026-02",
    transfer = { "217.70.177.40" }, notify = { "217.70.177.40" }, serve = "217.70.177.40",
    hosts = { ["ns6.gandi.net."] = { "217.70.177.40" } },
    ns = { "ns6.gandi.net." }, tsig = "none",
    notes = { "A product of the past; whether it can still be ordered is not known." },
  },
  {
    id = "gcore", label = "Gcore DNS", confidence = "unknown", verified_on = "2026",
    source = "the documentation of dnscontrol, for its names",
    url = "https://gcore.com/dns",
    transfer = {}, notify = {},
    ns = { "ns1.gcorelabs.net.", "ns2.gcdn.services." }, tsig = "unknown", notes = {},
  },
  {
    id = "he", label = "Hurricane Electric (dns.he.net)", confidence = "agreed", verified_on = "2026",
    source = "configurations of 2020 to 2026; no page of its own was found",
    transfer = { "216.218.133.2", "2001:470:600::2" }, notify = { "216.218.130.2" }, serve = "216.218.130.2",
    hosts = {
      ["slave.dns.he.net."] = { "216.218.133.2", "2001:470:600::2" },
      ["ns1.he.net."] = { "216.218.130.2" },
    },
    ns = { "ns2.he.net.", "ns3.he.net.", "ns4.he.net.", "ns5.he.net." }, tsig = "optional",
    notes = {
      "Transfers come from slave.dns.he.net, which takes no NOTIFY; that goes to ns1.he.net.",
      "NOTIFY by IPv6, to 2001:470:100::2, is reported to be unreliable.",
      "TSIG is offered, and reports of it differ: begin without.",
    },
  },
  {
    id = "hetzner", label = "Hetzner Robot DNS", confidence = "reported", verified_on = "2025-10-07",
    source = "names, NOTIFY and IXFR by its documentation; addresses by configurations",
    url = "https://docs.hetzner.com/de/networking/dns/howto-secondary-zones/dns-software",
    ixfr = true, algorithms = { "hmac-sha256", "hmac-sha1" },
    transfer = {
      "213.239.242.238", "2a01:4f8:0:a101::a:1", "213.133.100.103", "2a01:4f8:0:1::5ddc:2", "193.47.99.3",
      "2001:67c:192c::add:a3",
    },
    notify = { "213.239.242.238", "213.133.100.103", "193.47.99.3" }, serve = "213.239.242.238",
    hosts = {
      ["ns1.first-ns.de."] = { "213.239.242.238", "2a01:4f8:0:a101::a:1" },
      ["robotns2.second-ns.de."] = { "213.133.100.103", "2a01:4f8:0:1::5ddc:2" },
      ["robotns3.second-ns.com."] = { "193.47.99.3", "2001:67c:192c::add:a3" },
    },
    ns = { "ns1.first-ns.de.", "robotns2.second-ns.de.", "robotns3.second-ns.com." }, tsig = "optional",
    notes = { "Older configurations have 213.133.105.6, 2a01:4f8:d0a:2004::2 and 2a00:1158:4::add:a3 for these names: "
      .. "run `understudy preset check hetzner`." },
  },
  {
    id = "inwx", label = "INWX", confidence = "reported", verified_on = "2026",
    source = "configurations of 2026",
    transfer = { "185.181.104.96", "2a0a:c980::53" }, notify = { "185.181.104.96" },
    ns = { "ns.inwx.de." }, tsig = "unknown", notes = { "It has more name servers than the one that is known here." },
  },
  {
    id = "linode", label = "Linode (Akamai Cloud)", confidence = "confirmed", verified_on = "2022-11-08",
    source = "its documentation",
    transfer = {
      "104.237.137.10", "45.79.109.10", "74.207.225.10", "207.192.70.10", "109.74.194.10", "2600:3c00::a",
      "2600:3c01::a", "2600:3c02::a", "2600:3c03::a", "2a01:7e00::a",
    },
    notify = { "104.237.137.10", "45.79.109.10", "74.207.225.10", "207.192.70.10", "109.74.194.10" },
    ns = { "ns1.linode.com.", "ns2.linode.com.", "ns3.linode.com.", "ns4.linode.com.", "ns5.linode.com." },
    tsig = "none",
    notes = { "A later configuration adds 143.42.7.10 and 172.237.44.232: look at the provider's page." },
  },
  {
    id = "netnod", label = "Netnod DNSNODE", confidence = "reported", verified_on = "2026",
    source = "configurations of 2026",
    transfer = { "192.36.144.222", "192.36.144.218" }, notify = { "192.36.144.222", "192.36.144.218" },
    hosts = { ["zork-b.sth.dnsnode.net."] = { "192.36.144.222" } },
    ns = "account", tsig = "unknown",
    notes = { "A TSIG key is usual there.", "The distribution masters differ from customer to customer." },
  },
  {
    id = "ns-global", label = "NS-Global", confidence = "reported", verified_on = "2026",
    source = "configurations of 2026",
    transfer = { "204.87.183.53", "2607:7c80:54:6::53" }, notify = { "204.87.183.53", "2607:7c80:54:6::53" },
    serve = "204.87.183.53",
    ns = { "ns-global.kjsl.com." }, tsig = "none", notes = { "Free, anycast." },
  },
  {
    id = "ns1", label = "NS1 (IBM)", confidence = "confirmed", verified_on = "2026",
    source = "its documentation (IBM NS1 Connect, FAQs: secondary zones)",
    ixfr = true,
    transfer = { "192.135.223.10" }, notify = { "192.135.223.10" },
    notify_confidence = "reported",
    ns = "account", tsig = "optional",
    notes = { "Where NOTIFY goes is not documented; it may be to where transfers come from.",
      "The plan limits how many records a zone may have." },
  },
  {
    id = "one.com", label = "one.com", confidence = "reported", verified_on = "2026",
    source = "a single configuration",
    transfer = { "46.30.211.18", "2a02:2350:5:210::1" }, notify = { "46.30.211.18" },
    ns = { "ns01.one.com.", "ns02.one.com." }, tsig = "unknown", notes = {},
  },
  {
    id = "ovh", label = "OVHcloud", confidence = "reported", verified_on = "2026",
    source = "a guide in the manner of its own",
    transfer = { "213.251.188.141" }, notify = { "213.251.188.141" }, serve = "213.251.188.141",
    hosts = { ["sdns2.ovh.net."] = { "213.251.188.141" } },
    ns = { "sdns2.ovh.net." }, tsig = "none",
    notes = { "Where NOTIFY goes is not documented; it may be to where transfers come from.",
      "Which server it is differs from zone to zone." },
  },
  {
    id = "puck", label = "puck.nether.net", confidence = "reported", verified_on = "2026",
    source = "configurations of 2026",
    transfer = { "204.42.254.5", "2001:418:3f4::5" }, notify = { "204.42.254.5", "2001:418:3f4::5" },
    serve = "204.42.254.5",
    hosts = { ["puck.nether.net."] = { "204.42.254.5", "2001:418:3f4::5" } },
    ns = { "puck.nether.net." }, tsig = "none", notes = { "Free, on a best-effort basis." },
  },
  {
    id = "rcode0", label = "RcodeZero", confidence = "reported", verified_on = "2026",
    source = "configurations of Debian's zones",
    transfer = { "83.136.34.0/27", "2a02:850:8::/47" }, notify = { "83.136.34.7", "2a02:850:8::6" },
    ns = { "sec1.rcode0.net.", "sec2.rcode0.net." }, tsig = "unknown", notes = {},
  },
  {
    id = "rollernet", label = "Roller Network", confidence = "unknown", verified_on = "2026",
    source = "its documentation", url = "https://acc.rollernet.us/help/dns/secondary.php",
    transfer = {}, notify = {},
    ns = { "ns1.rollernet.us.", "ns2.rollernet.us." }, tsig = "optional",
    notes = { "The addresses are in the customer's account; NOTIFY goes to the same, where that is switched on." },
  },
  {
    id = "scaleway", label = "Scaleway Dedibox", confidence = "reported", verified_on = "2026",
    source = "an example in its documentation",
    transfer = { "62.210.16.8" }, notify = { "62.210.16.8" },
    ns = "account", tsig = "unknown",
    notes = { "Where NOTIFY goes is not documented; it may be to where transfers come from." },
  },
  {
    id = "ultradns", label = "UltraDNS", confidence = "unknown", verified_on = "2026",
    source = "its documentation, which tells of transfers from it",
    url = "https://dns.ultraproducts.support",
    transfer = {}, notify = {},
    ns = "account", tsig = "unknown", notes = {},
  },
  {
    id = "zonomi", label = "Zonomi", confidence = "unknown", verified_on = "2026",
    source = "no documentation that was read",
    url = "https://zonomi.com",
    transfer = {}, notify = {},
    ns = "account", tsig = "unknown", notes = {},
  },
}
