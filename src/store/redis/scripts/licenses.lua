-- Answers: how many licences are out, and some of them: native token, end, record.
-- KEYS: licences, borrowed. ARGV: count.
local licenses, borrowed, count = KEYS[1], KEYS[2], ARGV[1]
local past = '(' .. integer(now())
local found = redis.call('ZRANGE', licenses, past, '+inf', 'BYSCORE', 'LIMIT', 0, count, 'WITHSCORES')
local rows = {}
for i = 1, #found, 2 do
  rows[#rows + 1] = {found[i], found[i + 1], redis.call('HGET', borrowed, found[i]) or ''}
end
return {redis.call('ZCOUNT', licenses, past, '+inf'), rows}
