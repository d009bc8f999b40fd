-- KEYS: u, k
local t = redis.call('TIME')
return {t[1] * 1000 + math.floor(t[2] / 1000), redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])}
