"""The OpenAI SDK for Node, unmodified: directly and through the gateway. node/client.cjs does one thing a run."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from programs import HERE
from wire import MODEL

WORDS = "".join(f"word{n} " for n in range(10))
MODULES = Path(os.environ.get("BARTIZAN_LIVE_NODE", HERE / "node" / "node_modules"))

if not shutil.which("node"):
    pytest.skip("node is not installed", allow_module_level=True)
if not (MODULES / "openai").is_dir():
    pytest.skip("the openai package for Node is not installed (no registry?)", allow_module_level=True)


def run(step, url, credential, trust=None, kind="openai", retries=0):
    job = {"step": step, "kind": kind, "url": url, "credential": credential, "model": MODEL, "maxRetries": retries}
    env = {**os.environ, "NODE_PATH": str(MODULES)}
    if trust:
        env["NODE_EXTRA_CA_CERTS"] = str(trust)
    done = subprocess.run(
        ["node", str(HERE / "node" / "client.cjs")],
        input=json.dumps(job), capture_output=True, text=True, timeout=60, env=env, check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(params=["direct", "gateway"])
def target(request, model):
    if request.param == "direct":
        return {"url": model.base, "credential": "whoever"}
    gateway = request.getfixturevalue("gateway")
    return {
        "url": gateway.url,
        "credential": request.getfixturevalue("token"),
        "trust": gateway.authority.certificate,
    }


def ok(told):
    assert told["ok"], told
    return told["result"]


@pytest.mark.parametrize("kind", ["openai", "azure"])
def test_chat_stream_tools_embeddings(target, kind, model):
    whole = ok(run("chat", **target, kind=kind))
    assert whole["text"] and whole["total"] > 0
    streamed = ok(run("stream", **target, kind=kind))
    assert streamed == {"text": WORDS, "finish": "stop", "usage": None}
    assert ok(run("embeddings", **target, kind=kind)) == {"count": 1, "size": 16}
    model.steer("tool_call")
    assert ok(run("tools", **target, kind=kind))["name"] == "get_weather"


def test_responses(target):
    whole = ok(run("responses", **target))
    assert whole["status"] == "completed" and whole["text"]
    streamed = ok(run("responsesStream", **target))
    assert streamed == {"first": "response.created", "last": "response.completed", "text": WORDS}


def test_too_many_requests_are_retried(target, model):
    model.steer("status_429", times=1, retry_after_ms=50)
    assert ok(run("chat", **target, retries=2))["text"]
    assert len(model.journal("*/chat/completions")) == 2


def test_an_error_inside_a_stream_is_raised(target, model):
    model.steer("stream_error")
    assert not run("stream", **target)["ok"]


def test_refusals_are_understood(gateway, issuer, model):
    trust = gateway.authority.certificate
    expired = run("chat", gateway.url, issuer.token(roles=["Models.Use"], lifetime=-3600), trust, retries=2)
    assert (expired["kind"], expired["status"], expired["code"]) == ("AuthenticationError", 401, "expired")
    other = run("chat", gateway.url, issuer.token(roles=["Other"]), trust, kind="azure", retries=2)
    assert (other["kind"], other["status"], other["code"]) == ("PermissionDeniedError", 403, "not-allowed")
    assert other["requestId"]
    assert model.journal() == []
