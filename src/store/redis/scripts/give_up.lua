-- Ends a login whose time is up, and tells its native client that it failed, unless that knows another outcome.
-- Answers: 1, or 0 if the login was ended already.
-- KEYS: login, all logins, those of its network, perhaps native login.
-- ARGV: act; entry; state; of a native client: the record of a login that is pending, and of one that has failed, how
-- long to keep that, channel, native token.
local login, logins, from_network, native = unpack(KEYS)
local act, entry, state, pending, failed, keep, channel, token = unpack(ARGV)
if redis.call('GET', login) == act then return 1 end -- a second delivery
if redis.call('ZREM', logins, entry) == 0 then return 0 end
redis.call('SET', login, act, 'PX', 60000)
redis.call('ZREM', from_network, state)
if native and redis.call('GET', native) == pending then
  redis.call('SET', native, failed, 'PX', keep)
  redis.call('PUBLISH', channel, token)
end
return 1
