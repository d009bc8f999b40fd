-- KEYS: s, logins, w, perhaps n. ARGV: login, entry, state, expiry, most, most of a network, pending, failed
if redis.call('GET', KEYS[1]) == ARGV[1] then return {1, ''} end -- a second delivery
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if KEYS[4] then
  local stands = redis.call('GET', KEYS[4])
  if stands and stands ~= ARGV[8] then return {2, stands} end
end
local past = string.format('%.0f', now)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', past)
if redis.call('ZCOUNT', KEYS[2], '(' .. past, '+inf') >= tonumber(ARGV[5])
  or redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[6]) then return {0, ''} end
-- All stand a minute longer than the login, so that it can be ended in order.
local stands = string.format('%.0f', tonumber(ARGV[4]) + 60000)
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', stands)
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[3])
local last = redis.call('ZRANGE', KEYS[3], 0, 0, 'REV', 'WITHSCORES')[2]
redis.call('PEXPIREAT', KEYS[3], string.format('%.0f', tonumber(last) + 60000))
if KEYS[4] then redis.call('SET', KEYS[4], ARGV[7], 'PXAT', stands) end
return {1, ''}
