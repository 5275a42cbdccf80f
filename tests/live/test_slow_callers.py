"""A thousand callers who are slow on purpose: each is cut by its deadline, and everybody else is served meanwhile.

The slow callers are a tool beside this tree, as the open suites are: EXAM_DIR says where."""

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from programs import HERE, free_port
from wire import CHAT_V1

EXAM = Path(os.environ.get("EXAM_DIR", HERE.parent.parent.parent / "shared" / "exam"))
LORIS = EXAM / "tools" / "loris.py"

pytestmark = pytest.mark.skipif(not LORIS.is_file(), reason=f"the slow callers are not at {LORIS} (set EXAM_DIR)")

HANDSHAKE_S, HEAD_S, BODY_S = 5, 10, 15  # the defaults; a body has its grace, then a window that must bring its share
SETTLING_S = 4  # until all have connected, on a shared machine and with a sanitised build

# who: the tool's mode, whether over TLS, how many, and by when the last must be gone. Most go without TLS: a thousand
# handshakes of a sanitised build would measure the machine.
CALLERS = {
    "half a hello": ("tlshello", True, 300, HANDSHAKE_S),
    "a head drop by drop": ("header", False, 200, HEAD_S),
    "the same over TLS": ("header", True, 100, HEAD_S),
    "nothing at all": ("idle", False, 100, HEAD_S),
    "a body drop by drop": ("body", False, 200, BODY_S),
    "chunks drop by drop": ("chunk", False, 100, BODY_S),
}
ENOUGH = 950
SECONDS = BODY_S + SETTLING_S + 1
TOLD = re.compile(
    r"conns (\d+): closed by server (\d+) \(first ([\d.-]+)s, median ([\d.-]+)s, last ([\d.-]+)s\); refused (\d+); "
    r"probes ok (\d+)/(\d+), p99 (\d+) ms"
)


@pytest.fixture(scope="module")
def slow(running_issuer, running_model, authority, server_certificate, tmp_path_factory):
    """{who: what the tool told}, all at once: a thousand slow connections on one gateway with its defaults."""
    from conftest import need
    from gateway import ROLE, Gateway, base_config

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    home = tmp_path_factory.mktemp("slow")
    config, plain = base_config(running_issuer, running_model, server_certificate, home), free_port()
    config["listen"].append({"address": f"127.0.0.1:{plain}"})
    config["pools"]["models"].pop("identity")  # ready without a token of its own
    gateway = Gateway(need("bartizan"), config, home, authority)
    token = running_issuer.token(roles=[ROLE])
    running = {
        who: subprocess.Popen(
            [sys.executable, LORIS, str(gateway.port if tls else plain), *(["--tls"] if tls else []), "--mode", mode,
             "--conns", str(count), "--seconds", str(SECONDS), "--every", "2", "--token", token, "--target", CHAT_V1],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for who, (mode, tls, count, _) in CALLERS.items()
    }
    most, end = 0, time.monotonic() + SETTLING_S + 2
    while most < ENOUGH and time.monotonic() < end:
        most = max(most, gateway.metrics()["bartizan_connections"])
        time.sleep(0.1)
    told = {}
    for who, process in running.items():
        out, errors = process.communicate(timeout=SECONDS + 30)
        match = TOLD.search(out)
        assert match, out + errors
        print(f"{who}: {out.strip()}")
        names = ("conns", "closed", "first", "median", "last", "refused", "ok", "probes", "p99_ms")
        told[who] = dict(zip(names, map(float, match.groups())))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    told["most"] = most
    told["left"] = gateway.metrics()["bartizan_connections"]
    assert gateway.stop() == 0
    return told


def test_a_thousand_sat_there(slow):
    assert slow["most"] >= ENOUGH and slow["left"] == 0, slow


@pytest.mark.parametrize("who", CALLERS)
def test_each_is_cut_by_its_deadline(slow, who):
    told, (_, _, count, deadline_s) = slow[who], CALLERS[who]
    assert told["closed"] == count and told["refused"] == 0, told
    assert told["last"] <= deadline_s + SETTLING_S, told


@pytest.mark.parametrize("who", CALLERS)
def test_everybody_else_is_served_meanwhile(slow, who):
    told = slow[who]
    assert told["probes"] >= SECONDS / 2 and told["ok"] == told["probes"], told
