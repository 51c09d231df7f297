-- Counters, as `ledger/embedded/counters.py` explains them; this stands before each script.
--
-- A counter is a field of its application's hash, named by the metric: eight doubles (the minute to which it was rolled, the total, the
-- totals when its minute, hour, day, week, month and year began), and behind them, where there are any, its credits as MessagePack:
-- {period, start, value} each. A span of time is twelve doubles: the starts of the periods that contain it, and their ends.
-- Numbers are exact up to 2^53; what would go beyond is refused before anything is written.

local EXACT = 9007199254740992
local MONTHS = 6 -- minute, hour, day, week, month, year: the periods that begin anew
local DAY = 3
local MOST_EVENTS = 10000 -- of a partition, while nobody fetches them

local function read_span(text)
  local s = { struct.unpack('<dddddddddddd', text) }
  local starts, ends = {}, {}
  for p = 1, MONTHS do
    starts[p], ends[p] = s[p], s[MONTHS + p]
  end
  return { starts = starts, ends = ends }
end

local function credit(counter, period, start)
  for _, c in ipairs(counter.credits) do
    if c[1] == period and c[2] == start then return c end
  end
  local c = { period, start, 0 }
  table.insert(counter.credits, c)
  return c
end

-- Brings a counter to a later minute: periods that have ended begin anew. An earlier one changes nothing: another listener's clock is ahead.
local function roll(counter, now)
  local starts = now.starts
  if starts[1] <= counter.minute then return end
  for p = 1, MONTHS do
    if starts[p] > counter.minute then
      local ahead = 0
      for _, c in ipairs(counter.credits) do
        if c[1] == p and c[2] == starts[p] then ahead = c[3] end
      end
      counter.bases[p] = counter.total - ahead
    end
  end
  counter.minute = starts[1]
  if #counter.credits > 0 then
    local later = {}
    for _, c in ipairs(counter.credits) do
      if c[2] > starts[c[1]] then table.insert(later, c) end
    end
    counter.credits = later
  end
end

local function read_counter(text, now)
  local counter = { credits = {}, bases = {} }
  if text then
    local b = counter.bases
    counter.minute, counter.total, b[1], b[2], b[3], b[4], b[5], b[6] = struct.unpack('<dddddddd', text)
    if #text > 64 then counter.credits = cmsgpack.unpack(string.sub(text, 65)) end
    roll(counter, now)
  else
    counter.minute, counter.total = now.starts[1], 0
    for p = 1, MONTHS do counter.bases[p] = 0 end
  end
  return counter
end

local function pack_counter(counter)
  local b = counter.bases
  local text = struct.pack('<dddddddd', counter.minute, counter.total, b[1], b[2], b[3], b[4], b[5], b[6])
  if #counter.credits > 0 then text = text .. cmsgpack.pack(counter.credits) end
  return text
end

-- The value in a period that contains the counter's minute; the seventh period is eternity.
local function value(counter, period)
  return counter.total - (counter.bases[period] or 0)
end

-- Counts at a time that may lie before or after the counter's minute.
local function add_at(counter, delta, at)
  counter.total = counter.total + delta
  local minute = counter.minute
  for p = 1, MONTHS do
    if minute < at.starts[p] then
      counter.bases[p] = counter.bases[p] + delta
      local c = credit(counter, p, at.starts[p])
      c[3] = c[3] + delta
    elseif minute >= at.ends[p] then
      counter.bases[p] = counter.bases[p] + delta
    end
  end
end

-- Sets the value in every period that contains a time; returns by how much the total changed.
local function set_at(counter, wanted, at)
  local change = wanted - counter.total
  counter.total = wanted
  local minute = counter.minute
  for p = 1, MONTHS do
    if minute < at.starts[p] then
      counter.bases[p] = counter.bases[p] + change
      credit(counter, p, at.starts[p])[3] = wanted
    elseif minute >= at.ends[p] then
      counter.bases[p] = counter.bases[p] + change
    else
      counter.bases[p] = 0
    end
  end
  return change
end

local function is_exact(counter)
  return counter.total <= EXACT and counter.total >= -EXACT
end

-- What was raised of an application already, in the field without a name of its hash: {day of its last traffic, {{level, silent until}...}}.
local function read_marks(text)
  if text then return cmsgpack.unpack(text) end
  return { -1, {} }
end

-- Keeps an event until it is fetched; of those that nobody fetches, the last ones.
local function raise(events, ...)
  if redis.call('RPUSH', events, cmsgpack.pack({ ... })) > MOST_EVENTS then
    redis.call('LTRIM', events, -MOST_EVENTS * 0.9, -1)
  end
end

-- Raises first_traffic and first_daily_traffic; returns whether the marks have changed.
local function look_at_traffic(marks, events, applications, service, application, now, now_s)
  local day = now.starts[DAY]
  if marks[1] >= day then return false end
  if marks[1] < 0 then
    redis.call('SADD', applications, application)
    raise(events, 'first_traffic', now_s, service, application)
  end
  raise(events, 'first_daily_traffic', now_s, service, application)
  marks[1] = day
  return true
end

-- Raises an alert for each level that is reached and not silent, the highest first; returns whether the marks have changed.
-- `limits` are {metric, period, maximum, value}, `levels` ascending.
local function look_at_levels(marks, events, service, application, limits, levels, now_s)
  local best
  for _, l in ipairs(limits) do
    if l[3] > 0 and (not best or l[4] * best[3] > best[4] * l[3]) then best = l end
  end
  if not best then return false end
  local changed = false
  for i = #levels, 1, -1 do
    local level = levels[i]
    if level * best[3] <= best[4] * 100 then
      local mark
      for _, m in ipairs(marks[2]) do
        if m[1] == level then mark = m end
      end
      if not mark then
        mark = { level, 0 }
        table.insert(marks[2], mark)
      end
      if mark[2] <= now_s then
        mark[2] = now_s + 86400
        changed = true
        raise(events, 'alert', now_s, service, application, level, best[1], best[2], best[4], best[3])
      end
    end
  end
  return changed
end
