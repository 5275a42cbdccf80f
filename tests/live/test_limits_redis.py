"""Three gateways, one Redis, four times the offered load: what they admit together, in health and through every fault.

A window is counted by what certainly lies in it: requests that were sent after it began and answered before it ended. The bounds are
those of proxy/edge/store/shared.h: in health the limit; through an outage the limit and the shares of all gateways, each a third of
the limit or one request."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from mocks import call
from redis_servers import Cluster, Redis, Sentinels
from test_redis_transport import faults, keep  # noqa: F401 (fixtures)
from wire import CHAT_V1, chat

RATE, BURST, GATEWAYS = 40, 10, 3
WITHIN_S = 1.5  # a request: the store's deadline, the model, and a busy machine


def limits(rate=RATE, burst=BURST, **more):
    return [{"requests": {"rate": f"{rate}/s", "burst": burst, "by": "all", "name": "live", **more}}]


class Load:
    """Callers on connections that they keep, so many requests a second in all, until it is told to stop."""

    def __init__(self, gateways, token, per_s=4 * RATE, callers=12):
        # (sent, answered, status, tokens that were used, or why it was refused)
        self.rows, self.lock, self.stopping = [], threading.Lock(), threading.Event()
        self.pause = callers / per_s
        self.threads = [
            threading.Thread(target=self._run, args=(gateways[n % len(gateways)].caller(token), n * self.pause / callers))
            for n in range(callers)
        ]
        for thread in self.threads:
            thread.start()

    def _run(self, caller, offset):
        time.sleep(offset)
        connection, due = caller.connection(10), time.monotonic()
        while not self.stopping.is_set():
            sent = time.monotonic()
            try:
                caller.send(connection, "POST", CHAT_V1, chat("Hi."))
                answer = connection.getresponse()
                body = answer.read()
                status = answer.status
                reason = json.loads(body)["usage"]["total_tokens"] if status == 200 else body.decode(errors="replace")[:300]
            except OSError as e:
                connection.close()
                connection, status, reason = caller.connection(10), 0, repr(e)
            with self.lock:
                self.rows.append((sent, time.monotonic(), status, reason))
            due = max(due + self.pause, sent)
            time.sleep(max(0, due - time.monotonic()))
        connection.close()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def admitted(self):
        with self.lock:
            return [(sent, answered) for sent, answered, status, _ in self.rows if status == 200]

    def used(self):
        """(sent, answered, tokens)"""
        with self.lock:
            return [(sent, answered, used) for sent, answered, status, used in self.rows if status == 200]

    def check_answers(self):
        """Nothing hangs, nothing is lost, nothing fails."""
        odd = [row for row in self.rows if row[2] not in (200, 429)]
        assert not odd, odd[:3]
        slowest = max(row[1] - row[0] for row in self.rows)
        assert slowest < WITHIN_S, slowest


def worst_window(admitted, rate, burst):
    """The most that any window holds above burst + rate × its length; rows may say how much each counts."""
    worst = -burst
    by_end = sorted(admitted, key=lambda row: row[1])
    for begin in {row[0] for row in admitted}:
        inside = 0
        for sent, answered, *counts in by_end:
            if sent >= begin:
                inside += counts[0] if counts else 1
                worst = max(worst, inside - burst - rate * (answered - begin))
    return worst


def check_health(load, from_s=None, until_s=None, rate=RATE, burst=BURST):
    rows = [row for row in load.admitted() if row[0] >= (from_s or 0) and row[1] <= (until_s or 1e18)]
    assert len(rows) > rate, len(rows)
    assert worst_window(rows, rate, burst) <= 1
    length = rows[-1][1] - rows[0][0]
    assert len(rows) >= 0.7 * rate * length, (len(rows), length)  # and the limit is used


def check_outage(load):
    """At most the limit and all shares, which are once the limit."""
    assert worst_window(load.admitted(), 2 * RATE, 2 * BURST + GATEWAYS) <= 1


@pytest.fixture
def three(start_gateway, token):
    """three(store): the gateways, warm, so that each knows the others."""

    def start(store, limit=None, envs=(None, None, None), **changes):
        stage = {"limit": limit or limits(), **changes}
        gateways = [start_gateway({"store": store, "workers": 2, "routes": {"openai": stage}}, env) for env in envs]
        for gateway in gateways:
            for _ in range(4):
                gateway.caller(token).chat(path=CHAT_V1)
        time.sleep(5)
        return gateways

    return start


def evalsha_calls(redis):
    for line in redis.cli("info", "commandstats").splitlines():
        if line.startswith("cmdstat_evalsha:"):
            return int(line.split("calls=")[1].split(",")[0])
    return 0


# ---- in health ----


def check_keys(redis):
    """All in one slot, and none stays for ever; -2: gone in the meantime."""
    keys = redis.cli("--scan").split()
    assert keys and all(k.startswith("{bartizan}") for k in keys)
    assert [k for k in keys if redis.cli("pttl", k) == "-1"] == []


def test_health(three, token, tmp_path, keep):
    redis = keep(Redis(tmp_path))
    load = Load(three(f"redis://127.0.0.1:{redis.port}"), token)
    time.sleep(8)
    load.stop()
    load.check_answers()
    check_health(load)
    check_keys(redis)


def test_tokens(three, token, tmp_path, keep):
    redis = keep(Redis(tmp_path))
    store = f"redis://127.0.0.1:{redis.port}"
    probe = three(store)[0].caller(token).chat("Hi.", path=CHAT_V1).json["usage"]["total_tokens"]
    rate, burst = 30 * probe, 10 * probe
    reserve = [{"tokens": {"rate": f"{rate}/s", "burst": burst, "by": "all", "name": "tokens", "usual_output": probe}}]
    load = Load(three(store, limits(rate=1000, burst=1000), reserve=reserve), token, per_s=120)
    time.sleep(8)
    load.stop()
    load.check_answers()
    check_keys(redis)
    rows = load.used()
    assert worst_window(rows, rate, burst) <= 2 * probe  # what one request uses beyond its reservation is a debt
    length = rows[-1][1] - rows[0][0]
    assert sum(used for _, _, used in rows) >= 0.6 * rate * length


def test_leases(three, token, tmp_path, keep):
    """A slice of each worker is taken ahead: at most so much more, and much less to ask."""
    redis = keep(Redis(tmp_path))
    store = f"redis://127.0.0.1:{redis.port}"
    load = Load(three(store, limits(lease=2)), token)
    time.sleep(5)
    load.stop()
    load.check_answers()
    assert worst_window(load.admitted(), RATE, BURST + 2 * 6) <= 1
    gateways = three(store, [{"requests": {"rate": "10000/s", "by": "all", "name": "plenty", "lease": 100}}])
    before = evalsha_calls(redis)
    load = Load(gateways, token, per_s=200)
    time.sleep(5)
    load.stop()
    load.check_answers()
    assert len(load.admitted()) == len(load.rows)
    assert evalsha_calls(redis) - before < len(load.rows) / 8, (evalsha_calls(redis) - before, len(load.rows))


def test_what_the_user_of_redis_needs(three, token, tmp_path, keep):
    """As filters/limit/README.md says it."""
    redis = keep(Redis(tmp_path))
    words = "eval evalsha time info get set mget pexpire zadd zrem zcard zscore zremrangebyscore ping".split()
    redis.cli("acl", "setuser", "bartizan", "on", ">right", "~{bartizan}*", *["+" + word for word in words])
    store = {"url": f"redis://127.0.0.1:{redis.port}", "user": "bartizan", "password": "env:REDIS_PASSWORD"}
    both = [*limits(), {"concurrency": {"max": 50, "by": "all"}}, {"requests": {"quota": "100000/day", "by": "all"}}]
    gateways = three(store, both, envs=[{"REDIS_PASSWORD": "right"}] * 3)
    load = Load(gateways, token)
    time.sleep(3)
    load.stop()
    load.check_answers()
    check_health(load)
    check_keys(redis)
    for gateway in gateways:
        assert "refused" not in gateway.output(), gateway.output()
    assert redis.cli("acl", "log") == ""


def test_a_flood_costs_redis_next_to_nothing(three, token, tmp_path, keep):
    redis = keep(Redis(tmp_path))
    gateways = three(f"redis://127.0.0.1:{redis.port}", limits(rate=1, burst=1))
    before = evalsha_calls(redis)
    load = Load(gateways, token, per_s=400)
    time.sleep(6)
    load.stop()
    load.check_answers()
    check_health(load, rate=1, burst=1)
    asked = evalsha_calls(redis) - before
    # each worker asks again when the time has come, and says twice in two seconds that it is there
    assert asked < len(load.rows) / 5, (asked, len(load.rows))


@pytest.mark.parametrize("ahead_ms", [2000, -2000])
def test_a_clock_two_seconds_off(three, token, tmp_path, keep, ahead_ms):
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no compiler for the shim")
    shim = tmp_path / "clock_ahead.so"
    source = os.path.join(os.path.dirname(__file__), "clock_ahead.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    redis = keep(Redis(tmp_path))
    ahead = {"LD_PRELOAD": str(shim), "CLOCK_AHEAD_MS": str(ahead_ms), "ASAN_OPTIONS": "verify_asan_link_order=0"}
    load = Load(three(f"redis://127.0.0.1:{redis.port}", envs=(None, None, ahead)), token)
    time.sleep(6)
    load.stop()
    load.check_answers()
    check_health(load)


def test_slow_by_less_than_the_deadline(three, token, tmp_path, keep, faults):  # noqa: F811
    redis = keep(Redis(tmp_path))
    port, say = faults(redis.port)
    gateways = three({"url": f"redis://127.0.0.1:{port}", "timeout": "1s"})  # so that only the fault is slow
    for latency in 5, 50:
        say(f"latency {latency}")
        time.sleep(1)
        load = Load(gateways, token)
        time.sleep(5)
        load.stop()
        load.check_answers()
        check_health(load)


def test_places_of_a_gateway_that_died(three, token, tmp_path, keep, model):
    """They are free again within half a minute; those of one that lives are not."""
    redis = keep(Redis(tmp_path))
    stage = [{"concurrency": {"max": 4, "by": "all", "name": "places"}}]
    gateways = three(f"redis://127.0.0.1:{redis.port}", stage)
    model.set(interval_ms=60000)
    streams = [gateways[n // 2].caller(token).stream(path=CHAT_V1, timeout=90) for n in range(4)]
    for stream in streams:
        next(stream)
    assert gateways[2].caller(token).chat(path=CHAT_V1, stream=True).status == 429
    gateways[0].program.process.kill()
    gateways[0].program.process.wait()
    end = time.monotonic() + 45
    while gateways[2].caller(token).chat(path=CHAT_V1, timeout=5, stream=False).status == 429:
        assert time.monotonic() < end
        time.sleep(1)
    keys = [k for k in redis.cli("--scan", "--pattern", "*places*").split()]
    assert len(keys) == 1 and int(redis.cli("zcard", keys[0])) >= 2
    model.set(interval_ms=5)
    for stream in streams:
        stream.close()


# ---- outages of all ----


def through(load, hurt, heal, down_s=3):
    time.sleep(3)
    hurt()
    began = time.monotonic()
    time.sleep(down_s)
    heal()
    healed = time.monotonic()
    time.sleep(2.3 + 4)
    load.stop()
    load.check_answers()
    check_health(load, until_s=began)
    check_outage(load)
    during = [row for row in load.admitted() if began + 1 < row[0] < healed]
    assert len(during) > 0.4 * RATE * (down_s - 1), len(during)  # they live off their shares
    check_health(load, from_s=healed + 2.3)  # and Redis decides again


def test_killed_and_empty_when_it_comes_back(three, token, tmp_path, keep):
    redis = keep(Redis(tmp_path))
    load = Load(three(f"redis://127.0.0.1:{redis.port}"), token)
    through(load, redis.kill, redis.start)


def test_restarted_at_once(three, token, tmp_path, keep):
    redis = keep(Redis(tmp_path))
    load = Load(three(f"redis://127.0.0.1:{redis.port}"), token)
    time.sleep(3)
    redis.kill()
    redis.start()
    time.sleep(5)
    load.stop()
    load.check_answers()
    check_outage(load)


QUOTA, WARM = 100, 4 * GATEWAYS


def quota(count=QUOTA):
    return [{"requests": {"quota": f"{count}/day", "by": "all", "name": "live"}}]


def check_used_up_once(load):
    """All of it, and hardly more: whoever is left has heard that it is used up."""
    assert QUOTA - WARM <= len(load.admitted()) <= QUOTA - WARM + GATEWAYS, len(load.admitted())


@pytest.mark.parametrize("what", ["*", "*}q:*"])
def test_emptied(three, token, tmp_path, keep, what):
    """Of everything, or of the bucket alone, its mark still there."""
    redis = keep(Redis(tmp_path))
    load = Load(three(f"redis://127.0.0.1:{redis.port}", quota()), token)
    time.sleep(1.8)
    redis.cli("del", *redis.cli("keys", what).split())
    time.sleep(5)
    load.stop()
    load.check_answers()
    check_used_up_once(load)  # the next question notices


def workers_of(gateway):
    pid = gateway.program.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(child) for child in f.read().split()]


@pytest.mark.parametrize("how", ["reload", "crash"])
def test_new_workers_during_an_outage(three, token, tmp_path, keep, how):
    """They know what those before them had heard, and tell it to the Redis that comes back empty."""
    redis = keep(Redis(tmp_path))
    gateways = three(f"redis://127.0.0.1:{redis.port}", quota())
    load = Load(gateways, token)
    time.sleep(1.8)
    load.stop()
    redis.kill()
    time.sleep(0.5)
    before = [set(workers_of(gateway)) for gateway in gateways]
    for gateway, workers in zip(gateways, before):
        if how == "reload":
            gateway.reload()
        else:
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
    for gateway, workers in zip(gateways, before):
        end = time.monotonic() + 20
        while time.monotonic() < end and (workers & set(workers_of(gateway)) or len(workers_of(gateway)) < len(workers)):
            time.sleep(0.05)
        assert not workers & set(workers_of(gateway)), "the old ones have ended"
    time.sleep(1)
    during = Load(gateways, token)
    time.sleep(2)
    redis.start()
    time.sleep(4)
    during.stop()
    during.check_answers()
    load.rows += during.rows
    check_used_up_once(load)


def test_reloads_in_health(three, token, tmp_path, keep):
    """Workers come and go under load, and with what they leased: not one request too many."""
    redis = keep(Redis(tmp_path))
    gateways = three(f"redis://127.0.0.1:{redis.port}")
    load = Load(gateways, token)
    for gateway in gateways:
        time.sleep(2)
        gateway.reload()
    time.sleep(4)
    load.stop()
    load.check_answers()
    check_health(load)


def test_a_redis_that_evicts(three, token, tmp_path, keep):
    """As README has it, that is no setting for limits: but nothing fails, and it is as if it had been emptied at times."""
    redis = keep(Redis(tmp_path, "--maxmemory", "4mb", "--maxmemory-policy", "allkeys-random"))
    load = Load(three(f"redis://127.0.0.1:{redis.port}"), token)
    fill = "for i = 1, 100 do redis.call('SET', KEYS[1] .. ARGV[1] .. i, string.rep('x', 10000), 'PX', 60000) end return 1"
    for n in range(60):
        redis.cli("eval", fill, "1", "junk", str(n) + ".", check=False)
        time.sleep(0.1)
    load.stop()
    load.check_answers()
    assert int(dict(line.split(":", 1) for line in redis.cli("info", "stats").split() if ":" in line)["evicted_keys"]) > 1000
    check_outage(load)


def test_killed_with_a_quota(three, token, tmp_path, keep):
    redis = keep(Redis(tmp_path))
    gateways = three(f"redis://127.0.0.1:{redis.port}", [{"requests": {"quota": "200/day", "by": "all", "name": "live"}}])
    load = Load(gateways, token)
    time.sleep(0.7)
    redis.kill()
    time.sleep(1.5)
    redis.start()
    time.sleep(5)
    load.stop()
    load.check_answers()
    assert 188 <= len(load.admitted()) <= 200 + 66 * GATEWAYS, len(load.admitted())


def test_paused(three, token, tmp_path, keep):
    redis = keep(Redis(tmp_path))
    load = Load(three(f"redis://127.0.0.1:{redis.port}"), token)
    through(load, redis.pause, redis.resume)


@pytest.mark.parametrize("fault", ["blackhole", "reset", "refuse", "latency 500"])
def test_faults(three, token, tmp_path, keep, faults, fault):  # noqa: F811
    redis = keep(Redis(tmp_path))
    port, say = faults(redis.port)
    load = Load(three(f"redis://127.0.0.1:{port}"), token)
    through(load, lambda: say(fault), lambda: say("ok"))


def test_each_limit_says_what_holds(three, token, tmp_path, keep):
    redis = keep(Redis(tmp_path))
    gateways = three(f"redis://127.0.0.1:{redis.port}", limits(on_store_down="refuse"))
    redis.kill()
    time.sleep(1)
    answer = gateways[0].caller(token).chat(path=CHAT_V1)
    assert answer.status == 503 and answer.error["code"] == "store-down"
    redis.start()
    end = time.monotonic() + 4
    while gateways[0].caller(token).chat(path=CHAT_V1).status == 503:
        assert time.monotonic() < end
        time.sleep(0.1)


# ---- servers that move ----


def test_failover_by_sentinels(three, token, tmp_path, keep):
    sentinels = keep(Sentinels(tmp_path))
    load = Load(three({"sentinel": {"master": "limits", "urls": sentinels.urls()}}), token)
    time.sleep(3)
    sentinels.master.kill()
    time.sleep(8)
    recovered = time.monotonic()
    time.sleep(4)
    load.stop()
    load.check_answers()
    check_outage(load)
    check_health(load, from_s=recovered)


def test_a_cluster_that_is_resharded(three, token, tmp_path, keep):
    cluster = keep(Cluster(tmp_path))
    urls = [f"redis://127.0.0.1:{node.port}" for node in cluster.nodes]
    load = Load(three({"url": urls, "cluster": True}), token)
    time.sleep(2)
    cluster.reshard(5461)
    time.sleep(3)
    load.stop()
    load.check_answers()
    check_outage(load)


def test_a_caller_who_reads_nothing_does_not_keep_a_place_beyond_a_stop(start_gateway, token, model, tmp_path, keep):
    """His connection is still full when the drain is over: what the worker owes the store goes home all the same."""
    redis = keep(Redis(tmp_path))
    gateway = start_gateway({
        "store": f"redis://127.0.0.1:{redis.port}", "drain": "1s",
        "routes": {"openai": {"limit": [{"concurrency": {"max": 5, "by": "all", "name": "places"}}]}},
    })
    model.set(tokens=400000, interval_ms=0)
    caller = gateway.caller(token)
    connection = caller.connection()
    connection.connect()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    caller.send(connection, "POST", CHAT_V1, chat("x", stream=True))

    def places():
        return sum(int(redis.cli("zcard", key)) for key in redis.cli("--scan").split() if redis.cli("type", key) == "zset" and "places" in key)

    end = time.monotonic() + 10
    while not places():
        assert time.monotonic() < end, "no place was taken"
        time.sleep(0.05)
    time.sleep(1)
    gateway.program.signal(signal.SIGTERM)
    assert gateway.program.process.wait(20) == 0
    assert "does not end" not in gateway.output() and places() == 0, gateway.output()
    connection.close()
