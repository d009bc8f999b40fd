-- KEYS: s, logins, w. ARGV: act, entry, state, the record it must have
local stands = redis.call('GET', KEYS[1])
if stands == ARGV[1] then return 1 end -- a second delivery
if not stands or string.sub(stands, 9) ~= ARGV[4] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[3])
return 1
