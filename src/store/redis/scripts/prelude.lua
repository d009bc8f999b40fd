-- The store's clock, in milliseconds.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
-- A whole number as Redis wants it, however large.
local function integer(number) return string.format('%.0f', number) end
-- The next argument, for scripts that take lists.
local arguments_read = 0
local function argument()
  arguments_read = arguments_read + 1
  return ARGV[arguments_read]
end
