-- KEYS: closing. ARGV: user. Every mark of a user is greater than the one before.
local t = redis.call('TIME')
local mark = t[1] * 1000000 + t[2]
local stands = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
if stands and stands >= mark then mark = stands + 1 end
redis.call('ZADD', KEYS[1], string.format('%.0f', mark), ARGV[1])
return mark
