-- Keeps a secondary in step with example.com.zone, the file beside this one.
return policy {
  listen   = "127.0.0.1:5300",                     -- secondaries transfer from here
  resolver = { "127.0.0.1:5301" },                 -- asked for what ALIAS and POOL point to
  source   = source.file "%s.zone",
  targets  = { target.secondary "nsd" {
    transfer = "127.0.0.1",                        -- who may transfer
    notify   = "127.0.0.1:5302",                   -- who is told of changes, and asked for its serial
    key      = key "transfer.key",                 -- and must sign with this key
  } },
  zones    = { "example.com" },
  alias    = { min_ttl = "1s" },
  redirect = { "192.0.2.80", "2001:db8::80" },     -- the web server that URL records lead to
}
