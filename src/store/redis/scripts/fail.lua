-- KEYS: n, undecided. ARGV: native, pending, failed, how long to keep that, channel
if redis.call('ZREM', KEYS[2], ARGV[1]) == 1 and redis.call('GET', KEYS[1]) == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
  redis.call('PUBLISH', ARGV[5], ARGV[1])
end
return 0
