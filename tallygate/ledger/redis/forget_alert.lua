-- Lets a level of an application be alerted again at once.
-- KEYS  application's counters   ARGV  level   Answers 1 if it had been alerted since it was last forgotten, else 0

local text = redis.call('HGET', KEYS[1], '')
if not text then return 0 end
local marks = cmsgpack.unpack(text)
for i, m in ipairs(marks[2]) do
  if m[1] == tonumber(ARGV[1]) then
    table.remove(marks[2], i)
    redis.call('HSET', KEYS[1], '', cmsgpack.pack(marks))
    return 1
  end
end
return 0
