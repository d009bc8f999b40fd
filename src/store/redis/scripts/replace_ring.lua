-- Replaces the ring of signing keys. Answers: 1, or 0 if another version stands.
-- KEYS: signing. ARGV: the version that must stand, or '' for none; a new id; the new value: id, version and ring.
local signing, version, id, value = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if redis.call('GETRANGE', signing, 0, 7) == id then return 1 end -- a second delivery
if redis.call('GETRANGE', signing, 8, 15) ~= version then return 0 end
redis.call('SET', signing, value)
return 1
