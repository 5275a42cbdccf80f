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

from programs import HERE
from wire import CHAT_V1

EXAM = Path(os.environ.get("EXAM_DIR", HERE.parent.parent.parent / "shared" / "exam"))
LORIS = EXAM / "tools" / "loris.py"

pytestmark = pytest.mark.skipif(not LORIS.is_file(), reason=f"the slow callers are not at {LORIS} (set EXAM_DIR)")

HANDSHAKE_S, HEAD_S, BODY_S = 5, 10, 15  # the defaults; a body has its grace, then a window that must bring its share
SETTLING_S = 4  # until all have connected, on a shared machine and with a sanitised build

# mode: how many, and by when the last must be gone
MODES = {
    "tlshello": (300, HANDSHAKE_S),
    "header": (300, HEAD_S),
    "idle": (100, HEAD_S),  # connected, and never a first byte
    "body": (200, BODY_S),
    "chunk": (100, BODY_S),
}
SECONDS = BODY_S + SETTLING_S + 1
TOLD = re.compile(
    r"conns (\d+): closed by server (\d+) \(first ([\d.-]+)s, median ([\d.-]+)s, last ([\d.-]+)s\); refused (\d+); "
    r"probes ok (\d+)/(\d+), p99 (\d+) ms"
)


@pytest.fixture(scope="module")
def slow(request, running_issuer, running_model, authority, server_certificate, tmp_path_factory):
    """{mode: what its tool told}, all modes at once: a thousand slow connections on one gateway with its defaults."""
    from conftest import need
    from gateway import ROLE, Gateway, base_config

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    home = tmp_path_factory.mktemp("slow")
    gateway = Gateway(need("bartizan"), base_config(running_issuer, running_model, server_certificate, home), home, authority)
    token = running_issuer.token(roles=[ROLE])
    running = {
        mode: subprocess.Popen(
            [sys.executable, LORIS, str(gateway.port), "--tls", "--mode", mode, "--conns", str(count), "--seconds", str(SECONDS),
             "--every", "2", "--token", token, "--target", CHAT_V1],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for mode, (count, _) in MODES.items()
    }
    time.sleep(3)
    most = gateway.metrics()["bartizan_connections"]
    told = {}
    for mode, process in running.items():
        out, errors = process.communicate(timeout=SECONDS + 30)
        match = TOLD.search(out)
        assert match, out + errors
        print("\n" + out.strip())
        names = ("conns", "closed", "first", "median", "last", "refused", "ok", "probes", "p99_ms")
        told[mode] = dict(zip(names, map(float, match.groups())))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    told["most"] = most
    told["left"] = gateway.metrics()["bartizan_connections"]
    assert gateway.stop() == 0
    return told


def test_a_thousand_sat_there(slow):
    assert slow["most"] >= 950 and slow["left"] == 0, slow


@pytest.mark.parametrize("mode", MODES)
def test_each_is_cut_by_its_deadline(slow, mode):
    told, (count, deadline_s) = slow[mode], MODES[mode]
    assert told["closed"] == count and told["refused"] == 0, told
    assert told["last"] <= deadline_s + SETTLING_S, told


@pytest.mark.parametrize("mode", MODES)
def test_everybody_else_is_served_meanwhile(slow, mode):
    told = slow[mode]
    assert told["probes"] >= SECONDS / 2 and told["ok"] == told["probes"], told
