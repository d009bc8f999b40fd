-- KEYS: u, k, perhaps a. ARGV: expected commit, new commit, new aggregate or '', digests to kill, not after or ''
-- An aggregate is a version byte, the 8 bytes of the commit that wrote it, and the rest.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local stands = redis.call('GETRANGE', KEYS[1], 1, 8)
local done = stands == ARGV[2] or (KEYS[3] and redis.call('EXISTS', KEYS[3]) == 1)
if not done then -- else this is a second delivery
  if stands ~= ARGV[1] then return false end
  if ARGV[5] ~= '' and now > tonumber(ARGV[5]) then return -1 end
  if ARGV[3] == '' then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], ARGV[3])
  end
  if ARGV[4] ~= '' then redis.call('APPEND', KEYS[2], ARGV[4]) end
  if KEYS[3] then redis.call('SET', KEYS[3], '', 'PX', 60000) end
end
return now
