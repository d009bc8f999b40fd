-- Tells by what an attempt would be judged, and changes nothing.
-- KEYS: marks of the account, buckets. ARGV: of each lane the mark that opens it, or ''.
-- Answers: of each lane 1 if it is open, or 0; of each bucket how long until it is full.
local marks = KEYS[1]
local now, stored = now(), redis.call('MGET', unpack(KEYS, 2))
local open, full = {}, {}
for lane, mark in ipairs(ARGV) do
  open[lane] = (mark == '' or end_of_mark(score_of_mark(marks, mark)) > now) and 1 or 0
end
for bucket = 1, #KEYS - 1 do full[bucket] = math.max((tonumber(stored[bucket]) or now) - now, 0) end
return {open, full}
