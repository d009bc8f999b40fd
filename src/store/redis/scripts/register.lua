-- Registers a redirect URL. Answers: 1, or 0 if there are too many.
-- KEYS: redirects. ARGV: URL, how many there may be.
local redirects, url, most = KEYS[1], ARGV[1], tonumber(ARGV[2])
if redis.call('SISMEMBER', redirects, url) == 1 then return 1 end
if redis.call('SCARD', redirects) >= most then return 0 end
return redis.call('SADD', redirects, url)
