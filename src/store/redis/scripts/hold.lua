-- Holds the changes of a shard. Answers: 1, or 0 if this move may not.
-- KEYS: hold. ARGV: the move's id; 1 if it must hold them already; for how long, in milliseconds, or '' for good.
local hold, id, must, lifetime = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local stands = redis.call('GET', hold)
if stands ~= id and (stands or must == '1') then return 0 end
-- What is held for good stays so, also if a step from before arrives late.
if stands and lifetime ~= '' and redis.call('PTTL', hold) == -1 then return 1 end
if lifetime == '' then redis.call('SET', hold, id) else redis.call('SET', hold, id, 'PX', lifetime) end
return 1
