-- KEYS: due. ARGV: until when they are taken, then timers, each with when it goes off next or '' for never
for i = 2, #ARGV, 2 do
  local stands = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if stands and tonumber(stands) == tonumber(ARGV[1]) then -- else it went off again meanwhile
    if ARGV[i + 1] == '' then
      redis.call('ZREM', KEYS[1], ARGV[i])
    else
      redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i])
    end
  end
end
return 0
