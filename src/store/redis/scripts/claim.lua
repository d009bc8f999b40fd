-- KEYS: e. ARGV: user, how long the claim stands at least, a claim known to be abandoned or ''
-- A claim is the user's 16 bytes and, in decimal, when it may be taken over if the user was not created by then.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local stands = redis.call('GET', KEYS[1])
if stands and string.sub(stands, 1, 16) ~= ARGV[1] then
  if stands ~= ARGV[3] or now <= tonumber(string.sub(stands, 17)) then return {0, stands} end
end
local claim = ARGV[1] .. string.format('%d', now + tonumber(ARGV[2]))
redis.call('SET', KEYS[1], claim)
return {1, claim}
