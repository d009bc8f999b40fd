-- KEYS: due. ARGV: how long they are taken for, count
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local till = string.format('%.0f', now + tonumber(ARGV[1]))
local found = redis.call('ZRANGE', KEYS[1], '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, timer in ipairs(found) do redis.call('ZADD', KEYS[1], till, timer) end
return {till, found}
