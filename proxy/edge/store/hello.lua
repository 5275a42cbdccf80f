-- hello.lua - a gateway says that it is there, and hears how many are, and whether this is the server that it knew.
--
-- KEYS  [1] the mark of what is kept here, [2] the gateways
-- ARGV  the gateway's name, a fresh mark in case there is none, for how many ms the gateway counts
-- gives the time in us, the number of gateways, the mark, and the server's own run (empty where a user may not ask)

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local now_ms = math.floor(now / 1000)
-- what is of another type is nobody's of ours
if type(redis.pcall('GET', KEYS[1])) ~= 'string' then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', 2592000000)
end
redis.call('PEXPIRE', KEYS[1], 2592000000)
if type(redis.pcall('ZREMRANGEBYSCORE', KEYS[2], '-inf', now_ms)) ~= 'number' then
    redis.call('SET', KEYS[2], '', 'PX', 1)
    return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' was something else: it is taken away')
end
redis.call('ZADD', KEYS[2], now_ms + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[2], 2 * ARGV[3])
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
return {now, redis.call('ZCARD', KEYS[2]), redis.call('GET', KEYS[1]), run}
