-- Claims an address, a subject or an external id for a user. Answers: 1 and the new claim, or 0 and the claim that stands.
-- KEYS: the claim. ARGV: user; how long the claim stands at least; a claim that is known to be abandoned, or ''.
-- A claim is the user's 16 bytes and, in decimal, when it may be taken over if the user does not have it by then.
local key, user, lifetime, abandoned = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local stands, now = redis.call('GET', key), now()
if stands and string.sub(stands, 1, 16) ~= user then
  if stands ~= abandoned or now <= tonumber(string.sub(stands, 17)) then return {0, stands} end
end
-- Claims of one user differ also within a millisecond: whoever gives an earlier one back must not remove this one.
local ends = now + lifetime
if stands and string.sub(stands, 1, 16) == user then ends = math.max(ends, tonumber(string.sub(stands, 17)) + 1) end
local claim = user .. integer(ends)
redis.call('SET', key, claim)
return {1, claim}
