-- Checks a call and, if it is within its limits, counts it, remembers its id, appends it to the log and raises events: one step.
--
-- KEYS  registry's revision, application's counters, log, events, service's applications with traffic, [id]
-- ARGV  1 the call: {service, application, metrics, limits {metric's place, period, maximum}, adds {place, delta}, sets {place, value},
--         levels, whether all limits are checked, response code}
--       2 revision on which it relies, '*' = on none; 3 now as a span; 4 now in seconds
--       5 '' = only check; 's' = there are sets; else the log's record
--       6 now in ms   7 the id   8 digests of its content (16 characters) and of whose it is   9 when the id may be forgotten, in seconds
-- Answers {status, current value of each limit}: 0 denied, 1 authorized, 2 the registry has changed, 3 repeated, 4 the id has another
-- content, 5 a number would be too large.

if ARGV[2] ~= '*' and (redis.call('GET', KEYS[1]) or '0') ~= ARGV[2] then return { 2 } end

local call = cmsgpack.unpack(ARGV[1])
local metrics, limits, adds, sets, levels = call[3], call[4], call[5], call[6], call[7]
local now = read_span(ARGV[3])
local counting = ARGV[5] ~= ''

local fields = redis.call('HMGET', KEYS[2], '', unpack(metrics))
local counters = {}
for i = 1, #metrics do
  counters[i] = read_counter(fields[i + 1], now)
end

local function answer(status)
  local found = { status }
  for i, l in ipairs(limits) do
    found[i + 1] = value(counters[l[1]], l[2])
  end
  return found
end

if counting and KEYS[6] then
  local seen = redis.call('GET', KEYS[6])
  if seen then return answer(string.sub(seen, 1, 16) == string.sub(ARGV[8], 1, 16) and 3 or 4) end
end

local added, set = {}, {}
for _, a in ipairs(adds) do added[a[1]] = a[2] end
for _, s in ipairs(sets) do set[s[1]] = s[2] end
for _, l in ipairs(limits) do
  local place, maximum = l[1], l[3]
  if call[8] then
    if value(counters[place], l[2]) > maximum then return answer(0) end
  elseif set[place] then
    if set[place] > maximum then return answer(0) end
  elseif added[place] then
    if value(counters[place], l[2]) + added[place] > maximum then return answer(0) end
  end
end
if not counting then return answer(1) end

-- It counts in the counters' own periods, which were checked: where another listener's clock is ahead, they are later ones than now's.
local usage = {}
for _, a in ipairs(adds) do
  if a[2] > 0 then
    local counter = counters[a[1]]
    counter.total = counter.total + a[2]
    table.insert(usage, metrics[a[1]])
    table.insert(usage, a[2])
  end
end
local values = {}
for _, s in ipairs(sets) do
  table.insert(usage, metrics[s[1]])
  local counter = counters[s[1]]
  table.insert(usage, s[2] - counter.total)
  counter.total = s[2]
  for p = 1, MONTHS do counter.bases[p] = 0 end
  table.insert(values, metrics[s[1]])
  table.insert(values, s[2])
end
local write = {}
for i = 1, #metrics do
  if added[i] or set[i] then
    if not is_exact(counters[i]) then return { 5 } end
    table.insert(write, metrics[i])
    table.insert(write, pack_counter(counters[i]))
  end
end

local record = ARGV[5]
if record == 's' or KEYS[6] then
  local body = cmsgpack.pack({ call[1], call[2], usage, values, call[9], ARGV[7] or '', tonumber(ARGV[9] or 0) })
  record = struct.pack('<I4i8', #body, tonumber(ARGV[6])) .. body
end

local now_s = tonumber(ARGV[4])
local marks = read_marks(fields[1])
local changed = look_at_traffic(marks, KEYS[4], KEYS[5], call[1], call[2], now, now_s)
if #levels > 0 then
  local used = {}
  for i, l in ipairs(limits) do
    used[i] = { metrics[l[1]], l[2], l[3], value(counters[l[1]], l[2]) }
  end
  changed = look_at_levels(marks, KEYS[4], call[1], call[2], used, levels, now_s) or changed
end
if changed then
  table.insert(write, '')
  table.insert(write, cmsgpack.pack(marks))
end

redis.call('HSET', KEYS[2], unpack(write))
redis.call('XADD', KEYS[3], '*', 'e', record)
if KEYS[6] then redis.call('SET', KEYS[6], ARGV[8], 'EX', tonumber(ARGV[9]) - now_s) end
return answer(1)
