-- KEYS: licenses, borrowed. ARGV: count
local t = redis.call('TIME')
local past = '(' .. string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
local found = redis.call('ZRANGE', KEYS[1], past, '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[1], 'WITHSCORES')
local rows = {}
for i = 1, #found, 2 do
  rows[#rows + 1] = {found[i], found[i + 1], redis.call('HGET', KEYS[2], found[i]) or ''}
end
return {redis.call('ZCOUNT', KEYS[1], past, '+inf'), rows}
