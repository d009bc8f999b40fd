-- Gives a licence back. Answers: 1, or 0 if the native client has none.
-- KEYS: licences, borrowed, borrowers, receipt. ARGV: native token.
local licenses, borrowed, borrowers, receipt, native = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1]
if redis.call('EXISTS', receipt) == 1 then return 1 end -- a second delivery
local ends = redis.call('ZSCORE', licenses, native)
if not ends or tonumber(ends) <= now() then return 0 end
local record = redis.call('HGET', borrowed, native)
if record then redis.call('ZREM', borrowers, string.sub(record, 9, 24) .. native) end
redis.call('ZREM', licenses, native)
redis.call('HDEL', borrowed, native)
redis.call('SET', receipt, '', 'PX', 60000)
return 1
