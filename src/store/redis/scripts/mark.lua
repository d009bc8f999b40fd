-- Marks the store as moved. Answers: 1.
-- KEYS: moved. ARGV: the move's id and the URL of the other store, as one.
redis.call('SET', KEYS[1], ARGV[1])
return 1
