-- KEYS: b. ARGV: refill
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local full = (tonumber(redis.call('GET', KEYS[1])) or now) - tonumber(ARGV[1])
if full <= now then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', string.format('%.0f', full - now))
end
return 0
