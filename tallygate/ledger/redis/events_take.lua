-- The events of a partition that wait to be given ids.
-- KEYS  events, how many were taken before   Answers {how many were taken before, events...}

local found = redis.call('LRANGE', KEYS[1], 0, 499)
table.insert(found, 1, tonumber(redis.call('GET', KEYS[2]) or 0))
return found
