-- Makes the effects of an act on a user true: all of them, or none if what the act rests on has changed. A second
-- delivery changes nothing, and is answered like the first.
-- KEYS: user, index, timers of the shard, hold.
-- ARGV, '' where there is none; a list begins with its length:
--   version   the account's version as loaded, if the act rests on the account
--   opened    how many sessions had ever been opened, if the act rests on all of them
--   account   new version and account
--   latest    the instant after which the act must not take effect
--   most      how many v2 sessions, and how many directory sessions, there may be if one opens
--   sessions  list: key, record as loaded, new record
--   closed    a key: if it exists, the session to be opened is closed for good
--   records   list of other new records: key, value, expiry
--   removed   list of keys
--   timers    list: timer, instant ('' removes it)
-- Answers: 1 done, 0 something has changed, -1 too late, -2 the session is closed for good.
local user, index, timers = KEYS[1], KEYS[2], KEYS[3]
local function list(width)
  local rows = {}
  for row = 1, tonumber(argument()) do
    rows[row] = {}
    for column = 1, width do rows[row][column] = argument() end
  end
  return rows
end
local version, opened, account, latest = argument(), argument(), argument(), argument()
local most = {clients = tonumber(argument()), directory = tonumber(argument())}
local sessions, closed = list(3), argument()
local records, removed, changed_timers = list(3), list(1), list(2)

-- Is this a second delivery? The first new record has a random key or value, and so has the new version.
local head = redis.call('GETRANGE', user, 0, HEAD - 1)
if head == '' then return 0 end
local state = read_user(head)
if account ~= '' and state.version == string.sub(account, 1, 8) then return 1 end
if records[1] and redis.call('GET', records[1][1]) == records[1][2] then return 1 end

-- Is everything as it was loaded?
if version ~= '' and state.version ~= version or opened ~= '' and state.opened ~= tonumber(opened) then return 0 end
local total, opens = state.clients + state.directory, {clients = 0, directory = 0}
for _, session in ipairs(sessions) do
  local key, read, new = unpack(session)
  local stands = redis.call('GET', key) or ''
  if stands ~= read then
    -- Without new records, it may be done already, by this act or by another one that did just the same.
    return stands == new and new ~= '' and not records[1] and 1 or 0
  end
  local was, is = read ~= '' and read_session(read), new ~= '' and read_session(new)
  session.slot, session.was, session.is = string.sub(key, -16), was, is
  local kind = (was or is).kind
  opens[kind] = opens[kind] + (is and 1 or 0) - (was and 1 or 0)
  state.tokens = state.tokens + (is and is.tokens or 0) - (was and was.tokens or 0)
end
for kind, more in pairs(opens) do
  state[kind] = state[kind] + more
  if more > 0 and state[kind] > most[kind] then return 0 end
end
if closed ~= '' and redis.call('EXISTS', closed) == 1 then return -2 end
if latest ~= '' and now() > tonumber(latest) then return -1 end

-- Sessions and index. A user's only session is named in the user's record and not in the index.
for _, session in ipairs(sessions) do
  if not session.is then
    redis.call('UNLINK', session[1])
    redis.call('ZREM', index, session.slot)
    if state.only == session.slot then state.only = nil end
    total = total - 1
  end
end
for _, session in ipairs(sessions) do
  local key, slot, is = session[1], session.slot, session.is
  if is then
    redis.call('SET', key, session[3])
    if not session.was then
      state.opened, total = state.opened + 1, total + 1
      if total == 1 then
        state.only = slot
      elseif state.only then
        local only = redis.call('GET', string.sub(key, 1, -17) .. state.only)
        redis.call('ZADD', index, read_session(only).rank, state.only)
        state.only = nil
      end
    end
    if state.only ~= slot then redis.call('ZADD', index, is.rank, slot) end
  end
end

local counts = struct.pack('>I4I4I4I4c16',
  state.opened, state.clients, state.directory, state.tokens, state.only or NO_SLOT)
if account ~= '' then
  redis.call('SET', user, string.sub(head, 1, 1) .. string.sub(account, 1, 8) .. counts .. string.sub(account, 9))
elseif counts ~= string.sub(head, 10) then
  redis.call('SETRANGE', user, 9, counts)
end
for _, record in ipairs(records) do redis.call('SET', record[1], record[2], 'PXAT', record[3]) end
for _, key in ipairs(removed) do redis.call('UNLINK', key[1]) end
for _, timer in ipairs(changed_timers) do
  if timer[2] == '' then redis.call('ZREM', timers, timer[1]) else redis.call('ZADD', timers, timer[2], timer[1]) end
end
return 1
