-- What every script here has: at the end, one line of JSON that bench/peers/wrk.py reads.

function said(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"answers": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "bad": %d, "broken": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end

function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end
