-- Takes timers that went off. Answers: these.
-- KEYS: timers of a shard. ARGV: how long they are taken for; count.
local timers, lease, count = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local now = now()
local due = redis.call('ZRANGE', timers, '-inf', integer(now), 'BYSCORE', 'LIMIT', 0, count)
for _, timer in ipairs(due) do redis.call('ZADD', timers, integer(now + lease), timer) end
return due
