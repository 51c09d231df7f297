-- Counts entries of one service without asking for limits, each at its own time, and appends them to the log: all in one step.
--
-- KEYS  registry's revision, log, events, service's applications with traffic, the applications' counters..., the ids...
-- ARGV  1 {service, applications, number of spans, entries {application's place, span's place, adds {metric, delta...},
--         sets {metric, value...}, response code, time in ms, id's place or 0, the id, digests of its content (16 characters) and of whose it is}, watched {application's place,
--         limits {metric, period, maximum}, levels}}
--       2 revision on which it relies; 3 now as a span; 4 now in seconds; 5 when the ids may be forgotten, in seconds, 0 = never
--       6... the spans; behind them, for each entry without sets and without an id, the log's record, else ''
-- Answers {status, places of duplicates, places of conflicts}, from 1: status 1 counted, 2 the registry has changed, 5 a number would be
-- too large. A duplicate was counted before; a conflict has the id of something else.

if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[2] then return { 2 } end

local given = cmsgpack.unpack(ARGV[1])
local service, applications, entries = given[1], given[2], given[4]
local now, now_s, expires_s = read_span(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local first_counters, first_id = 4, 4 + #applications
local spans = {}
for i = 1, given[3] do spans[i] = read_span(ARGV[5 + i]) end
local first_record = 5 + given[3]

local counters, marks, traffic = {}, {}, {}

local function counter_of(place, metric)
  local found = counters[place][metric]
  if not found then
    found = read_counter(redis.call('HGET', KEYS[first_counters + place], metric), now)
    counters[place][metric] = found
  end
  return found
end

-- The metrics of an application are read together.
local wanted = {}
for _, e in ipairs(entries) do
  local of = wanted[e[1]]
  if not of then
    of = { names = {}, seen = {} }
    wanted[e[1]] = of
  end
  for _, list in ipairs({ e[3], e[4] }) do
    for i = 1, #list, 2 do
      if not of.seen[list[i]] then
        of.seen[list[i]] = true
        table.insert(of.names, list[i])
      end
    end
  end
end
for place, of in pairs(wanted) do
  local fields = redis.call('HMGET', KEYS[first_counters + place], '', unpack(of.names))
  marks[place] = read_marks(fields[1])
  counters[place] = {}
  for i, name in ipairs(of.names) do counters[place][name] = read_counter(fields[i + 1], now) end
end

local duplicates, conflicts, records, ids, touched = {}, {}, {}, {}, {}
for n, e in ipairs(entries) do
  local id_place, new = e[7], true
  if id_place > 0 then
    local seen = ids[id_place] or redis.call('GET', KEYS[first_id + id_place])
    if seen then
      new = false
      table.insert(string.sub(seen, 1, 16) == string.sub(e[9], 1, 16) and duplicates or conflicts, n)
    else
      ids[id_place] = e[9]
    end
  end
  if new then
    local at, adds, sets, usage = spans[e[2]], e[3], e[4], nil
    for i = 1, #adds, 2 do add_at(counter_of(e[1], adds[i]), adds[i + 1], at) end
    if #sets > 0 then
      usage = {}
      for i = 1, #adds do usage[i] = adds[i] end
      for i = 1, #sets, 2 do
        table.insert(usage, sets[i])
        table.insert(usage, set_at(counter_of(e[1], sets[i]), sets[i + 1], at))
      end
    end
    touched[e[1]] = true
    local record = ARGV[first_record + n]
    if record == '' then
      local body = cmsgpack.pack({ service, applications[e[1]], usage or adds, sets, e[5], e[8], id_place > 0 and expires_s or 0 })
      record = struct.pack('<I4i8', #body, e[6]) .. body
    end
    table.insert(records, record)
  end
end
if #records == 0 then return { 1, duplicates, conflicts } end

local writes = {}
for place in pairs(touched) do
  local write = {}
  for name, counter in pairs(counters[place]) do
    if not is_exact(counter) then return { 5 } end
    table.insert(write, name)
    table.insert(write, pack_counter(counter))
  end
  writes[place] = write
end

local changed = {}
for place = 1, #applications do -- in order, so that events are
  if touched[place] and expires_s > 0 then -- imported history is no traffic
    changed[place] = look_at_traffic(marks[place], KEYS[3], KEYS[4], service, applications[place], now, now_s)
  elseif touched[place] then
    redis.call('SADD', KEYS[4], applications[place])
  end
end
for _, w in ipairs(given[5]) do
  local place = w[1]
  if touched[place] then
    local used = {}
    for i, l in ipairs(w[2]) do used[i] = { l[1], l[2], l[3], value(counter_of(place, l[1]), l[2]) } end
    local more = look_at_levels(marks[place], KEYS[3], service, applications[place], used, w[3], now_s)
    changed[place] = changed[place] or more
  end
end

for place, write in pairs(writes) do
  if changed[place] then
    table.insert(write, '')
    table.insert(write, cmsgpack.pack(marks[place]))
  end
  for first = 1, #write, 1000 do
    redis.call('HSET', KEYS[first_counters + place], unpack(write, first, math.min(first + 999, #write)))
  end
end
redis.call('XADD', KEYS[2], '*', 'e', table.concat(records))
for place, content in pairs(ids) do
  if expires_s > 0 then
    redis.call('SET', KEYS[first_id + place], content, 'EX', expires_s - now_s)
  else
    redis.call('SET', KEYS[first_id + place], content)
  end
end
return { 1, duplicates, conflicts }
