-- Lends a licence. Answers: 1, 0 none is left, 2 the native client has one, 3 the user has too many.
-- KEYS: licences, borrowed, borrowers. ARGV: native token; record, which begins with the act's 8 bytes and the user's
-- 16; lifetime; how many there are, and how many of them a user may have.
local licenses, borrowed, borrowers = KEYS[1], KEYS[2], KEYS[3]
local native, record, lifetime, total, per_user = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local stands = redis.call('HGET', borrowed, native)
if stands and string.sub(stands, 1, #record) == record then return 1 end -- a second delivery
local now = now()
local past = integer(now)
for _, ended in ipairs(redis.call('ZRANGE', licenses, '-inf', past, 'BYSCORE', 'LIMIT', 0, 1000)) do
  local ended_record = redis.call('HGET', borrowed, ended)
  if ended_record then redis.call('ZREM', borrowers, string.sub(ended_record, 9, 24) .. ended) end
  redis.call('ZREM', licenses, ended)
  redis.call('HDEL', borrowed, ended)
end
local ends, user = redis.call('ZSCORE', licenses, native), string.sub(record, 9, 24)
if ends and tonumber(ends) > now then return 2 end
if redis.call('ZCOUNT', licenses, '(' .. past, '+inf') >= total then return 0 end
if redis.call('ZLEXCOUNT', borrowers, '[' .. user, '[' .. user .. string.rep('\255', 17)) >= per_user then return 3 end
redis.call('ZADD', licenses, integer(now + tonumber(lifetime)), native)
redis.call('HSET', borrowed, native, record .. past)
redis.call('ZADD', borrowers, 0, user .. native)
local last = redis.call('ZRANGE', licenses, 0, 0, 'REV', 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, integer(tonumber(last) + 60000)) end
return 1
