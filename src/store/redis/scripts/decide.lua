-- KEYS: n, undecided. ARGV: outcome, how long to keep it, channel, native
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[4])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 0
