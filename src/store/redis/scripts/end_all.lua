-- Ends every session of a user, with whatever it holds by now, and stores the account or removes it.
-- KEYS: user, index, timers of the shard. ARGV: the account's version as read; the new version and account, or '' to remove
-- it; what the keys of sessions, access, remember-me and cross tokens begin with; the user's id; more keys to remove.
-- Answers: 1 done, 0 the account is not as it was read; the sessions that ended.
local user, index, timers = KEYS[1], KEYS[2], KEYS[3]
local version, account, prefix, id = ARGV[1], ARGV[2], ARGV[3], ARGV[7]
local HANDLES = { -- the count of each kind of handle, its length, and what the token's key begins with
  {'access', 22, ARGV[4]}, {'remember_me', 28, ARGV[5]}, {'cross', 50, ARGV[6]},
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
  -- Behind the handles stands the session's key: its length, kind and name.
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
