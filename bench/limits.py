"""limits.py - what limits cost: no store, the store in memory, a Redis that is asked each time, a Redis that leases.

All gateways stand at once, without TLS, so that what a limit adds is not lost in the noise of everything else; rounds go through
them in turn, and what is told is the median of the differences to the gateway without a limit in the same round. Redis runs beside
the load client and the model on core 1: its own time is not the gateway's.
"""
import contextlib, os, pathlib, re, shutil, socket, statistics, time

from stage import LOAD_CORE, Stage, children, free_port, run, wait_port

BY = ["subject", "all", "tenant", "route", "address", "app", "[subject, route]", "[tenant, address]"]
LEASE = 1000
COUNTS = (1, 2, 4, 8)


class Redis:
    def __init__(self, stage):
        self.port = free_port()
        log = stage.dir / "redis.log"
        stage.procs.start([shutil.which("redis-server") or "/usr/bin/redis-server", "--port", self.port, "--bind", "127.0.0.1",
                           "--save", "", "--appendonly", "no", "--dir", stage.dir], LOAD_CORE, stdout=open(log, "w"))
        wait_port(self.port, log)

    def info(self, section):
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            f = s.makefile("rwb")
            f.write(b"INFO %s\r\n" % section.encode())
            f.flush()
            text = f.read(int(f.readline()[1:])).decode()
        return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)

    def scripts(self):
        """How many scripts it ran, and the microseconds they took."""
        runs = [dict(pair.split("=") for pair in value.split(",")) for name, value in self.info("commandstats").items()
                if name in ("cmdstat_evalsha", "cmdstat_eval")]
        return sum(int(r["calls"]) for r in runs), sum(int(r["usec"]) for r in runs)


