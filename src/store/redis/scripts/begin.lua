-- KEYS: s, logins, w, g, perhaps n.
-- ARGV: login, entry, state, expiry, most, most of a network, pending, failed
local known = redis.call('GET', KEYS[1])
if known == ARGV[1] then return {1, ''} end -- a second delivery
if known or redis.call('EXISTS', KEYS[4]) == 1 then return {3, ''} end
local now = now()
if KEYS[5] then
  local stands = redis.call('GET', KEYS[5])
  if stands and stands ~= ARGV[8] then return {2, stands} end
end
local past = string.format('%.0f', now)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', past)
if redis.call('ZCOUNT', KEYS[2], '(' .. past, '+inf') >= tonumber(ARGV[5])
  or redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[6]) then return {0, ''} end
-- All stand longer than the login, so that it can be ended in order.
local function after(instant, time) return string.format('%.0f', tonumber(instant) + time) end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', after(ARGV[4], 60000))
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[3])
for i = 2, 3 do
  local last = redis.call('ZRANGE', KEYS[i], 0, 0, 'REV', 'WITHSCORES')[2]
  redis.call('PEXPIREAT', KEYS[i], after(last, 60000))
end
if KEYS[5] then
  redis.call('SET', KEYS[5], ARGV[7], 'PXAT', after(ARGV[4], 180000))
end
return {1, ''}
