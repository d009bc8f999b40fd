-- KEYS: s, logins, w, perhaps n. ARGV: act, entry, state, pending, failed, how long to keep that, channel, native
if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end -- a second delivery
if redis.call('ZREM', KEYS[2], ARGV[2]) == 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
redis.call('ZREM', KEYS[3], ARGV[3])
if KEYS[4] and redis.call('GET', KEYS[4]) == ARGV[4] then
  redis.call('SET', KEYS[4], ARGV[5], 'PX', ARGV[6])
  redis.call('PUBLISH', ARGV[7], ARGV[8])
end
return 1
