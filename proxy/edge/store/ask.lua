-- ask.lua - decides all limits of one request at once, on this server's clock: all pass and are charged, or none is.
--
-- KEYS  the buckets, all in one slot, and last the mark of what is kept here
-- ARGV  for each bucket a string: nine doubles (kind, soft, then by kind), and the members of a concurrency, 16 bytes each; then
--       the mark that the caller knows; and, if it knows more than this server may, three doubles for each of some buckets: which,
--       and at least so much is spent, as settle.lua has it
--       0 rate         step, step's fraction, count, depth, depth's fraction, and of a lease: step or -1, fraction
--       1 concurrency  count, cost, how long a member counts in ms
--       2 quota        count, cost, the ends of three periods in ms, of a lease: as many or 0
-- gives passed or not, the time in us, and for each bucket: 0 refused, 1 passed, 3 passed with the lease, and 4 more where no such
-- rate or quota was here; and its state, which is
-- what it is afterwards: us until it is full and their fraction; members; what is spent and the period's end. Or 2 and the time: the
-- mark is another one, so all that the caller knew is lost, and nothing was decided
--
-- A rate is the time at which it will be full again, in us and in 1/count of one: whole numbers below 2^53, nothing is rounded. A
-- bucket may come twice in one request: the second op sees what the first one takes.

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local now_ms = math.floor(now / 1000)
local texts = redis.call('MGET', unpack(KEYS))
local mark = #KEYS
if texts[mark] ~= ARGV[mark] then
    return {2, now}
end
local out, states, passed = {1, now}, {}, true

local function state_of(key, text)
    local x, y = 0, 0
    if text then
        local first, second = string.match(text, '^(%d+) (%d+)$')
        x, y = tonumber(first) or 0, tonumber(second) or 0
    end
    local s = {x, y}
    states[key] = s
    return s
end

local function later(x, y, by, fraction, count)
    x, y = x + by, y + fraction
    if y >= count then
        return x + 1, y - count
    end
    return x, y
end

-- Kept also when the question is refused.
local known = ARGV[mark + 1] or ''
for at = 1, #known, 24 do
    local i, x, y = struct.unpack('<ddd', known, at)
    local key, kind = KEYS[i], struct.unpack('<d', ARGV[i])
    local s = kind == 1 and {0, 0} or states[key] or state_of(key, texts[i])
    local ttl
    if kind == 0 and x > now and (x > s[1] or (x == s[1] and y > s[2])) then
        ttl = math.ceil((x - now) / 1000) + 10000
    elseif kind == 2 and y > now_ms and (y > s[2] or (y == s[2] and x > s[1])) then
        ttl = y - now_ms + 60000
    end
    if ttl then
        s[1], s[2] = x, y
        redis.call('SET', key, string.format('%.0f %.0f', x, y), 'PX', ttl)
    end
end

local ask = {}

ask[0] = function(key, text, arg, soft, step, fraction, count, depth, depth_fraction, lease, lease_fraction)
    local s = states[key] or state_of(key, text)
    local x, y = s[1], s[2]
    if x < now then
        x, y = now, 0
    elseif y >= count then
        x, y = x + 1, 0 -- the limit was another one before
    end
    local function fits(x2, y2)
        return x2 - now < depth or (x2 - now == depth and y2 <= depth_fraction)
    end
    local x2, y2 = later(x, y, step, fraction, count)
    if not fits(x2, y2) then
        return 0, x - now, y, x - now, y
    end
    local answer = 1
    if lease >= 0 then
        local x3, y3 = later(x2, y2, lease, lease_fraction, count)
        if fits(x3, y3) then
            answer, x2, y2 = 3, x3, y3
        end
    end
    s[1], s[2] = x2, y2
    s.text, s.ms = string.format('%.0f %.0f', x2, y2), math.ceil((x2 - now) / 1000) + 10000
    return answer, x2 - now, y2, x - now, y
end

ask[1] = function(key, text, arg, soft, count, cost, ttl)
    local s = states[key]
    if not s then
        if type(redis.pcall('ZREMRANGEBYSCORE', key, '-inf', now_ms)) ~= 'number' then
            redis.call('SET', key, '', 'PX', 1) -- of another type, and nobody's of ours: gone in a moment
            return 0, 0, 0, 0, 0
        end
        s = {redis.call('ZCARD', key), members = {}}
        states[key] = s
    end
    local inside, answer = s[1], 1
    for at = 73, #arg, 16 do
        if type(redis.pcall('ZSCORE', key, string.sub(arg, at, at + 15))) == 'string' then
            cost = cost - 1 -- inside already: one who left has handed his place on
        end
    end
    if inside + cost > count then
        answer = 0
        if soft == 0 then
            return 0, inside, 0, inside, 0
        end
    end
    for at = 73, #arg, 16 do
        table.insert(s.members, now_ms + ttl)
        table.insert(s.members, string.sub(arg, at, at + 15))
    end
    s[1], s.ms = inside + cost, ttl + 1000
    return answer, s[1], 0, inside, 0
end

ask[2] = function(key, text, arg, soft, count, cost, first, second, third, lease)
    local s = states[key] or state_of(key, text)
    local ends = now_ms < first and first or now_ms < second and second or third
    local used = 0
    if s[2] == ends or (s[2] > ends and (s[2] == second or s[2] == third)) then
        used, ends = s[1], s[2] -- a clock that went back takes nobody back
    end
    if used + cost > count then
        return 0, used, ends, used, ends
    end
    local answer, after = 1, used + cost
    if lease > 0 and after + lease <= count then
        answer, after = 3, after + lease
    end
    s[1], s[2] = after, ends
    s.text, s.ms = string.format('%.0f %.0f', after, ends), math.max(ends - now_ms, 0) + 60000
    return answer, after, ends, used, ends
end

local before = {}
for i = 1, mark - 1 do
    local key = KEYS[i]
    local kind, soft, a, b, c, d, e, f, g = struct.unpack('<ddddddddd', ARGV[i])
    local answer, x, y, x0, y0 = ask[kind](key, texts[i], ARGV[i], soft, a, b, c, d, e, f, g)
    if answer == 0 and soft == 0 then
        passed = false
    end
    if kind ~= 1 and not texts[i] then
        answer = answer + 4
    end
    local at = 3 * i
    out[at], out[at + 1], out[at + 2] = answer, x, y
    before[at], before[at + 1] = x0, y0
end

if not passed then
    out[1] = 0
    for at = 3, #out, 3 do
        out[at + 1], out[at + 2] = before[at], before[at + 1]
    end
    return out
end

for key, s in pairs(states) do
    if s.text then
        redis.call('SET', key, s.text, 'PX', s.ms)
    elseif s.members and #s.members > 0 then
        redis.call('ZADD', key, unpack(s.members))
        redis.call('PEXPIRE', key, s.ms)
    end
end
return out
