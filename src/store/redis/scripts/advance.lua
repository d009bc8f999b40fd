-- Takes a login to its next stage. Answers: 1, or 0 if the login is not as it was loaded.
-- KEYS: login. ARGV: the record as loaded; the new value: act and record.
local login, record, value = KEYS[1], ARGV[1], ARGV[2]
local stands = redis.call('GET', login)
if not stands then return 0 end
if stands == value then return 1 end -- a second delivery
if string.sub(stands, 9) ~= record then return 0 end
redis.call('SET', login, value, 'KEEPTTL')
return 1
