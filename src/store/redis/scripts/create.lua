-- KEYS: u. ARGV: commit, aggregate, not after
local stands = redis.call('GETRANGE', KEYS[1], 1, 8)
if stands == ARGV[1] then return 1 end -- a second delivery
if stands ~= '' then return 0 end
local t = redis.call('TIME')
if t[1] * 1000 + math.floor(t[2] / 1000) > tonumber(ARGV[3]) then return -1 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
