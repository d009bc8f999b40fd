-- Begins a login. Answers 1 done, 0 too many are under way, 2 its native token is in use, 3 its state is used; and of 2
-- the record of that native login.
-- KEYS: login, all logins, those of its network, used state, perhaps native login.
-- ARGV: value: act and record; entry; state; expiry; how many logins there may be, and of one network; the record of a
-- native login that is pending, and of one that has failed.
local login, logins, from_network, used, native = unpack(KEYS)
local value, entry, state, expires, most, most_of_network, pending, failed = unpack(ARGV)
local stands = redis.call('GET', login)
if stands == value then return {1, ''} end -- a second delivery
if stands or redis.call('EXISTS', used) == 1 then return {3, ''} end
local outcome = native and redis.call('GET', native)
if outcome and outcome ~= failed then return {2, outcome} end
local past = integer(now())
redis.call('ZREMRANGEBYSCORE', from_network, '-inf', past)
if redis.call('ZCOUNT', logins, '(' .. past, '+inf') >= tonumber(most)
  or redis.call('ZCARD', from_network) >= tonumber(most_of_network) then return {0, ''} end
-- All keys outlive the login, so that it can be ended in order.
local function after(instant, time) return integer(tonumber(instant) + time) end
redis.call('SET', login, value, 'PXAT', after(expires, 60000))
redis.call('ZADD', logins, expires, entry)
redis.call('ZADD', from_network, expires, state)
for _, times in ipairs({logins, from_network}) do
  local last = redis.call('ZRANGE', times, 0, 0, 'REV', 'WITHSCORES')[2]
  redis.call('PEXPIREAT', times, after(last, 60000))
end
if native then redis.call('SET', native, pending, 'PXAT', after(expires, 180000)) end
return {1, ''}
