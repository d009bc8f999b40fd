-- Stores a new user. Answers: 1 done, 0 there is one with this id, -1 too late.
-- KEYS: user, hold. ARGV: record; the latest instant to do it.
local user, record, latest = KEYS[1], ARGV[1], tonumber(ARGV[2])
local stands = redis.call('GET', user)
if stands then return string.sub(stands, 2, 9) == string.sub(record, 2, 9) and 1 or 0 end -- perhaps a second delivery
if now() > latest then return -1 end
redis.call('SET', user, record)
return 1
