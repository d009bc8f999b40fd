-- Removes a key if it has this value. Answers: whether it had.
-- KEYS: any. ARGV: value.
local key, value = KEYS[1], ARGV[1]
if redis.call('GET', key) ~= value then return 0 end
return redis.call('DEL', key)
