-- What scripts know of a user's records; codec.rs writes them, and says what the fields are.
local HEAD, SESSION_HEAD = 41, 15 -- bytes
local DIRECTORY_BAND = 2^49 -- in the index, directory sessions come behind all v2 sessions
local NO_SLOT = string.rep('\0', 16)
local function read_user(record)
  local _, version, opened, clients, directory, tokens, only = struct.unpack('>Bc8I4I4I4I4c16', record)
  return {
    version = version, opened = opened, clients = clients, directory = directory, tokens = tokens,
    only = only ~= NO_SLOT and only or nil,
  }
end
local function read_session(value)
  local _, directory, rank, access, remember_me, cross = struct.unpack('>BBI7I2I2I2', value)
  return {
    kind = directory == 1 and 'directory' or 'clients', rank = integer(directory * DIRECTORY_BAND + rank),
    tokens = access + remember_me + cross, access = access, remember_me = remember_me, cross = cross,
  }
end
