-- KEYS: licenses, borrowed. ARGV: native, record, lifetime, how many there are
local record = redis.call('HGET', KEYS[2], ARGV[1])
if record and string.sub(record, 1, #ARGV[2]) == ARGV[2] then return 1 end -- a second delivery
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local past = string.format('%.0f', now)
local ended = redis.call('ZRANGE', KEYS[1], '-inf', past, 'BYSCORE', 'LIMIT', 0, 1000)
for _, native in ipairs(ended) do
  redis.call('ZREM', KEYS[1], native)
  redis.call('HDEL', KEYS[2], native)
end
local stands = redis.call('ZSCORE', KEYS[1], ARGV[1])
if stands and tonumber(stands) > now then return 2 end
if redis.call('ZCOUNT', KEYS[1], '(' .. past, '+inf') >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. past)
local last = redis.call('ZRANGE', KEYS[1], 0, 0, 'REV', 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, string.format('%.0f', tonumber(last) + 60000)) end
return 1
