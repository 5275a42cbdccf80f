-- settle.lua - charges and gives back what was done without asking, and brings home what a gateway knows: each batch once.
--
-- KEYS  [1] the number of the last batch of this worker, [2] the mark of what is kept here, then the buckets, all in one slot
-- ARGV  [1] one double, the batch's number, and the mark that the caller knows; then for each bucket a string: nine doubles (kind, what, then by kind), and the
--       members of a concurrency, 16 bytes each
--       0 rate         what 1 charge, -1 give back: step, its fraction, count, how long ago in us
--                      what 0 is known: at least so much, a time in us and its fraction
--       1 concurrency  how many members leave (they come first), how many are inside, how long they count in ms
--       2 quota        what 1: cost, either way, the period's end in ms
--                      what 0 is known: at least so much is spent, the period's end in ms
-- gives 1 and the time in us, and for each bucket its state as ask.lua does, and 1 where no such rate or quota was here, else 0; or 0
-- and the time: the batch was here already; or 2 and the time: the mark is another one, nothing was charged
--
-- No charge is refused. Nothing is given back above full, nor into a period that is over.

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local now_ms = math.floor(now / 1000)
local number = struct.unpack('<d', ARGV[1])
local FAR = 4503599627370496 -- 2^52 us

-- What is of another type is nobody's of ours: an error in the middle would leave half a batch charged, and charge it again.
local function text_of(key)
    local text = redis.pcall('GET', key)
    return type(text) == 'string' and text
end

if text_of(KEYS[2]) ~= string.sub(ARGV[1], 9) then
    return {2, now}
end
if number <= (tonumber(text_of(KEYS[1]) or '') or 0) then
    return {0, now}
end

local function state_of(key)
    local text = text_of(key)
    if not text then
        return 0, 0, 1
    end
    local x, y = string.match(text, '^(%d+) (%d+)$')
    return tonumber(x) or 0, tonumber(y) or 0, 0
end

local settle = {}

settle[0] = function(key, arg, what, step, fraction, count, age)
    local x, y, was_new = state_of(key)
    local is_full = x == 0
    if what == 0 then
        if step > x or (step == x and fraction > y) then
            x, y = step, fraction
        end
    elseif what > 0 then
        if x < now - age then
            x, y = now - age, 0
        end
        x, y = x + step, y + fraction
        if y >= count then
            x, y = x + 1, y - count
        end
        if x > now + FAR then
            x, y = now + FAR, 0
        end
    elseif x > now then
        x, y = x - step, y - fraction
        if y < 0 then
            x, y = x - 1, y + count
        end
    end
    if x < now then
        x, y = now, 0
    end
    if x > now or not is_full then
        redis.call('SET', key, string.format('%.0f %.0f', x, y), 'PX', math.ceil((x - now) / 1000) + 10000)
    end
    return x - now, y, was_new
end

settle[1] = function(key, arg, what, leave, stay, ttl)
    local at = 73
    if type(redis.pcall('ZCARD', key)) ~= 'number' then
        redis.call('SET', key, '', 'PX', 1) -- gone in a moment; who is inside is told again
        return 0, 0, 0
    end
    if leave > 0 then
        local gone = {}
        for _ = 1, leave do
            table.insert(gone, string.sub(arg, at, at + 15))
            at = at + 16
        end
        redis.call('ZREM', key, unpack(gone))
    end
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now_ms)
    if stay > 0 then
        local members = {}
        for _ = 1, stay do
            table.insert(members, now_ms + ttl)
            table.insert(members, string.sub(arg, at, at + 15))
            at = at + 16
        end
        redis.call('ZADD', key, unpack(members))
        redis.call('PEXPIRE', key, ttl + 1000)
    end
    return redis.call('ZCARD', key), 0, 0
end

settle[2] = function(key, arg, what, cost, ends)
    local used, stored, was_new = state_of(key)
    if ends <= now_ms or stored > ends then
        return 0, ends, was_new
    end
    if stored < ends then
        used = 0
    end
    used = what == 0 and math.max(used, cost) or math.max(used + cost, 0)
    redis.call('SET', key, string.format('%.0f %.0f', used, ends), 'PX', ends - now_ms + 60000)
    return used, ends, was_new
end

local out = {1, now}
for i = 3, #KEYS do
    local arg = ARGV[i - 1]
    local kind, what, a, b, c, d = struct.unpack('<ddddddddd', arg)
    local x, y, was_new = settle[kind](KEYS[i], arg, what, a, b, c, d)
    table.insert(out, x)
    table.insert(out, y)
    table.insert(out, was_new)
end
redis.call('SET', KEYS[1], string.format('%.0f', number), 'PX', 3600000)
return out
