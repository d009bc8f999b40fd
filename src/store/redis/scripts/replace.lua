-- Replaces a record that has a version. Answers: 1, or 0 if another version stands.
-- KEYS: the record. ARGV: the version that must stand, or '' for none; a new id; the new value: id, version and record.
local key, version, id, value = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if redis.call('GETRANGE', key, 0, 7) == id then return 1 end -- a second delivery
if redis.call('GETRANGE', key, 8, 15) ~= version then return 0 end
redis.call('SET', key, value)
return 1
