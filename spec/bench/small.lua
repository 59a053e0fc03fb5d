--- small: writes many small zones of 12 records, one a file, a thousand a folder.

local lfs = require "lfs"

local M = { files = 100000 }

local PER_FOLDER <const> = 1000

local ZONE <const> = [[
$ORIGIN %s.example.
$TTL 3600
@	IN	SOA	ns1.provider.example.net. hostmaster.provider.example.net. (
			2026010100 ; serial
			14400      ; refresh
			3600       ; retry
			1209600    ; expire
			300 )      ; negative answers
@	IN	NS	ns1.provider.example.net.
@	IN	NS	ns2.provider.example.net.
@	IN	A	192.0.2.%d
@	IN	AAAA	2001:db8:%x::1
@	IN	MX	10 mail.%s.example.
@	IN	MX	20 backup.provider.example.net.
@	IN	TXT	"v=spf1 mx include:provider.example.net -all"
www	IN	CNAME	%s.example.
mail	IN	A	198.51.100.%d
_dmarc	IN	TXT	"v=DMARC1; p=reject; rua=mailto:postmaster@%s.example"
*.shop	300	IN	A	203.0.113.%d
]]

--- The path of a file in the folder.
---@param folder string
---@param i integer
---@return string
function M.path(folder, i)
  return ("%s/%02d/zone%05d.zone"):format(folder, i // PER_FOLDER, i)
end

local function make_folder(path)
  if lfs.attributes(path, "mode") ~= "directory" then
    assert(lfs.mkdir(path))
  end
end

---@param folder string
function M.write(folder)
  make_folder(folder)
  for i = 0, M.files - 1 do
    if i % PER_FOLDER == 0 then
      make_folder(("%s/%02d"):format(folder, i // PER_FOLDER))
    end
    local name, octet = ("zone%05d"):format(i), i % 250 + 1
    local file <close> = assert(io.open(M.path(folder, i), "w"))
    file:write(ZONE:format(name, octet, i & 0xffff, name, name, octet, name, octet))
  end
end

return M
