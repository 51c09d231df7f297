-- Removes events of a partition that have their ids.
-- KEYS  events, how many were taken before   ARGV  how many are taken by now

local taken = tonumber(redis.call('GET', KEYS[2]) or 0)
local more = tonumber(ARGV[1]) - taken
if more > 0 then
  redis.call('LTRIM', KEYS[1], more, -1)
  redis.call('SET', KEYS[2], ARGV[1])
end
return 0
