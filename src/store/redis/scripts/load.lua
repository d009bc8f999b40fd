-- Loads what an act needs of a user, as it is at one instant.
-- KEYS: user, index, sessions.
-- ARGV: the beginning of the keys of sessions; how many v2 sessions, and how many directory sessions, may stay; how
-- many of each kind to load at least; the first and the last place in the index to load, or ''.
-- Answers: the time; the user, or nil; of each session in KEYS the record or nil; other sessions: of each kind those
-- that go first, so many that no more than may stay are left, then those at the places in the index.
local user, index = KEYS[1], KEYS[2]
local prefix, may_stay = ARGV[1], {clients = tonumber(ARGV[2]), directory = tonumber(ARGV[3])}
local at_least, first, last = tonumber(ARGV[4]), ARGV[5], ARGV[6]
local BANDS = {clients = {'-inf', '(' .. integer(DIRECTORY_BAND)}, directory = {integer(DIRECTORY_BAND), '+inf'}}
local record = redis.call('GET', user)
if not record then return {now(), false, {}, {}} end
local state, wanted, more = read_user(record), {}, {}
for i = 3, #KEYS do wanted[i - 2] = redis.call('GET', KEYS[i]) end

local function read(slots)
  for _, slot in ipairs(slots) do more[#more + 1] = redis.call('GET', prefix .. slot) end
end
for _, kind in ipairs({'clients', 'directory'}) do
  local count = math.max(state[kind] - may_stay[kind], at_least)
  if count > 0 and state[kind] > 0 then
    read(state.only and {state.only} or
      redis.call('ZRANGE', index, BANDS[kind][1], BANDS[kind][2], 'BYSCORE', 'LIMIT', 0, count))
  end
end
if first ~= '' then
  read(state.only and {state.only} or redis.call('ZRANGE', index, first, last))
end
return {now(), record, wanted, more}
