-- KEYS: m. ARGV: lifetime, renewed after, most, then marks, each with always, reused or known.
-- A mark's score is when it ends; of one that has not been used again since it was made, less UNUSED, so that it comes
-- before all others.
local now = now()
local UNUSED = 1e13
local lifetime, most = tonumber(ARGV[1]), tonumber(ARGV[3])
local ends, recent = now + lifetime, now + lifetime - tonumber(ARGV[2])
local added = false
for at = 4, #ARGV, 2 do
  local mark, how = ARGV[at], ARGV[at + 1]
  local stands = tonumber(redis.call('ZSCORE', KEYS[1], mark) or 0)
  local lives = stands > now or stands < 0 and stands + UNUSED > now
  local score = nil
  if how == 'reused' then
    if not lives then score = ends - UNUSED end
  elseif (how == 'always' or lives) and stands <= recent then
    score = ends
  end
  if score then
    redis.call('ZADD', KEYS[1], string.format('%.0f', score), mark)
    added = true
  end
end
if added then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('%.0f', -UNUSED), string.format('%.0f', now - UNUSED))
  redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, string.format('%.0f', now))
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - most)
  redis.call('PEXPIRE', KEYS[1], lifetime)
end
return 0
