"""The open HTTP/1.1 suites against the gateway: no message may be read in two ways, what must be refused is refused.

The suites are not part of this tree: they are looked for beside it, or where EXAM_DIR says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from programs import HERE, free_port

EXAM = Path(os.environ.get("EXAM_DIR", HERE.parent.parent.parent / "shared" / "exam"))
SUITES = ("http11probe", "llhttp")

pytestmark = pytest.mark.skipif(not EXAM.is_dir(), reason=f"the open suites are not at {EXAM} (set EXAM_DIR)")


def must_be_refused(hint):
    """Hints are prose; a message must be refused where the hint names refusals only."""
    if hint == "reject":
        return True
    return hint.startswith(("400", "Exact:400")) and not any(word in hint for word in ("2xx", "200"))


@pytest.fixture(scope="module")
def results(running_issuer, authority, server_certificate, tmp_path_factory, running_model):
    """Every case of both suites, sent through an open pass-through route to the suite's own back end."""
    from conftest import need
    from gateway import Gateway, base_config

    home = tmp_path_factory.mktemp("exam")
    upstream = free_port()
    config = base_config(running_issuer, running_model, server_certificate, home)
    config["limits"] = {"head": "300ms", "body_grace": "300ms", "body_min_rate": "1MiB"}
    config["pools"] = {"models": {"endpoints": [f"http://127.0.0.1:{upstream}"], "retries": 0, "eject_failures": 1000}}
    config["routes"] = {
        "all": {"match": "/*", "api": "pass_through", "pass_through": True, "insecure_anonymous": True, "select": "models"}
    }
    gateway = Gateway(need("bartizan"), config, home, authority)
    out = home / "results.jsonl"
    done = subprocess.run(
        [sys.executable, EXAM / "tools" / "h1exam.py", "--tls", "--lanes", f"{gateway.port}:{upstream}", "--out", out,
         "--idle", "0.8", *(EXAM / "http1" / f"{suite}.jsonl" for suite in SUITES)],
        capture_output=True, text=True, timeout=600, check=False,
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    told = [json.loads(line) for line in out.read_text().splitlines()]
    assert gateway.stop() == 0
    return told


def test_all_cases_ran(results):
    assert len(results) > 350 and not [r for r in results if "verdict" not in r]


def test_nothing_is_ambiguous_or_smuggled(results):
    bad = [(r["id"], r["verdict"]) for r in results if r["verdict"] in ("AMBIG", "SMUGGLED") or r["paranoid"] or r["fwd_bad"]]
    assert bad == []


def test_what_must_be_refused_never_reaches_the_model_server(results):
    bad = [(r["id"], r["hint"], r["verdict"], r["status"]) for r in results if must_be_refused(r["hint"]) and r["verdict"] != "REJECT"]
    assert bad == []


def test_valid_messages_are_served(results):
    valid = [r for r in results if r["src"] == "http11probe" and r["hint"] in ("Range2xx", "2xx + echo", "2xx with no body")]
    bad = [(r["id"], r["verdict"], r["status"]) for r in valid if not r["status"] or r["status"][0] // 100 != 2]
    assert valid and bad == []
