-- Leaves of a login that it has ended, no longer which session it opened. Answers: nothing.
-- KEYS: what is left of the login. ARGV: the record for that.
redis.call('SET', KEYS[1], ARGV[1], 'XX', 'KEEPTTL')
return 0
