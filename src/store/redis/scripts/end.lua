-- Ends a login, and tells its native client the outcome. Answers: 1, or 0 if the login is not as it was loaded.
-- KEYS: login, all logins, those of its network, used state, perhaps native login.
-- ARGV: act, entry, state, the record as loaded, what stays of it, its expiry; of a native client: outcome, how
-- long to keep it, channel, native token.
local login, logins, from_network, used, native = unpack(KEYS)
local act, entry, state, record, left, expires, outcome, keep, channel, token = unpack(ARGV)
local stands = redis.call('GET', login)
if stands == act then return 1 end -- a second delivery
if not stands or string.sub(stands, 9) ~= record then return 0 end
redis.call('SET', login, act, 'PX', 60000)
redis.call('ZREM', logins, entry)
redis.call('ZREM', from_network, state)
redis.call('SET', used, left, 'PXAT', expires)
if native then
  redis.call('SET', native, outcome, 'PX', keep)
  redis.call('PUBLISH', channel, token)
end
return 1
