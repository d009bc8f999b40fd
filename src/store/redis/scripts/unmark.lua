-- Removes the mark of a move. Answers: whether it was there.
-- KEYS: moved. ARGV: the move's id, with which its mark begins.
local moved, id = KEYS[1], ARGV[1]
if string.sub(redis.call('GET', moved) or '', 1, #id) ~= id then return 0 end
return redis.call('DEL', moved)
