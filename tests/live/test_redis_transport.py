"""The store's transport against real Redis servers: every way in which people run them, and every way in which they fail.

`redis-probe` counts by a script, steadily, and tells each tenth of a second how it went; at the end it says whether what the server
counted fits what was answered."""

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import need
from programs import TREE, Program, Stalls, find_program, free_port, listens
from redis_servers import Cluster, Redis, Sentinels

FAULTPROXY = TREE.parent / "shared" / "exam" / "tools" / "faultproxy.py"
LINE = re.compile(r"^(\d+) (up|down) given=(\d+) refused=(\d+) down=(\d+) late=(\d+) lost=(\d+) slowest_ms=([\d.]+) ?(.*)$")
TIMEOUT_MS = 250
LATE_MS = 100  # what a busy machine may add to a deadline, beside the stalls that it is seen to have
SLOW_TIMEOUT_MS = 1000


@pytest.fixture
def keep():
    """Stops what it was given, the last first."""
    kept = []

    def add(thing):
        kept.append(thing)
        return thing

    yield add
    for thing in reversed(kept):
        thing.stop()


class Probe:
    def __init__(self, folder, store, seconds, rate=2000, keys=64, env=None):
        self.folder = folder
        number = len(list(folder.glob("probe-*.yaml")))
        config = folder / f"probe-{number}.yaml"
        config.write_text(json.dumps({
            "listen": "127.0.0.1:8080",
            "pools": {"m": {"endpoints": "http://127.0.0.1:8000"}},
            "routes": {"r": {"match": "/v1/*", "insecure_anonymous": True, "authorise": "anyone", "select": "m"}},
            "store": store,
        }))
        binary = find_program("tests/redis-probe") or need("redis-probe")
        self.program = Program([binary, config, seconds, rate, keys], folder / f"probe-{number}.log", env)
        self.begun = time.monotonic()
        self.stalls = Stalls()

    def stop(self):
        self.stalls.stop()
        self.program.stop()

    def late_ms(self):
        """Two processes stand still one after the other."""
        return 2 * self.stalls.worst_ms

    def now_ms(self):
        return (time.monotonic() - self.begun) * 1000

    def rows(self):
        """(end of the tenth in ms, is up, given, refused, down, late, lost, slowest in ms, why)"""
        rows = [LINE.match(line) for line in self.program.output().splitlines()]
        return [
            (int(m[1]), m[2] == "up", *map(int, m.group(3, 4, 5, 6, 7)), float(m[8]), m[9]) for m in rows if m
        ]

    def wait_given(self, within_s=5):
        """Until the store answers."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            rows = self.rows()
            if rows and rows[-1][1] and rows[-1][2]:
                return
            time.sleep(0.05)
        raise AssertionError(self.program.output())

    def end(self, within_s=60, timeout_ms=TIMEOUT_MS):
        """The rows, once it has ended; every deadline held and the counts fit."""
        self.program.process.wait(within_s)
        output = self.program.output()
        assert self.program.process.returncode == 0, output
        assert "counts fit" in output
        rows = self.rows()
        assert max(row[7] for row in rows) < timeout_ms + LATE_MS + self.late_ms(), output
        return rows

    def check_recovered(self, rows, at_ms, within_ms=2000):
        """Up again within two seconds of that moment, and nothing but answers after that."""
        within_ms += self.late_ms()
        again = [row[0] for row in rows if row[0] > at_ms and row[1] and row[2]]
        assert again and again[0] <= at_ms + within_ms + 150, self.program.output()
        tail = [row for row in rows if row[0] > at_ms + within_ms + 150]
        assert sum(row[2] for row in tail) and not any(sum(row[3:7]) for row in tail), self.program.output()

    def check_open(self, rows, from_ms, until_ms):
        """A second after that moment nobody waits any more: asks are told at once. The probe's clock began a little later."""
        middle = [row for row in rows if from_ms + 1000 < row[0] - 100 and row[0] < until_ms - 300]
        assert middle and all(row[4] and not row[2] and row[7] < 50 + self.late_ms() for row in middle), self.program.output()


def check_clean(rows):
    assert sum(row[2] for row in rows) > 1000 and not any(sum(row[3:7]) for row in rows[1:]), rows


# ---- how it is run ----


def test_plain_and_many_commands_share_a_write(tmp_path, keep):
    redis = keep(Redis(tmp_path))
    probe = keep(Probe(tmp_path, f"redis://127.0.0.1:{redis.port}", 2, rate=10000))
    check_clean(probe.end())
    writes = int(re.search(r"writes=(\d+) connects=1 ", probe.program.output())[1])
    assert writes < 20000 / 3


