-- The same requests again and again, one after the other. Argument: a file of whole requests with a NUL after each.
dofile("said.lua")

local requests, at = {}, 0

function init(args)
  for each in read(args[1]):gmatch("([^%z]+)%z") do requests[#requests + 1] = each end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  said(summary, latency)
end
