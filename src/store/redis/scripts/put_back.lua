-- KEYS: b... ARGV: refill of each
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for b, key in ipairs(KEYS) do
  local full = (tonumber(redis.call('GET', key)) or now) - tonumber(ARGV[b])
  if full <= now then
    redis.call('DEL', key)
  else
    redis.call('SET', key, string.format('%.0f', full), 'PX', string.format('%.0f', full - now))
  end
end
return 0
