-- One request after the other: `request_of` makes one of each line of the file.
local requests, next = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    requests[#requests + 1] = request_of(line)
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end
