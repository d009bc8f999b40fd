-- KEYS: signing. ARGV: expected version or '' for none, act, new value. A value is the act, the version, and the ring.
if redis.call('GETRANGE', KEYS[1], 0, 7) == ARGV[2] then return 1 end -- a second delivery
if redis.call('GETRANGE', KEYS[1], 8, 15) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[3])
return 1
