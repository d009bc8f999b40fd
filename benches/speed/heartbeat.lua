-- Beats for one session after the other: each line of the file is a bearer.
require "lines"

function request_of(bearer)
  return wrk.format("POST", "/directory/api/directorysession/heartbeat", { ["x-infinite-bearer"] = bearer }, "")
end
