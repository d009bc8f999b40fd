-- KEYS: k. ARGV: digests of 16 bytes each that are dead now
local stands = redis.call('GET', KEYS[1])
if not stands then return 0 end
local done = {}
for i = 1, #ARGV[1], 16 do done[string.sub(ARGV[1], i, i + 15)] = true end
local left = {}
for i = 1, #stands, 16 do
  local digest = string.sub(stands, i, i + 15)
  if not done[digest] then left[#left + 1] = digest end
end
if #left == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], table.concat(left))
end
return #left * 16
