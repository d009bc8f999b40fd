-- KEYS: m b... ARGV: lanes, then each lane: mark, charges, then each charge: its b, burst, refill, guard.
-- The one number kept of a bucket is when it will be full (GCRA). All of it is read first, whatever is there.
local now = now()
local UNUSED = 1e13 -- see remember.lua
local stands = redis.call('MGET', unpack(KEYS, 2))
local function set(b, full)
  redis.call('SET', KEYS[b + 1], string.format('%.0f', full), 'PX', string.format('%.0f', full - now))
end
local at, shortest, late = 2, nil, {}
for lane = 1, tonumber(ARGV[1]) do
  local mark, charges = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  local open = true
  if mark ~= '' then
    local ends = tonumber(redis.call('ZSCORE', KEYS[1], mark) or 0)
    if ends < 0 then ends = ends + UNUSED end
    open = ends > now
  end
  local after, used, wait, taken = {}, {}, 0, {lane}
  for charge = 1, charges do
    local b, burst = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    local refill, guard = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
    at = at + 4
    local empty = now + burst * refill
    local full = after[b] or math.max(tonumber(stands[b]) or now, now)
    -- A clock that was set back must not lock anybody out for longer than an empty bucket does.
    if full > empty then
      full = empty
      late[b] = empty
    end
    used[charge] = full > now
    if not used[guard] then
      full = full + refill
      wait = math.max(wait, full - empty)
      after[b] = full
      taken[#taken + 1] = charge
    end
  end
  if open and wait <= 0 then
    for b, full in pairs(after) do set(b, full) end
    return taken
  end
  if open then shortest = math.min(shortest or wait, wait) end
end
for b, full in pairs(late) do set(b, full) end
return {0, shortest or 0}