class Limits(Stage):
    def gateway(self, name, store="memory", count=0, lease=0, more="", steps=()):
        rows = [f"{{ requests: {{ rate: 100000000/min, by: {by}, lease: {lease} }} }}" for by in BY[:count]]
        rows += [more] if more else []
        self.bartizan(name, tls=False, patterns=False, journal=False, counts=True, steps=steps,
                      limit="[ %s ]" % ", ".join(rows) if rows else False,
                      top=f"store: {store}" if store == "memory" else f"store: redis://127.0.0.1:{self.redis.port}")

    def instructions_of_all(self):
        """Asked by 32 callers at once, so that many questions share a turn."""
        common = dict(tls=False, patterns=False, journal=False)
        limit = "[ { requests: { rate: 100000000/min, by: subject, lease: %d } } ]"
        at_redis = {"top": f"store: redis://127.0.0.1:{self.redis.port}"}
        self.instructions("instructions of a request with one limit, 32 callers", {
            "no limit": common | {"limit": False}, "memory": common | {"limit": limit % 0},
            "redis": common | at_redis | {"limit": limit % 0}, "leases": common | at_redis | {"limit": limit % LEASE}}, "--connections", 32)

    def asked(self, name, *more):
        """One measurement, and what the gateway and Redis counted during all of it, its warming up too. Redis counts also the few
        scripts by which the gateways that rest at the moment tell each other that they live."""
        def figures():
            scripts, script_us = self.redis.scripts()
            return {"asked": self.counter(name, "bartizan_store_commands_total"),
                    "writes": self.counter(name, "bartizan_store_writes_total"),
                    "requests": self.counter(name, "bartizan_requests_total"), "scripts": scripts, "script_us": script_us}
        before = figures()
        row = self.load(name, *more)
        after = figures()
        return row | {k: after[k] - before[k] for k in before}

    def tell(self, scenario, names, *more):
        if not self.wanted(scenario):
            return
        table = self.rounds(names, "cpu_us_per_request", *more, measure=self.asked)
        self.results[scenario] = table
        print(f"\n{scenario}\n  {'':24} {'µs/request':>10} {'added':>7} {'':17} {'asked/request':>13} {'asked/write':>11} "
              f"{'µs/script':>9} {'p50 µs':>7} {'a second':>8}")
        for n, t in table.items():
            total = {k: sum(r[k] for r in t["rows"]) for k in ("asked", "writes", "requests", "scripts", "script_us")}
            middle = {k: statistics.median(r[k] for r in t["rows"]) for k in ("p50_us", "per_second")}
            spread = f"[{t['added_min']:.1f} … {t['added_max']:.1f}]"
            print(f"  {n:24} {t['value']:10.2f} {t['added']:+7.2f} {spread:17} {total['asked'] / total['requests']:13.3f} "
                  f"{total['asked'] / max(total['writes'], 1):11.1f} "
                  f"{total['script_us'] / total['scripts'] if total['asked'] > 100 else 0:9.1f} "
                  f"{middle['p50_us']:7.0f} {middle['per_second']:8.0f}", flush=True)

    # ---- one write for all that a turn of the loop has to say ----

    def store_descriptors(self, pid):
        """Descriptors of the process whose other end is Redis."""
        inodes = {f[9] for f in (line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
                  if f[2].endswith(f":{self.redis.port:04X}")}
        found = set()
        for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(fd).removeprefix("socket:[").removesuffix("]") in inodes:
                    found.add(fd.name)
        return found

    def one_write(self, name):
        """By strace, while it is under load: the writes to Redis in each turn, which begins when epoll_wait returns."""
        strace = shutil.which("strace")
        if not self.wanted("one write a turn") or not strace:
            return
        worker = max(children(self.servers[name][1]), key=lambda pid: len(self.store_descriptors(pid)))
        fds, out = self.store_descriptors(worker), self.dir / "strace"
        began = self.redis.scripts()[0]
        p = self.procs.start([strace, "-p", worker, "-qq", "-e", "trace=epoll_wait,write,writev,sendto,sendmsg",
                              "-e", "signal=none", "-s", "0", "-o", out], LOAD_CORE)
        time.sleep(0.5)
        self.load(name, "--warmup", 0)
        p.terminate()
        p.wait(10)
        scripts, turns, now = self.redis.scripts()[0] - began, [], 0
        for line in out.read_text().splitlines():
            call = re.match(r"(\w+)\((\d+)", line)
            if line.startswith("epoll_wait"):
                turns.append(now)
                now = 0
            elif call and call[2] in fds:
                now += 1
        asking = [t for t in turns if t]
        self.results["one write a turn"] = {"turns": len(turns), "asking": len(asking), "most": max(turns, default=0), "scripts": scripts}
        print(f"\none write a turn ({name}, under strace): {len(turns)} turns of the loop, {len(asking)} of which asked Redis, "
              f"with at most {max(turns, default=0)} write; {scripts / max(len(asking), 1):.1f} scripts a write", flush=True)


def story(b):
    b.tokens(2)
    b.model()
    b.redis = Redis(b)
    url = f"redis on {b.redis.port}"
    b.instructions_of_all()
    b.gateway("no limit")
    for count in COUNTS:
        b.gateway(f"memory, {count}", count=count)
        b.gateway(f"redis, {count}", url, count)
        b.gateway(f"leases, {count}", url, count, LEASE)
    places, budget = "{ concurrency: { max: 100000 } }", "reserve: [ { tokens: { rate: 100000000000/min, lease: %d } } ]"
    for store, more, lease in (("memory", places, 0), ("redis", places, 0), ("redis", "", 0), ("leases", "", LEASE)):
        b.gateway(f"{store}, tokens" + " and places" * bool(more), "memory" if store == "memory" else url, 1, lease, more,
                  steps=[budget % (lease * 100000)])  # so that it lasts as long as a lease of requests does
    one = ["no limit", "memory, 1", "redis, 1", "leases, 1"]
    b.tell("one limit, 32 callers", one, "--connections", 32)
    b.tell("one limit, 128 callers", one, "--connections", 128)
    b.tell("one limit, 4000 a second", one, "--rate", 4000)
    b.tell("limits per request, 32 callers", ["no limit"] + [f"{s}, {n}" for s in ("memory", "redis", "leases") for n in COUNTS])
    b.tell("requests, tokens and concurrency, 32 callers", ["no limit", "memory, tokens and places", "redis, tokens and places",
                                                             "redis, tokens", "leases, tokens"])
    b.one_write("redis, 1")


def main(args):
    run(Limits(args), story)
