-- KEYS: u, k. ARGV: expected commit, new commit, new aggregate or '', digests to kill, not after or ''
-- An aggregate is a version byte, the 8 bytes of the commit that wrote it, and the rest.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local stands = redis.call('GETRANGE', KEYS[1], 1, 8)
if stands ~= ARGV[2] then -- else this is a second delivery
  if stands ~= ARGV[1] then return false end
  if ARGV[5] ~= '' and now > tonumber(ARGV[5]) then return -1 end
  if ARGV[3] == '' then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], ARGV[3])
  end
  if ARGV[4] ~= '' then redis.call('APPEND', KEYS[2], ARGV[4]) end
end
return now
