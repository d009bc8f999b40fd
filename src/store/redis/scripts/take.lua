-- KEYS: b. ARGV: burst, refill. The one number kept is when the bucket will be full (GCRA).
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local burst, refill = tonumber(ARGV[1]), tonumber(ARGV[2])
local empty = now + burst * refill
local stands = tonumber(redis.call('GET', KEYS[1])) or now
-- A clock that was set back must not lock anybody out for longer than an empty bucket does.
local full = math.min(math.max(stands, now), empty) + refill
local wait = full - empty
if wait <= 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', string.format('%.0f', full - now))
  return 0
end
if stands > empty then
  redis.call('SET', KEYS[1], string.format('%.0f', empty), 'PX', string.format('%.0f', empty - now))
end
return wait
