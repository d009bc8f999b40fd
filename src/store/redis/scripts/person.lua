-- Reads a person whole, as they are at one instant.
-- KEYS: user, index. ARGV: the beginnings of the keys of sessions and of access tokens.
-- Answers: the user, or nil; the sessions; of each access token its digest, then its record.
local user, index, prefix, access = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local record = redis.call('GET', user)
if not record then return {false, {}, {}} end
local state, sessions, tokens = read_user(record), {}, {}
for _, slot in ipairs(state.only and {state.only} or redis.call('ZRANGE', index, 0, -1)) do
  local value = redis.call('GET', prefix .. slot)
  sessions[#sessions + 1] = value
  for handle = 0, read_session(value).access - 1 do
    local at = SESSION_HEAD + 1 + handle * 22
    local digest = string.sub(value, at, at + 15)
    local token = redis.call('GET', access .. digest)
    if token then
      tokens[#tokens + 1] = digest
      tokens[#tokens + 1] = token
    end
  end
end
return {record, sessions, tokens}
