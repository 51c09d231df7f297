-- Adds groups of errors of one service, and trims what its partition holds.
-- KEYS  groups by digest (hash), digests by time (sorted set), bytes held by service (hash), of the service
-- ARGV  service, oldest time that is kept, bytes that the service may hold, {digest, group as JSON, first_ms, last_ms, count, bytes}...

local groups, order, held, service = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local total = tonumber(redis.call('HGET', held, service) or 0)

local function drop(digests)
  for _, digest in ipairs(digests) do
    local stored = redis.call('HGET', groups, digest)
    if stored then total = total - cmsgpack.unpack(stored)[5] end
    redis.call('HDEL', groups, digest)
    redis.call('ZREM', order, digest)
  end
end

for i = 4, #ARGV, 6 do
  local digest, group = ARGV[i], ARGV[i + 1]
  local first, last, count, bytes = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5])
  local stored = redis.call('HGET', groups, digest)
  if stored then
    local before = cmsgpack.unpack(stored)
    first, last, count = math.min(first, before[2]), math.max(last, before[3]), count + before[4]
    total = total - before[5]
  end
  total = total + bytes
  redis.call('HSET', groups, digest, cmsgpack.pack({ group, first, last, count, bytes }))
  redis.call('ZADD', order, last * 1000 + math.min((i - 4) / 6, 999), digest) -- of those at once, the last is the newest
end

drop(redis.call('ZRANGEBYSCORE', order, '-inf', '(' .. tonumber(ARGV[2]) * 1000))
while total > tonumber(ARGV[3]) do
  local oldest = redis.call('ZRANGE', order, 0, 49)
  if #oldest == 0 then break end
  drop(oldest)
end
redis.call('HSET', held, service, total)
return 0
