--- tls: what zone transfers over TLS are held to (RFC 9103): TLS 1.3, ALPN "dot", names that are verified.

local pkey = require "openssl.pkey"
local ssl_context = require "openssl.ssl.context"
local store = require "openssl.x509.store"
local verify_param = require "openssl.x509.verify_param"
local x509 = require "openssl.x509"
local x509_chain = require "openssl.x509.chain"

local address = require "understudy.net.address"
local identity = require "understudy.identity"
local uerror = require "understudy.error"

local M = {}

local PROTOCOL <const> = "dot"
local FILE_MAX <const> = 1024 * 1024

local function slurp(path)
  local file <close>, reason = io.open(path, "rb")
  if not file then
    return uerror.fail("absent", "%s", reason)
  end
  return file:read(FILE_MAX) or ""
end

-- All certificates of a file, in their order.
local function certificates(path)
  local text, err = slurp(path)
  if not text then
    return nil, err
  end
  local list = {}
  for block in text:gmatch "%-%-%-%-%-BEGIN CERTIFICATE%-%-%-%-%-.-%-%-%-%-%-END CERTIFICATE%-%-%-%-%-" do
    local ok, made = pcall(x509.new, block .. "\n", "PEM")
    if not ok then
      return uerror.fail("syntax", "%s holds a certificate that can't be read", path)
    end
    list[#list + 1] = made
  end
  if #list == 0 then
    return uerror.fail("syntax", "%s holds no certificate", path)
  end
  return list
end

--- When the first certificate of a file expires, in seconds since 1970.
---@param path string
---@return number? time
---@return understudy.Error? err
function M.expiry(path)
  local list, err = certificates(path)
  if not list then
    return nil, err
  end
  return (select(2, list[1]:getLifetime()))
end

local function private_key(path)
  local text, err = slurp(path)
  if not text then
    return nil, err
  end
  local ok, made = pcall(pkey.new, text, "PEM")
  if not ok then
    return uerror.fail("syntax", "%s holds no private key that can be read", path)
  end
  return made
end

-- A context for nothing older than TLS 1.3.
local function new_context(is_server)
  local context = ssl_context.new("TLS", is_server)
  context:setOptions(ssl_context.OP_NO_SSLv3 | ssl_context.OP_NO_TLSv1 | ssl_context.OP_NO_TLSv1_1
    | ssl_context.OP_NO_TLSv1_2)
  return context
end

-- Trusts what stands in a file, or what the system trusts.
local function trust(context, path)
  local trusted = store.new()
  if not path then
    trusted:addDefaults()
  else
    local list, err = certificates(path)
    if not list then
      return nil, err
    end
    trusted:add(path) -- certificates that are added one by one are never freed
  end
  context:setStore(trusted)
  return true
end

-- What a context is made of: its options, each file as it is now.
local function made_of(role, options)
  local definition = { role = role, name = options.name }
  for option, value in pairs(options) do
    if option ~= "name" then
      definition[option] = identity.fingerprint(slurp(value) or "")
    end
  end
  return definition
end

-- Shows a certificate, with those that stand behind it in its file.
local function identify(context, certificate, key)
  local list, err = certificates(certificate)
  if not list then
    return nil, err
  end
  local secret, problem = private_key(key)
  if not secret then
    return nil, problem
  end
  -- Asked here and not of the context, whose complaint would come from memory that OpenSSL has freed.
  if list[1]:getPublicKey():toPEM "public" ~= secret:toPEM "public" then
    return uerror.fail("refused", "%s is not the private key of %s", key, certificate)
  end
  context:setCertificate(list[1])
  local chain = x509_chain.new()
  for i = 2, #list do
    chain:add(list[i])
  end
  context:setCertificateChain(chain)
  context:setPrivateKey(secret)
  return true
end

--- What a server shows and asks for.
---@param options {certificate: string, key: string, clients?: string} paths; of the CAs whose clients may come in
---@return any? context
---@return understudy.Error? err
function M.server(options)
  local context, definition = new_context(true), made_of("server", options)
  local ok, err = identify(context, options.certificate, options.key)
  if ok and options.clients then
    ok, err = trust(context, options.clients)
    context:setVerify(ssl_context.VERIFY_PEER | ssl_context.VERIFY_FAIL_IF_NO_PEER_CERT)
  end
  if not ok then
    return nil, err
  end
  context:setAlpnSelect(function(_, offered)
    for _, name in ipairs(offered) do
      if name == PROTOCOL then
        return name
      end
    end
  end)
  return identity.define(context, definition)
end

--- What a client expects and shows.
---@param options {name: string, ca?: string, certificate?: string, key?: string} the server's name or address; paths
---@return any? context
---@return understudy.Error? err
function M.client(options)
  local context, definition = new_context(false), made_of("client", options)
  local ok, err = trust(context, options.ca)
  if ok and options.certificate then
    ok, err = identify(context, options.certificate, options.key)
  end
  if not ok then
    return nil, err
  end
  local expected = verify_param.new()
  if address.octets(options.name) then
    expected:setIP(options.name)
  else
    expected:setHost(options.name)
  end
  context:setParam(expected)
  context:setVerify(ssl_context.VERIFY_PEER)
  context:setAlpnProtos { PROTOCOL }
  return identity.define(context, definition)
end

--- Whether both sides agreed on DNS (RFC 7858 §3.1).
---@param session any openssl.ssl
---@return boolean
function M.agreed(session)
  return session:getAlpnSelected() == PROTOCOL
end

return M
