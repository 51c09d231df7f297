-- Whether there are events and it is somebody's turn to tell of them.
-- KEYS  events by id, when somebody claimed the turn last   ARGV  now in seconds, for how long one turn lasts   Answers 1 or 0

if redis.call('ZCARD', KEYS[1]) == 0 then return 0 end
local passed = tonumber(ARGV[1]) - tonumber(redis.call('GET', KEYS[2]) or '-inf')
if passed >= 0 and passed < tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[2], ARGV[1])
return 1
