-- Puts one back into each bucket.
-- KEYS: buckets. ARGV: how long one takes to refill, of each.
local now = now()
for place, bucket in ipairs(KEYS) do
  local full = (tonumber(redis.call('GET', bucket)) or now) - tonumber(ARGV[place])
  if full <= now then
    redis.call('DEL', bucket)
  else
    redis.call('SET', bucket, integer(full), 'PX', integer(full - now))
  end
end
return 0
