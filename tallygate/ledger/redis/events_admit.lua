-- Gives events of a partition their ids, each once, however often they are handed in.
-- KEYS  events by id, ids, ids of alerts, how many of each partition were admitted
-- ARGV  partition, how many were taken before these, events...

local partition, taken = ARGV[1], tonumber(ARGV[2])
local admitted = tonumber(redis.call('HGET', KEYS[4], partition) or 0)
for i = 3, #ARGV do
  if taken + i - 2 > admitted then
    local id = redis.call('INCR', KEYS[2])
    local event = cmsgpack.unpack(ARGV[i])
    if event[1] == 'alert' then table.insert(event, redis.call('INCR', KEYS[3])) end
    table.insert(event, 1, id)
    redis.call('ZADD', KEYS[1], id, cmsgpack.pack(event))
    redis.call('HSET', KEYS[4], partition, taken + i - 2)
  end
end
return taken + #ARGV - 2
