-- Forgets what was counted of an application: its counters go with the entry of the log that says so, in one step.
-- KEYS  application's counters, log, service's applications with traffic
-- ARGV  the log's record, the application

redis.call('XADD', KEYS[2], '*', 'e', ARGV[1])
redis.call('UNLINK', KEYS[1])
redis.call('SREM', KEYS[3], ARGV[2])
return 0
