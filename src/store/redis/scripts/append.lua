-- Appends entries to a chain of events. Answers: 1, or 0 if another entry is the last.
-- KEYS: chain. ARGV: number of the last entry, 0 for none; then of each entry the id and the entry.
local chain, after = KEYS[1], ARGV[1]
local last = redis.call('XREVRANGE', chain, '+', '-', 'COUNT', 1)[1]
local number = last and string.match(last[1], '%-(%d+)$') or '0'
if number ~= after then
  -- A second delivery finds its own last entry.
  return last and last[1] == ARGV[#ARGV - 1] and last[2][2] == ARGV[#ARGV] and 1 or 0
end
for i = 2, #ARGV, 2 do redis.call('XADD', chain, ARGV[i], 'e', ARGV[i + 1]) end
return 1
