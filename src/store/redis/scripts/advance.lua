-- KEYS: s. ARGV: the record it must have, the login as it is then
local stands = redis.call('GET', KEYS[1])
if not stands then return 0 end
if stands == ARGV[2] then return 1 end -- a second delivery
if string.sub(stands, 9) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
