-- Requests of equal length, one after the other in a file: its name and their length come after "--".
local file, length

function init(args)
   file = assert(io.open(args[1], "rb"))
   length = tonumber(args[2])
   file:seek("set", tonumber(args[3]) * length)
end

function request()
   return file:read(length)
end
