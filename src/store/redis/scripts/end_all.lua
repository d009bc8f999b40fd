-- Ends every session that a user has by now, with all tokens, and stores or removes the account.
-- KEYS: user, index, timers of the shard, hold.
-- ARGV: the account's version as loaded; new version and account, or '' to remove the account; the beginnings of the
-- keys of sessions, of access, remember-me and cross tokens; the user's id; other keys to remove.
-- Answers: 1 done, or 0 if the account has changed; the records of the sessions.
local user, index, timers = KEYS[1], KEYS[2], KEYS[3]
local version, account, prefix, access, remember_me, cross, id = unpack(ARGV, 1, 7)
local HANDLES = { -- of each kind its count in a session, its length, and the beginning of the token's key
  {'access', 22, access}, {'remember_me', 28, remember_me}, {'cross', 50, cross},
}
local DIRECTORY = 3 -- the first byte of a directory session's key
local head = redis.call('GETRANGE', user, 0, HEAD - 1)
if head == '' then return {0, {}} end
local state, ended = read_user(head), {}
if account ~= '' and state.version == string.sub(account, 1, 8) then return {1, {}} end
if state.version ~= version then return {0, {}} end

local removed = {}
local function remove(key)
  removed[#removed + 1] = key
  if #removed == 1000 then
    redis.call('UNLINK', unpack(removed))
    removed = {}
  end
end
for i = 8, #ARGV do remove(ARGV[i]) end
for _, slot in ipairs(state.only and {state.only} or redis.call('ZRANGE', index, 0, -1)) do
  local value = redis.call('GET', prefix .. slot)
  local session, at = read_session(value), SESSION_HEAD + 1
  for _, handle in ipairs(HANDLES) do
    for _ = 1, session[handle[1]] do
      remove(handle[3] .. string.sub(value, at, at + 15))
      at = at + handle[2]
    end
  end
  -- After the handles comes the session's key: its length (2 bytes), its kind, its name.
  if string.byte(value, at + 2) == DIRECTORY then
    redis.call('ZREM', timers, id .. string.sub(value, at + 3, at + 18))
  end
  remove(prefix .. slot)
  ended[#ended + 1] = value
end
remove(index)
redis.call('UNLINK', unpack(removed))
if account == '' then
  redis.call('UNLINK', user)
else
  local counts = struct.pack('>I4I4I4I4c16', state.opened, 0, 0, 0, NO_SLOT)
  redis.call('SET', user, string.sub(head, 1, 1) .. string.sub(account, 1, 8) .. counts .. string.sub(account, 9))
end
return {1, ended}
