-- Extends a licence. Answers: 1, or 0 if the native client has none.
-- KEYS: licences, borrowed, borrowers. ARGV: native token, lifetime.
local licenses, native, lifetime = KEYS[1], ARGV[1], tonumber(ARGV[2])
local now, ends = now(), redis.call('ZSCORE', licenses, native)
if not ends or tonumber(ends) <= now then return 0 end
redis.call('ZADD', licenses, 'GT', integer(now + lifetime), native)
local last = redis.call('ZRANGE', licenses, 0, 0, 'REV', 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, integer(tonumber(last) + 60000)) end
return 1
