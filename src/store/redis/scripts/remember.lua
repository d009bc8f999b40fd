-- Makes or renews marks of an account.
-- KEYS: marks. ARGV: how long a mark lasts; how old it must be to be renewed; how many there may be; of each mark:
-- itself, and when to write it: 'always', 'known' (only if there is one), 'reused' (only if there is none, as one that
-- goes first).
local marks = KEYS[1]
local lifetime, renewed_after, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = now()
local ends, changed = now + lifetime, false
for at = 4, #ARGV, 2 do
  local mark, how = ARGV[at], ARGV[at + 1]
  local stands, score = score_of_mark(marks, mark), nil
  local lives = end_of_mark(stands) > now
  if how == 'reused' then
    if not lives then score = ends - UNUSED end
  elseif (how == 'always' or lives) and stands <= ends - renewed_after then
    score = ends
  end
  if score then
    redis.call('ZADD', marks, integer(score), mark)
    changed = true
  end
end
if changed then
  redis.call('ZREMRANGEBYSCORE', marks, integer(-UNUSED), integer(now - UNUSED))
  redis.call('ZREMRANGEBYSCORE', marks, 0, integer(now))
  redis.call('ZREMRANGEBYRANK', marks, 0, -1 - most)
  redis.call('PEXPIRE', marks, lifetime)
end
return 0
