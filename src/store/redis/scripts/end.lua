-- KEYS: s, logins, w, g, perhaps undecided.
-- ARGV: act, entry, state, the record it must have, what is left of it, its expiry, native
local stands = redis.call('GET', KEYS[1])
if stands == ARGV[1] then return 1 end -- a second delivery
if not stands or string.sub(stands, 9) ~= ARGV[4] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[3])
redis.call('SET', KEYS[4], ARGV[5], 'PXAT', ARGV[6])
if KEYS[5] then
  local t = redis.call('TIME')
  redis.call('ZADD', KEYS[5], string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000) + 60000), ARGV[7])
  redis.call('PEXPIRE', KEYS[5], 180000)
end
return 1
