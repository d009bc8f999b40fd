-- Beats for one session after the other: each line of the file is a bearer.
local requests, next = {}, 0

function init(arguments)
  for bearer in io.lines(arguments[1]) do
    local path = "/directory/api/directorysession/heartbeat"
    requests[#requests + 1] = wrk.format("POST", path, { ["x-infinite-bearer"] = bearer }, "")
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end