def test_database(tmp_path, keep):
    redis = keep(Redis(tmp_path))
    check_clean(keep(Probe(tmp_path, f"redis://127.0.0.1:{redis.port}/3", 2)).end())
    assert "db3:keys=64" in redis.cli("info", "keyspace") and "db0" not in redis.cli("info", "keyspace")


def test_unix_socket(tmp_path, keep):
    path = Path("/tmp") / f"probe-{free_port()}.sock"
    redis = keep(Redis(tmp_path, "--unixsocket", path))
    check_clean(keep(Probe(tmp_path, f"unix://{path}", 2)).end())
    assert redis.cli("dbsize") == "64"


def test_user_and_password(tmp_path, keep):
    redis = keep(Redis(tmp_path))
    redis.cli("acl", "setuser", "probe", "on", ">right", "~probe:*", "+eval", "+evalsha", "+incr", "+script|load")
    redis.cli("acl", "setuser", "default", "off")
    store = {"url": f"redis://127.0.0.1:{redis.port}", "user": "probe", "password": "env:PROBE_PASSWORD"}
    check_clean(keep(Probe(tmp_path, store, 2, env={"PROBE_PASSWORD": "right"})).end())
    wrong = keep(Probe(tmp_path, store, 2, rate=100, env={"PROBE_PASSWORD": "wrong"}))
    assert all(not row[2] and not row[1] for row in wrong.end())
    assert "refused user or password" in wrong.program.output() and "wrong\n" not in wrong.program.output()


def test_password_of_the_default_user(tmp_path, keep):
    redis = keep(Redis(tmp_path, "--requirepass", "an access key"))
    password = tmp_path / "key"
    password.write_text("an access key\n")
    password.chmod(0o600)
    store = {"url": f"redis://127.0.0.1:{redis.port}", "password": f"file:{password}"}
    check_clean(keep(Probe(tmp_path, store, 2)).end())
    none = keep(Probe(tmp_path, f"redis://127.0.0.1:{redis.port}", 1, rate=100))
    assert not any(row[2] for row in none.end()) and "wants a password" in none.program.output()


def test_tls_verifies_chain_and_name(tmp_path, keep, authority):
    redis = keep(Redis(tmp_path, tls=(authority, authority.issue("redis"))))
    url = f"rediss://localhost:{redis.port}"
    check_clean(keep(Probe(tmp_path, {"url": url, "ca": str(authority.certificate)}, 2)).end())
    check_clean(keep(Probe(tmp_path, {"url": f"rediss://127.0.0.1:{redis.port}", "ca": str(authority.certificate)}, 2)).end())
    stranger = keep(Probe(tmp_path, url, 1, rate=100))
    assert not any(row[2] for row in stranger.end())
    assert "certificate" in stranger.program.output()


def test_tls_wrong_name(tmp_path, keep, authority):
    redis = keep(Redis(tmp_path, tls=(authority, authority.issue("elsewhere", names=("DNS:elsewhere.example",)))))
    probe = keep(Probe(tmp_path, {"url": f"rediss://localhost:{redis.port}", "ca": str(authority.certificate)}, 1, rate=100))
    assert not any(row[2] for row in probe.end())
    assert "hostname mismatch" in probe.program.output()


def test_client_certificate(tmp_path, keep, authority):
    redis = keep(Redis(tmp_path, "--tls-auth-clients", "yes", tls=(authority, authority.issue("redis"))))
    certificate, key = authority.issue("gateway", purpose="clientAuth")
    store = {"url": f"rediss://localhost:{redis.port}", "ca": str(authority.certificate)}
    none = keep(Probe(tmp_path, store, 1, rate=100))
    assert not any(row[2] for row in none.end())
    store |= {"client_certificate": str(certificate), "client_key": str(key)}
    check_clean(keep(Probe(tmp_path, store, 2)).end())


# ---- how it fails ----


def test_killed_and_started_again(tmp_path, keep):
    redis = keep(Redis(tmp_path, "--appendonly", "yes", "--appendfsync", "no"))
    probe = keep(Probe(tmp_path, f"redis://127.0.0.1:{redis.port}", 7))
    probe.wait_given()
    killed_ms = probe.now_ms()
    redis.kill()
    time.sleep(2.5)
    redis.start()
    started_ms = probe.now_ms()
    rows = probe.end()
    probe.check_open(rows, killed_ms, started_ms - 100)
    probe.check_recovered(rows, started_ms)


