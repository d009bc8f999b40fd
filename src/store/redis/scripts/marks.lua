-- Marks of an account: a sorted set. A mark's score is when it ends; if nobody has come back with it since it was made,
-- less UNUSED, so that it goes first when there are too many.
local UNUSED = 1e13
local function end_of_mark(score) return score < 0 and score + UNUSED or score end
local function score_of_mark(marks, mark) return tonumber(redis.call('ZSCORE', marks, mark) or 0) end
