-- Applies changes of one partition's registry, unless it has changed since it was read.
-- KEYS  revision, journal
-- ARGV  revision that was read, how many revisions the journal keeps, changes {service, application...}, commands {{command, key, arguments...}...}
-- Answers 1, or 0 if nothing was applied.

local revision = redis.call('GET', KEYS[1]) or '0'
if revision ~= ARGV[1] then return 0 end
for _, command in ipairs(cmsgpack.unpack(ARGV[4])) do
  redis.call(unpack(command))
end
local changes = cmsgpack.unpack(ARGV[3])
if #changes == 0 then changes = { '', '-' } end -- something that listeners look up each time
for i = 1, #changes, 2 do
  revision = redis.call('INCR', KEYS[1])
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], revision .. '-0', 's', changes[i], 'a', changes[i + 1])
end
return 1
