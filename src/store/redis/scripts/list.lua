-- Adds places to the list of a user's events, of which the last are kept. Answers: 1.
-- KEYS: list. ARGV: how many are kept; for how many seconds; places.
local list, most, kept = KEYS[1], tonumber(ARGV[1]), ARGV[2]
for i = 3, #ARGV do redis.call('RPUSH', list, ARGV[i]) end
redis.call('LTRIM', list, -most, -1)
redis.call('EXPIRE', list, kept)
return 1
