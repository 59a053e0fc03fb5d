--- Certificates for specs, made by openssl(1): a CA, a server "primary.test", the same expired, a client, and
--- one of nobody's.
local command = require "spec.support.command"

local M = {}

local SCRIPT <const> = [[
set -e
cd '%s'
new() { # name, issuer, subject alternative name, days
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $1.key -out $1.csr -subj /CN=$1
  printf 'subjectAltName=%%s\n' "$3" >$1.ext
  openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -days $4 -extfile $1.ext -out $1.pem
}
for ca in ca stranger; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $ca.key -out $ca.pem -days 2 \
    -subj /CN=$ca -addext basicConstraints=critical,CA:TRUE
done
new server ca DNS:primary.test,IP:127.0.0.1 2
new other ca DNS:other.test 2
new client ca DNS:client.test 2
new expired ca DNS:primary.test,IP:127.0.0.1 -1
]]

--- Makes them; `folder` then has ca.pem, stranger.pem, server.pem, server.key, other.pem, client.pem and so on.
---@return string folder
---@return fun() remove
function M.make()
  local folder, remove = command.folder {}
  local result = command.shell(SCRIPT:format(folder))
  assert(result.status == 0, result.err)
  return folder, remove
end

return M