def test_paused(tmp_path, keep):
    redis = keep(Redis(tmp_path))
    probe = keep(Probe(tmp_path, f"redis://127.0.0.1:{redis.port}", 8))
    probe.wait_given()
    paused_ms = probe.now_ms()
    redis.pause()
    time.sleep(3)
    paused_until_ms = probe.now_ms()
    redis.resume()
    resumed_ms = probe.now_ms()
    rows = probe.end()
    probe.check_open(rows, paused_ms, paused_until_ms)
    probe.check_recovered(rows, resumed_ms)


def test_client_pause(tmp_path, keep):
    redis = keep(Redis(tmp_path))
    probe = keep(Probe(tmp_path, f"redis://127.0.0.1:{redis.port}", 6))
    probe.wait_given()
    paused_ms = probe.now_ms()
    redis.cli("client", "pause", 2000, "ALL")
    rows = probe.end()
    probe.check_open(rows, paused_ms, paused_ms + 1950)
    probe.check_recovered(rows, paused_ms + 2000)


def test_scripts_are_forgotten(tmp_path, keep):
    redis = keep(Redis(tmp_path))
    probe = keep(Probe(tmp_path, f"redis://127.0.0.1:{redis.port}", 3))
    probe.wait_given()
    for _ in range(5):
        redis.cli("script", "flush")
        time.sleep(0.2)
    check_clean(probe.end())


def test_connections_are_cut_by_the_server(tmp_path, keep):
    redis = keep(Redis(tmp_path))
    probe = keep(Probe(tmp_path, f"redis://127.0.0.1:{redis.port}", 3))
    probe.wait_given()
    for _ in range(3):
        redis.cli("client", "kill", "type", "normal", "skipme", "yes")
        time.sleep(0.3)
    rows = probe.end()
    assert sum(row[4] for row in rows) == 0 and sum(row[6] for row in rows) < 100, probe.program.output()


# ---- what lies between ----


@pytest.fixture
def faults(tmp_path, keep):
    """faults(port): (port of a proxy before it, say(words))"""
    if not FAULTPROXY.exists():
        pytest.skip(f"{FAULTPROXY.name} is not there")

    def start(target):
        listen, control = free_port(), free_port()
        program = keep(Program([sys.executable, FAULTPROXY, listen, target, control], tmp_path / f"faults-{listen}.log"))
        program.wait_until(lambda: listens(control) and listens(listen), "faultproxy")

        def say(words):
            with socket.create_connection(("127.0.0.1", control), 5) as s:
                s.sendall(words.encode() + b"\n")
                s.recv(1000)

        return listen, say

    return start


@pytest.mark.parametrize("fault", ["blackhole", "reset", "refuse", "latency 500", "resetafter 2000", "corrupt 1"])
def test_faults(tmp_path, keep, faults, fault):
    redis = keep(Redis(tmp_path))
    port, say = faults(redis.port)
    probe = keep(Probe(tmp_path, f"redis://127.0.0.1:{port}", 8, rate=500))
    probe.wait_given()
    say(fault)
    began_ms = probe.now_ms()
    time.sleep(3)
    faulty_ms = probe.now_ms()
    say("ok")
    over_ms = probe.now_ms()
    if fault.startswith("corrupt"):  # a byte that is another one may be a number that is another one: only the deadlines are held
        probe.program.process.wait(60)
        rows = probe.rows()
        assert max(row[7] for row in rows) < TIMEOUT_MS + LATE_MS + probe.late_ms()
        probe.check_recovered(rows, over_ms)
        return
    rows = probe.end()
    if fault in ("blackhole", "refuse"):
        probe.check_open(rows, began_ms, faulty_ms)
    probe.check_recovered(rows, over_ms)


@pytest.mark.parametrize("fault, rate", [("latency 5", 100), ("latency 50 20", 100), ("slice 7", 20)])
def test_slow_but_in_time(tmp_path, keep, faults, fault, rate):
    redis = keep(Redis(tmp_path))
    port, say = faults(redis.port)
    store = {"url": f"redis://127.0.0.1:{port}", "timeout": f"{SLOW_TIMEOUT_MS}ms"}  # so that only the fault is slow
    probe = keep(Probe(tmp_path, store, 4, rate=rate))
    probe.wait_given()
    say(fault)
    rows = probe.end(timeout_ms=SLOW_TIMEOUT_MS)
    assert not any(sum(row[3:7]) for row in rows[2:]), probe.program.output()


# ---- who is the master, and who has what ----


