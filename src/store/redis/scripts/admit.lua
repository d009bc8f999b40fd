-- Admits an attempt by the first of its lanes that is open and has room, and charges the buckets of that lane; else
-- charges nothing.
-- KEYS: marks of the account, buckets.
-- ARGV: how many lanes; of each lane the mark that opens it, or '', and how many charges; of each charge the bucket's
-- place, from 1, its burst, how long one takes to refill, and the place of another charge in the lane, from 1, or 0: if
-- the bucket of that one was not full before, this charge is left out.
-- Answers: 1 admitted, or 0; the lane, from 0; how long until a lane has room; the charges made, from 0.
-- A bucket is one number: when it will be full (GCRA). All buckets are read, whatever the marks are.
local marks = KEYS[1]
local function number() return tonumber(argument()) end
local now, stored = now(), redis.call('MGET', unpack(KEYS, 2))
local function store(bucket, full)
  redis.call('SET', KEYS[bucket + 1], integer(full), 'PX', integer(full - now))
end
local shortest, capped = nil, {}
for lane = 1, number() do
  local mark, charges = argument(), number()
  local open = mark == '' or end_of_mark(score_of_mark(marks, mark)) > now
  local after, used, wait, charged = {}, {}, 0, {}
  for charge = 1, charges do
    local bucket, burst, refill, unless_used = number(), number(), number(), number()
    local empty = now + burst * refill
    local full = after[bucket] or math.max(tonumber(stored[bucket]) or now, now)
    -- A clock that was set back must not lock anybody out for longer than an empty bucket does.
    if full > empty then
      full = empty
      capped[bucket] = empty
    end
    used[charge] = full > now
    if not used[unless_used] then
      full = full + refill
      wait = math.max(wait, full - empty)
      after[bucket] = full
      charged[#charged + 1] = charge - 1
    end
  end
  if open and wait <= 0 then
    for bucket, full in pairs(after) do store(bucket, full) end
    return {1, lane - 1, 0, charged}
  end
  if open then shortest = math.min(shortest or wait, wait) end
end
for bucket, full in pairs(capped) do store(bucket, full) end
return {0, 0, shortest or 0, {}}
