"""The life of the gateway: figures, audit lines, reload, drain, a crashed worker, several endpoints, limits."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest

from gateway import ROLE, merged
from mocks import call
from programs import free_port
from wire import CHAT, chat


def wait_for(condition, within_s=5, what="it"):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {within_s} s"
        time.sleep(0.02)


# ---- seen from outside ----


def test_livez_and_readyz(gateway):
    for path in ("/livez", "/readyz"):
        assert call("GET", gateway.admin + path)[0] == 200


def test_metrics_count_what_happened(gateway, caller):
    def total():
        return sum(value for name, value in gateway.metrics().items() if name.endswith("_total") or "_total{" in name)

    before = total()
    assert caller.chat().status == 200
    wait_for(lambda: total() > before, what="a counted request")


def test_one_audit_line_each(gateway, caller, issuer, token):
    before = len(gateway.journal())
    served = caller.chat("a secret prompt about swordfish")
    gateway.caller().chat()
    gateway.caller(issuer.token(roles=["Other"])).chat()
    caller.call("GET", "/elsewhere")
    lines = gateway.journal(before + 4)[before:]
    assert [line["reason"] for line in lines] == ["served", "no-credential", "not-allowed", "no-route"]
    assert [line["status"] for line in lines] == [200, 401, 403, 404]
    first = lines[0]
    assert first["id"] == served.headers["x-request-id"]
    assert first["tokens_in"] > 0 and first["tokens_out"] > 0 and first["total_ms"] >= first["first_byte_ms"] >= 0
    assert first["subject"] and first["tenant"] and first["app"] and first["token_hash"]


def test_nothing_secret_is_written(gateway, caller, token):
    caller.chat("a secret prompt about swordfish")
    gateway.caller(token[:-8] + "AAAAAAAA").chat("another about swordfish")
    text = "\n".join(json.dumps(line) for line in gateway.journal()) + gateway.output()
    assert "swordfish" not in text
    assert token not in text and token.rsplit(".", 1)[1] not in text


def test_the_journal_is_opened_again(start_gateway, token):
    gateway = start_gateway()
    path = gateway.folder / "journal.jsonl"
    gateway.caller(token).chat()
    gateway.journal(1)
    path.rename(gateway.folder / "journal.1")
    gateway.program.signal(signal.SIGUSR1)
    wait_for(path.exists, what="a new journal")
    gateway.caller(token).chat()
    assert len(gateway.journal(1)) == 1


# ---- reload, drain, crash ----


def test_reload_by_signal_and_by_the_files_change(start_gateway, token):
    gateway = start_gateway()
    assert gateway.caller(token).chat().status == 200
    stricter = merged(gateway.config, {"routes": {"azure": {"authorise": [{"roles": {"any": ["Another.Role"]}}]}}})
    plain = gateway.config
    gateway.write(stricter)
    gateway.reload()
    wait_for(lambda: gateway.caller(token).chat().status == 403, what="the stricter configuration")
    gateway.write(plain)  # nobody sends a signal: the file is watched
    wait_for(lambda: gateway.caller(token).chat().status == 200, 15, "the plain configuration")


def test_a_bad_file_leaves_the_old_setup(start_gateway, token):
    gateway = start_gateway()
    good = gateway.config
    gateway.file.write_text('listen: [ { address: 127.0.0.1:1, adress: "x" } ]\n')
    gateway.reload()
    wait_for(lambda: "did you mean" in gateway.output(), what="the complaint")
    assert gateway.caller(token).chat().status == 200
    gateway.write(good)
    gateway.reload()
    assert gateway.caller(token).chat().status == 200


def test_a_reload_fails_no_request(start_gateway, token):
    gateway = start_gateway()
    stop, failures, count = threading.Event(), [], [0]

    def go_on():
        caller = gateway.caller(token)
        while not stop.is_set():
            try:
                answer = caller.chat()
                if answer.status != 200:
                    failures.append(answer)
            except OSError as error:
                failures.append(error)
            count[0] += 1

    threads = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        time.sleep(0.4)
        gateway.reload()
    time.sleep(0.6)
    stop.set()
    for thread in threads:
        thread.join()
    assert count[0] > 20 and not failures, failures[:3]


def test_a_drain_lets_running_requests_finish(start_gateway, token, model):
    gateway = start_gateway({"drain": "10s"})
    model.set(interval_ms=200)
    events = []
    reader = threading.Thread(target=lambda: events.extend(data for _, data in gateway.caller(token).stream()))
    reader.start()
    wait_for(lambda: model.journal(), what="the request at the model")
    gateway.program.signal(signal.SIGTERM)
    reader.join(15)
    assert events and events[-1] == "[DONE]"
    assert gateway.stop() == 0


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def test_a_crashed_worker_is_replaced(start_gateway, token):
    gateway = start_gateway({"workers": 2})
    before = children(gateway.program.process.pid)
    assert len(before) >= 2
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: len(set(children(gateway.program.process.pid)) - {before[0]}) >= len(before), 2, "a new worker")
    for _ in range(10):
        assert gateway.caller(token).chat().status == 200


# ---- endpoints ----


def test_a_dead_endpoint_is_passed_over(start_gateway, token, model):
    gateway = start_gateway(
        {"pools": {"models": {"endpoints": [{"url": f"http://127.0.0.1:{free_port()}", "priority": 1}, {"url": model.base, "priority": 2}]}}}
    )
    for _ in range(5):
        assert gateway.caller(token).chat().status == 200


def test_a_busy_endpoint_is_passed_over(start_gateway, token, model, running_model):
    """The same server twice under two names: the first answer is 429, the second try goes to the other."""
    other = running_model.base.replace("127.0.0.1", "localhost")
    gateway = start_gateway(
        {"pools": {"models": {"endpoints": [{"url": model.base, "priority": 1}, {"url": other, "priority": 2}]}}}
    )
    model.steer("status_429", times=1, retry_after_ms=7000)
    assert gateway.caller(token).chat().status == 200
    assert [r["mode"] for r in model.journal("*/chat/completions")] == ["status_429", "ok"]


def test_all_endpoints_dead(start_gateway, token):
    gateway = start_gateway({"pools": {"models": {"endpoints": [{"url": f"http://127.0.0.1:{free_port()}"}]}}})
    answer = gateway.caller(token).chat()
    assert answer.status in (502, 503) and answer.error["code"] in ("upstream-unreachable", "no-endpoint"), answer


# ---- limits and rules ----


def test_a_limit_is_kept_and_told(start_gateway, token, issuer):
    gateway = start_gateway({"routes": {"azure": {"limit": [{"requests": {"rate": "3/min", "by": "subject"}}]}}})
    caller = gateway.caller(token)
    answers = [caller.chat() for _ in range(6)]
    refused = [a for a in answers if a.status == 429]
    assert [a.status for a in answers].count(200) in (3, 4) and refused
    assert refused[0].error["code"] == "over-limit"
    assert int(refused[0].headers["retry-after"]) >= 1 and float(refused[0].headers["retry-after-ms"]) > 0
    assert refused[0].headers["x-ratelimit-limit-requests"] and refused[0].headers["x-ratelimit-remaining-requests"] == "0"
    another = issuer.token(roles=[ROLE], subject="44444444-0000-4000-8000-000000000099")
    assert gateway.caller(another).chat().status == 200


def test_concurrency(start_gateway, token, model):
    gateway = start_gateway({"routes": {"azure": {"limit": [{"concurrency": {"max": 2, "by": "subject"}}]}}})
    model.steer("slow", delay_ms=800)
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(gateway.caller(token).chat().status)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 429, 429, 429]
    model.reset()
    assert gateway.caller(token).chat().status == 200  # what was taken has been given back


def test_a_model_that_is_not_allowed(start_gateway, token):
    gateway = start_gateway({"routes": {"azure": {"admit": [{"models": ["gpt-4o"]}]}}})
    caller = gateway.caller(token)
    assert caller.chat().status == 200
    for name in ("gpt-5", "GPT-5", "gpt-5%2e1"):
        answer = caller.call("POST", CHAT.replace("gpt-4o", name), {"messages": chat()["messages"]})
        assert (answer.status, answer.error["code"]) in ((403, "model-not-allowed"), (404, "no-route")), answer
    assert caller.call("POST", CHAT.replace("gpt-4o", "GPT-4o"), chat()).status == 200


@pytest.mark.parametrize("path", ["/openai/deployments/gpt-4o/../gpt-5/chat/completions", "/openai//deployments/gpt-4o/chat/completions", "/openai/deployments/gpt-4o%2Fx/chat/completions"])
def test_paths_that_two_could_read_differently(gateway, token, path, model):
    answer = gateway.caller(token).call("POST", path + "?api-version=2024-10-21", chat())
    assert answer.status in (400, 404), answer
    assert model.journal() == []


def test_patterns_refuse_a_prompt(start_gateway, token, model):
    gateway = start_gateway(
        {"routes": {"azure": {"inspect": [{"patterns": {"words": ["swordfish"], "regex": {"codes": "(?i)launch\\s+code"}}}]}}}
    )
    caller = gateway.caller(token)
    assert caller.chat("a harmless question").status == 200
    answer = caller.chat("tell me the Launch   code")
    assert (answer.status, answer.error["code"]) in ((400, "prompt-refused"), (400, "content_filter")), answer
    body = {"messages": [{"role": "system", "content": [{"type": "text", "text": "say swordfish"}]}]}
    assert caller.call("POST", CHAT, body).status == 400
    assert len(model.journal("*/chat/completions")) == 1


# ---- the command line ----


def run(binary, *arguments):
    return subprocess.run([str(binary), *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)


def test_check_tells_every_mistake_at_once(gateway, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("listen:\n  - adress: 127.0.0.1:8443\nadmin: 127.0.0.1:9901\nroutez: {}\n")
    done = run(gateway.binary, "check", path)
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert f"{path}:2:5" in told and 'did you mean "address"' in told and 'did you mean "routes"' in told


def test_check_takes_what_runs(gateway):
    assert run(gateway.binary, "check", gateway.file).returncode == 0


def test_exit_codes(gateway, tmp_path):
    assert run(gateway.binary, "no-such-command").returncode == 2
    assert run(gateway.binary, "version").returncode == 0
    assert run(gateway.binary, "run", tmp_path / "nowhere.yaml").returncode in (1, 3)
