-- KEYS: closing. ARGV: age, count
local t = redis.call('TIME')
local before = t[1] * 1000000 + t[2] - tonumber(ARGV[1]) * 1000
local found = redis.call('ZRANGE', KEYS[1], '-inf', string.format('%.0f', before), 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
local answer = {}
for i = 1, #found, 2 do answer[#answer + 1] = {found[i], tonumber(found[i + 1])} end
return answer
