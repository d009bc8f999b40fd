-- KEYS: licenses, borrowed, c, borrowers. ARGV: native
if redis.call('EXISTS', KEYS[3]) == 1 then return 1 end -- a second delivery
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local stands = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not stands or tonumber(stands) <= now then return 0 end
local record = redis.call('HGET', KEYS[2], ARGV[1])
if record then redis.call('ZREM', KEYS[4], string.sub(record, 9, 24) .. ARGV[1]) end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('SET', KEYS[3], '', 'PX', 60000)
return 1
