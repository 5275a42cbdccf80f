"""Programs under test: started on free loopback ports, waited for, stopped by their own pid."""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREE = HERE.parent.parent
BUILD = Path(os.environ.get("BARTIZAN_BUILD", TREE / "build" / "dev"))

READY_WITHIN_S = 20
STOP_WITHIN_S = 10


def free_port():
    """A port that nobody listens on now. Another program may take it first; who starts tries again."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def find_program(name):
    """The built program, or None: tests that need it are then skipped with that reason."""
    for place in (BUILD / name, BUILD / "bench" / name):
        if place.is_file() and os.access(place, os.X_OK):
            return place
    return None


class Program:
    """One child process with its output in a file, which a failed test may read."""

    def __init__(self, arguments, log, env=None):
        self.log = Path(log)
        self._out = open(self.log, "wb")
        self.process = subprocess.Popen(
            [str(a) for a in arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
        )

    def output(self):
        return self.log.read_text(errors="replace")

    def wait_until(self, is_ready, what, within_s=READY_WITHIN_S):
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{what}: ended with {self.process.returncode}\n{self.output()}")
            answer = is_ready()
            if answer:
                return answer
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{what}: not ready within {within_s} s\n{self.output()}")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM, then SIGKILL; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._out.close()
        return self.process.returncode


class Stalls:
    """How long this machine keeps somebody waiting who only wants to wake up: what no deadline of ours can make up for."""

    def __init__(self):
        self.worst_ms, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while True:
            begun = time.monotonic()
            if self._over.wait(0.01):
                return
            self.worst_ms = max(self.worst_ms, (time.monotonic() - begun) * 1000 - 10)

    def stop(self):
        self._over.set()
        self._thread.join()


def listens(port):
    with socket.socket() as s:
        s.settimeout(0.2)
        return s.connect_ex(("127.0.0.1", port)) == 0
