-- Removes the oldest entries of a chain of events. Answers: how many are left.
-- KEYS: chain. ARGV: the id from which on entries stay.
local chain, from = KEYS[1], ARGV[1]
redis.call('XTRIM', chain, 'MINID', '=', from)
local left = redis.call('XLEN', chain)
if left == 0 then redis.call('DEL', chain) end
return left
