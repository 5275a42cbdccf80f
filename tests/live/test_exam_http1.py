"""The open HTTP/1.1 suites against the gateway: no message may be read in two ways, what must be refused is refused.

Each message is sent twice, over TLS and in the clear, with a good token put into it where it has a head to put it into. The
suites are not part of this tree: they are looked for beside it, or where EXAM_DIR says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import need
from gateway import ROLE, Gateway, base_config
from programs import HERE, free_port

EXAM = Path(os.environ.get("EXAM_DIR", HERE.parent.parent.parent / "shared" / "exam"))
SUITES = ("http11probe", "llhttp")
WAYS = ("tls", "plain")

pytestmark = pytest.mark.skipif(not EXAM.is_dir(), reason=f"the open suites are not at {EXAM} (set EXAM_DIR)")

# What a case's hint asks for is not what this exam can see, or not what a gateway should do. Each with its reason.
EXCUSED = {
    "MAL-NON-ASCII-URL": "the suite as it is kept has question marks for the bytes, which makes the message valid",
    "MAL-URL-OVERLONG-UTF8": "the same",
    "llhttp/connection/CRLF between requests, implicit `keep-alive`/request": "its first request is valid and answered, the second refused",
    "llhttp/connection/No restart when keep-alive is off (1.0)/request": "its first request is valid and answered, then the connection closes",
    "llhttp/connection/Upgrade POST request/request": "its first request is valid: nobody has to take an upgrade",
}
# Valid, and still not forwarded: a question about the server as a whole is for no model.
NOT_SERVED = {"COMP-OPTIONS-STAR"}


def must_be_refused(case):
    """Hints are prose; a message must be refused where the hint names refusals only."""
    hint = case["hint"]
    if case["id"] in EXCUSED:
        return False
    return hint == "reject" or (hint.startswith(("400", "Exact:400")) and not any(word in hint for word in ("2xx", "200")))


def is_valid(case):
    """The hint names no refusal at all."""
    hint = case["hint"].replace("not 414", "2xx")
    return case["src"] == "http11probe" and re.search(r"2xx|2\d\d|!101|IMF", hint) and not re.search(r"[45]\d\d|[Rr]eject", hint)


def reached_upstream(case):
    return bool(case["up"])


def ask(gateway_port, upstream, way, token, out):
    return subprocess.Popen(
        [sys.executable, EXAM / "tools" / "h1exam.py", "--lanes", f"{gateway_port}:{upstream}", "--out", out, "--idle", "1.0",
         "--inject", f"Authorization: Bearer {token}", *(["--tls"] if way == "tls" else []),
         *(EXAM / "http1" / f"{suite}.jsonl" for suite in SUITES)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


@pytest.fixture(scope="module")
def results(running_issuer, running_model, authority, server_certificate, tmp_path_factory):
    """{way: verdicts on every case of both suites}: a gateway for each way, with a pass-through route to the suite's own back end."""
    home = tmp_path_factory.mktemp("exam")
    upstreams = {way: free_port() for way in WAYS}
    gateways = {}
    for way in WAYS:
        folder = home / way
        folder.mkdir()
        config = base_config(running_issuer, running_model, server_certificate, folder)
        if way == "plain":
            config["listen"] = [{"address": config["listen"][0]["address"]}]
        config["limits"] = {"head": "300ms", "body_grace": "100ms", "body_min_rate": "1MiB"}
        config["pools"] = {
            "back-end": {"endpoints": [f"http://127.0.0.1:{upstreams[way]}"], "retries": 0, "eject_failures": 1000}
        }
        config["routes"] = {
            "all": {
                "match": "/*", "api": "pass_through", "pass_through": True, "authenticate": [{"jwt": {"issuer": "entra"}}],
                "authorise": [{"roles": [ROLE]}], "select": "back-end",
            }
        }
        gateways[way] = Gateway(need("bartizan"), config, folder, authority)
    token = running_issuer.token(roles=[ROLE])
    running = {way: ask(gateways[way].port, upstreams[way], way, token, home / f"{way}.jsonl") for way in WAYS}
    told = {}
    for way, exam in running.items():
        out, errors = exam.communicate(timeout=300)
        assert exam.returncode == 0, errors
        print(f"\n{way}:\n{out}")
        told[way] = [json.loads(line) for line in (home / f"{way}.jsonl").read_text().splitlines()]
    for gateway in gateways.values():
        assert gateway.stop() == 0
    return told


@pytest.fixture(params=WAYS)
def verdicts(request, results):
    return results[request.param]


def test_all_cases_ran(verdicts):
    assert len(verdicts) > 340 and not [r for r in verdicts if "verdict" not in r]


def test_nothing_is_ambiguous_or_smuggled(verdicts):
    bad = [(r["id"], r["verdict"]) for r in verdicts if r["verdict"] in ("AMBIG", "SMUGGLED") or r["paranoid"] or r["fwd_bad"]]
    assert bad == []


def test_what_must_be_refused_never_reaches_the_model_server(verdicts):
    wanted = [r for r in verdicts if must_be_refused(r)]
    bad = [(r["id"], r["hint"], r["verdict"], r["status"]) for r in wanted if reached_upstream(r) or r["status"][:1] == [200]]
    assert len(wanted) > 90 and bad == []


def test_what_must_be_refused_is_told_so(verdicts):
    """With 4xx or 5xx or by closing; a message that only does not end may still be waited for."""
    bad = [
        (r["id"], r["hint"], r["verdict"], r["status"])
        for r in verdicts
        if must_be_refused(r) and r["verdict"] != "REJECT" and not (r["verdict"] == "HANG" and "timeout" in r["hint"])
    ]
    assert bad == []


def test_valid_messages_are_served(verdicts):
    valid = [r for r in verdicts if is_valid(r)]
    served = [r for r in valid if r["status"][:1] and r["status"][0] // 100 == 2]
    bad = [(r["id"], r["hint"], r["verdict"], r["status"]) for r in valid if r not in served and r["id"] not in NOT_SERVED]
    print(f"served {len(served)} of {len(valid)} valid messages")
    assert len(valid) >= 30 and bad == []
