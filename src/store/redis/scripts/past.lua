-- Answers: what is past.
-- KEYS: a sorted set by instants. ARGV: count.
local times, count = KEYS[1], ARGV[1]
return redis.call('ZRANGE', times, '-inf', integer(now()), 'BYSCORE', 'LIMIT', 0, count)
