-- Puts a licence of a backup among those that are out.
-- KEYS: licences, borrowed, borrowers. ARGV: native token; record, as of check_out.lua; when it was borrowed; its end.
local licenses, borrowed, borrowers = KEYS[1], KEYS[2], KEYS[3]
local native, record, since, ends = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
redis.call('ZADD', licenses, ends, native)
redis.call('HSET', borrowed, native, record .. since)
redis.call('ZADD', borrowers, 0, string.sub(record, 9, 24) .. native)
local last = redis.call('ZRANGE', licenses, 0, 0, 'REV', 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, integer(tonumber(last) + 60000)) end
