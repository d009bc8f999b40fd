-- KEYS: licenses, borrowed, borrowers. ARGV: native, record, lifetime, how many there are, how many a user may have
-- A record begins with the act's 8 bytes and the user's 16.
local record = redis.call('HGET', KEYS[2], ARGV[1])
if record and string.sub(record, 1, #ARGV[2]) == ARGV[2] then return 1 end -- a second delivery
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local past = string.format('%.0f', now)
local ended = redis.call('ZRANGE', KEYS[1], '-inf', past, 'BYSCORE', 'LIMIT', 0, 1000)
for _, native in ipairs(ended) do
  local ended_record = redis.call('HGET', KEYS[2], native)
  if ended_record then redis.call('ZREM', KEYS[3], string.sub(ended_record, 9, 24) .. native) end
  redis.call('ZREM', KEYS[1], native)
  redis.call('HDEL', KEYS[2], native)
end
local stands = redis.call('ZSCORE', KEYS[1], ARGV[1])
if stands and tonumber(stands) > now then return 2 end
if redis.call('ZCOUNT', KEYS[1], '(' .. past, '+inf') >= tonumber(ARGV[4]) then return 0 end
local user = string.sub(ARGV[2], 9, 24)
local his = redis.call('ZLEXCOUNT', KEYS[3], '[' .. user, '[' .. user .. string.rep('\255', 17))
if his >= tonumber(ARGV[5]) then return 3 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. past)
redis.call('ZADD', KEYS[3], 0, user .. ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], 0, 0, 'REV', 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, string.format('%.0f', tonumber(last) + 60000)) end
return 1
