-- Logs in one user after the other: each line of the file is a request's body.
require "lines"

function request_of(body)
  return wrk.format("POST", "/v2/authorize", { ["Content-Type"] = "application/json" }, body)
end
