-- Checks one token after the other: each line of the file is one.
require "lines"

function request_of(token)
  return wrk.format("GET", "/v2/authorize", { Authorization = "BimPlus " .. token })
end