def test_sentinel_failover(tmp_path, keep):
    sentinels = keep(Sentinels(tmp_path))
    store = {"sentinel": {"master": sentinels.name, "urls": sentinels.urls()}}
    probe = keep(Probe(tmp_path, store, 16, rate=500))
    probe.wait_given()
    killed_ms = probe.now_ms()
    sentinels.master.kill()
    end = time.monotonic() + 12
    while "role:master" not in sentinels.replica.cli("info", "replication", check=False):
        assert time.monotonic() < end, "the sentinels promoted nobody"
        time.sleep(0.02)
    promoted_ms = probe.now_ms()
    probe.program.process.wait(60)
    rows = probe.rows()
    assert max(row[7] for row in rows) < TIMEOUT_MS + LATE_MS, probe.program.output()
    if promoted_ms > killed_ms + 1300:
        probe.check_open(rows, killed_ms, promoted_ms - 100)
    probe.check_recovered(rows, promoted_ms)


def test_a_name_that_no_sentinel_knows_is_told(tmp_path, keep):
    sentinels = keep(Sentinels(tmp_path))
    probe = keep(Probe(tmp_path, {"sentinel": {"master": "limts", "urls": sentinels.urls()}}, 2, rate=20))
    end = time.monotonic() + 10
    while "tells no master of the name limts" not in probe.program.output():
        assert time.monotonic() < end, probe.program.output()
        time.sleep(0.1)


def test_sentinel_of_a_master_that_steps_down(tmp_path, keep):
    sentinels = keep(Sentinels(tmp_path))
    store = {"sentinel": {"master": sentinels.name, "urls": sentinels.urls()}}
    probe = keep(Probe(tmp_path, store, 25, rate=500))
    probe.wait_given()
    sentinels.sentinels[0].cli("sentinel", "failover", sentinels.name)
    end = time.monotonic() + 20
    while "role:slave" not in sentinels.master.cli("info", "replication", check=False):
        assert time.monotonic() < end
        time.sleep(0.02)
    stepped_ms = probe.now_ms()
    probe.program.process.wait(60)
    probe.check_recovered(probe.rows(), stepped_ms, 3000)


def test_cluster(tmp_path, keep):
    cluster = keep(Cluster(tmp_path))
    store = {"url": f"redis://127.0.0.1:{cluster.nodes[1].port}", "cluster": True}
    check_clean(keep(Probe(tmp_path, store, 3, keys=200)).end())
    sizes = [int(n.cli("dbsize")) for n in cluster.nodes]
    assert all(sizes) and sum(sizes) == 200


def test_cluster_that_reshards(tmp_path, keep):
    cluster = keep(Cluster(tmp_path))
    store = {"url": [f"redis://127.0.0.1:{n.port}" for n in cluster.nodes], "cluster": True}
    probe = keep(Probe(tmp_path, store, 12, rate=1000, keys=250))
    probe.wait_given()
    cluster.reshard(2000)
    check_clean(probe.end())
    assert int(re.search(r"redirects=(\d+)", probe.program.output())[1]) > 0


def test_cluster_node_is_lost_and_replaced(tmp_path, keep):
    cluster = keep(Cluster(tmp_path, replicas=1))
    store = {"url": [f"redis://127.0.0.1:{n.port}" for n in cluster.nodes[:3]], "cluster": True}
    probe = keep(Probe(tmp_path, store, 16, rate=1000, keys=250))
    probe.wait_given()
    cluster.nodes[0].kill()
    end = time.monotonic() + 12
    while sum("role:master" in n.cli("info", "replication", check=False) for n in cluster.nodes[3:]) != 1:
        assert time.monotonic() < end, "no replica was promoted"
        time.sleep(0.02)
    promoted_ms = probe.now_ms()
    probe.program.process.wait(60)
    rows = probe.rows()
    assert max(row[7] for row in rows) < TIMEOUT_MS + LATE_MS, probe.program.output()
    assert all(row[2] for row in rows[1:-1]), "the other nodes serve on"
    probe.check_recovered(rows, promoted_ms)


def test_cluster_over_tls(tmp_path, keep, authority):
    cluster = keep(Cluster(tmp_path, tls=(authority, authority.issue("node", ("DNS:localhost",), "serverAuth,clientAuth"))))
    # nodes are announced by their addresses, which the certificate does not have: the name of the first URL is taken
    store = {"url": f"rediss://localhost:{cluster.nodes[0].port}", "cluster": True, "ca": str(authority.certificate)}
    check_clean(keep(Probe(tmp_path, store, 3, keys=200)).end())
    store["tls_name"] = "elsewhere.example"
    probe = keep(Probe(tmp_path, store, 2, rate=100))
    assert not any(row[2] for row in probe.end())
