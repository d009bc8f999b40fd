-- KEYS: ready
local t = redis.call('TIME')
redis.call('SET', KEYS[1], '', 'PX', 1000)
return t[1] * 1000 + math.floor(t[2] / 1000)
