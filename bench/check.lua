-- Checks one token after the other: each line of the file is one.
local requests, next = {}, 0

function init(arguments)
  for token in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", "/v2/authorize", { Authorization = "BimPlus " .. token })
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end
