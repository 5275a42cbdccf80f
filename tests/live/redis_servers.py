"""Real Redis servers for the live tests: alone, behind sentinels, or a cluster, on free ports of the loopback."""

import random
import shutil
import signal
import subprocess
import time

import pytest

from programs import Program, listens

SERVER, CLI = shutil.which("redis-server"), shutil.which("redis-cli")


def need_redis():
    if not SERVER or not CLI:
        pytest.skip("redis-server or redis-cli is not installed")


def low_port():
    """One that no connection takes for its own end, nor that of the cluster bus, 10,000 above it."""
    while True:
        port = random.randrange(20000, 22700)
        if not listens(port) and not listens(port + 10000):
            return port


def all_or_none(make, count):
    made = []
    try:
        for number in range(count):
            made.append(make(number))
    except BaseException:
        for thing in made:
            thing.stop()
        raise
    return made


class Redis:
    """One server. Its folder and port stay through kill() and start()."""

    def __init__(self, folder, *settings, tls=None, port=None, program=None):
        need_redis()
        self.port = port or low_port()
        self.folder = folder / f"redis-{self.port}"
        self.folder.mkdir(parents=True)
        self.tls = tls
        self.binary = program or [SERVER]
        plain = ["--port", "0", "--tls-port", self.port] if tls else ["--port", self.port]
        if tls:
            authority, (certificate, key) = tls
            plain += ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority.certificate]
            plain += ["--tls-auth-clients", "no"]
        self.arguments = [*plain, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder, *settings]
        self.starts = 0
        self.start()

    def start(self):
        self.starts += 1
        self.program = Program([*self.binary, *self.arguments], self.folder / f"log-{self.starts}")
        self.program.wait_until(lambda: listens(self.port), f"redis on {self.port}")

    def kill(self):
        self.program.process.kill()
        self.program.process.wait()

    def pause(self):
        self.program.signal(signal.SIGSTOP)

    def resume(self):
        self.program.signal(signal.SIGCONT)

    def stop(self):
        if self.program.process.poll() is None:
            self.resume()
            self.program.stop()

    def cli(self, *words, check=True):
        tls = ["--tls", "--cacert", str(self.tls[0].certificate)] if self.tls else []
        run = subprocess.run(
            [CLI, "-h", "127.0.0.1", "-p", str(self.port), *tls, *[str(w) for w in words]],
            capture_output=True, text=True, timeout=60,
        )
        if check:
            assert run.returncode == 0 and "ERR" not in run.stdout, (words, run.stdout, run.stderr)
        return run.stdout.strip()


class Sentinels:
    """A master, a replica, and three sentinels that watch over them."""

    def __init__(self, folder, name="limits"):
        self.name = name
        self.master = Redis(folder)
        self.replica = Redis(folder, "--replicaof", "127.0.0.1", self.master.port)
        self.sentinels = []
        for _ in range(3):
            port = low_port()
            config = folder / f"sentinel-{port}.conf"
            config.write_text(
                f"sentinel monitor {name} 127.0.0.1 {self.master.port} 2\n"
                f"sentinel down-after-milliseconds {name} 500\nsentinel failover-timeout {name} 3000\n"
            )
            self.sentinels.append(Redis(folder, port=port, program=[SERVER, config, "--sentinel"]))
        end = time.monotonic() + 20
        while time.monotonic() < end:
            told = [s.cli("sentinel", "master", name, check=False) for s in self.sentinels]
            copied = "master_link_status:up" in self.replica.cli("info", "replication", check=False)
            if copied and all("num-other-sentinels\n2" in t and "num-slaves\n1" in t for t in told):
                return
            time.sleep(0.1)
        raise RuntimeError("the sentinels did not find one another")

    def urls(self):
        return [f"redis://127.0.0.1:{s.port}" for s in self.sentinels]

    def stop(self):
        for server in [*self.sentinels, self.replica, self.master]:
            server.stop()


class Cluster:
    """Three masters, without replicas or with one each."""

    def __init__(self, folder, replicas=0, tls=None):
        extra = ["--tls-cluster", "yes"] if tls else []
        self.nodes = all_or_none(
            lambda _: Redis(folder, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
                            "--cluster-require-full-coverage", "no", *extra, tls=tls),
            3 + 3 * replicas,
        )
        tls_words = ["--tls", "--cacert", str(tls[0].certificate)] if tls else []
        try:
            self._join(tls_words, replicas)
        except BaseException:
            self.stop()
            raise

    def _join(self, tls_words, replicas):
        run = subprocess.run(
            [CLI, *tls_words, "--cluster", "create", *[f"127.0.0.1:{n.port}" for n in self.nodes],
             "--cluster-replicas", str(replicas), "--cluster-yes"],
            capture_output=True, text=True, timeout=60,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        end = time.monotonic() + 20
        while time.monotonic() < end:
            copies = sum("master_link_status:up" in n.cli("info", "replication", check=False) for n in self.nodes)
            if copies == 3 * replicas and all("cluster_state:ok" in n.cli("cluster", "info") for n in self.nodes):
                return
            time.sleep(0.1)
        raise RuntimeError("the cluster did not come together")

    def reshard(self, count):
        """Moves that many slots of the first node to the second, with their keys."""
        first, second = (n.cli("cluster", "myid") for n in self.nodes[:2])
        run = subprocess.run(
            [CLI, "--cluster", "reshard", f"127.0.0.1:{self.nodes[0].port}", "--cluster-from", first, "--cluster-to", second,
             "--cluster-slots", str(count), "--cluster-yes"],
            capture_output=True, text=True, timeout=120,
        )
        assert run.returncode == 0, run.stdout + run.stderr

    def stop(self):
        for node in self.nodes:
            node.stop()
