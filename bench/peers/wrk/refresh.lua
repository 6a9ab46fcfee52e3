-- A request spends a token, and its answer has the next one, which waits until all before it have been spent.
-- Arguments: the request, with <token> and <length> in it; the pattern of the next token in an answer; a file of
-- tokens, one a line, where those that are left at the end are written to.
dofile("said.lua")

local head, body, next_token, where
-- Without `local`: what the end wants to know of a thread has to be global there.
tokens, first, last = {}, 1, 0

function init(args)
  head, body = read(args[1]):match("^(.-\r\n\r\n)(.*)$")
  head, body = parts(head), parts(body)
  next_token = args[2]
  for token in io.lines(args[3]) do push(token) end
end

-- Texts and places, one after the other.
function parts(text)
  local found = {}
  for before, name in text:gmatch("([^<]*)<?(%l*)>?") do
    found[#found + 1] = before
    if name ~= "" then found[#found + 1] = name == "token" and 1 or 2 end
  end
  return found
end

function filled(found, token, length)
  local made = ""
  for _, part in ipairs(found) do
    made = made .. (part == 1 and token or part == 2 and length or part)
  end
  return made
end

function push(token)
  last = last + 1
  tokens[last] = token
end

function request()
  local token = tokens[first]
  if token == nil then error("no token is left: fewer sessions than connections") end
  tokens[first] = nil
  first = first + 1
  local content = filled(body, token)
  return filled(head, token, #content) .. content
end

function response(status, headers, content)
  local token = content:match(next_token)
  if token then push(token) end
end

local threads = {}
function setup(thread)
  threads[#threads + 1] = thread
end

function done(summary, latency)
  local thread = threads[1]
  local file = assert(io.open(os.getenv("TOKENS_LEFT"), "wb"))
  local left = thread:get("tokens")
  for each = thread:get("first"), thread:get("last") do file:write(left[each], "\n") end
  file:close()
  said(summary, latency)
end
