"""Services that judge texts, asked as a managed identity: what they refuse, how they fail, and what it does to the caller's wait."""

import json
import threading
import time

import pytest

from wire import CHAT, chat

KEY = "mock-safety-key"
SHIELD, ANALYZE, CONTRACT = "/contentsafety/text:shieldPrompt", "/contentsafety/text:analyze", "/judge"


def route(issuer, seat="inspect", **callout):
    settings = {"url": issuer.base, "identity": {"managed": "imds"}, **callout}
    return {"routes": {"azure": {seat: [{"callout": {k: v for k, v in settings.items() if v is not None}}]}}}


def say(gateway, token, text, **more):
    return gateway.caller(token).call("POST", CHAT, chat(text, **more))


def asked(issuer, path):
    return [json.loads(r["body"]) for r in issuer.journal(path)]


def test_a_managed_identity_asks_and_its_verdict_counts(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, blocklists=["ours"]))
    assert say(gateway, token, "hello").status == 200
    assert asked(issuer, SHIELD) == [{"userPrompt": "hello", "documents": []}]
    assert issuer.journal(SHIELD)[0]["headers"]["authorization"].startswith("Bearer ey")
    for text, category in (
        ("[[attack]] x", "prompt_attack"),
        ("[[Violence 4]] x", "violence"),
        ("[[blocked]] x", "blocklist"),
    ):
        answer = say(gateway, token, text)
        assert (answer.status, answer.error["code"]) == (400, "content_filter"), answer
        assert category in json.dumps(answer.error)
    assert say(gateway, token, "[[Violence 2]] x").status == 200
    assert len([r for r in model.journal() if r["path"].endswith("/chat/completions")]) == 2
    lines = gateway.journal(5)
    assert "[[attack]]" not in json.dumps(lines)
    assert lines[1]["findings"][0]["rule"] == "prompt_shield:user" and lines[1]["findings"][0]["hash"]
    told = gateway.metrics()
    assert told['bartizan_callouts_total{route="azure",verdict="refused"}'] == 3
    assert told['bartizan_callouts_total{route="azure",verdict="passed"}'] == 2


def test_what_was_judged_is_not_asked_again(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, checks=["prompt_shield"]))
    for _ in range(3):
        assert say(gateway, token, "hello").status == 200
    assert len(issuer.journal(SHIELD)) == 1
    assert gateway.metrics()["bartizan_callout_remembered_total"] == 2


def test_a_key_and_the_contract(start_gateway, issuer, model, token, tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    gateway = start_gateway(route(issuer, identity=None, key=f"file:{path}", checks=["harm"]))
    assert say(gateway, token, "hello").status == 200
    assert issuer.journal(ANALYZE)[0]["headers"]["ocp-apim-subscription-key"] == KEY
    gateway.stop()
    gateway = start_gateway(route(issuer, url=issuer.base + CONTRACT, identity=None, service="contract"))
    assert say(gateway, token, "hello").status == 200
    assert asked(issuer, CONTRACT) == [{"version": 1, "route": "azure", "texts": [{"source": "user", "text": "hello"}]}]
    assert say(gateway, token, "[[refuse]]").error["code"] == "content_filter"
    assert say(gateway, token, "[[report]]").status == 200
    assert gateway.journal(3)[2]["findings"][0]["rule"] == "callout:mock-1"


def test_a_long_text_is_judged_to_its_end(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer))
    long = "".join(f"wörd{n} 😀 " for n in range(6000))
    assert say(gateway, token, long).status == 200
    pieces = [body["userPrompt"] for body in asked(issuer, SHIELD)]
    assert len(pieces) > 5 and all(r["status"] == 200 for r in issuer.journal("/contentsafety/*"))
    assert say(gateway, token, long + " [[attack]]").status == 400
    # at every border: a mark that is cut in two is whole in the next piece
    for at in (9985, 9990, 9995, 10000):
        assert say(gateway, token, "x" * at + " [[attack]] " + "y" * 5000).status == 400, at


def test_too_much_text_is_not_let_through_unjudged(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, requests=4))
    answer = say(gateway, token, "word " * 20000)
    assert (answer.status, answer.error["code"]) == (413, "body-too-large")
    assert issuer.journal("/contentsafety/*") == []


@pytest.mark.parametrize("rule", [{"status": 500}, {"status": 401}, {"cut": True}, {"body": "{}"}, {"delay_ms": 3000}])
@pytest.mark.parametrize("parallel", [False, True])
def test_a_service_that_fails(start_gateway, issuer, model, token, rule, parallel):
    gateway = start_gateway(route(issuer, deadline="500ms", parallel=parallel))
    issuer.steer(path="/contentsafety/*", **rule)
    began = time.monotonic()
    answer = say(gateway, token, "hello")
    assert (answer.status, answer.error["code"]) == (503, "callout-down"), answer
    assert time.monotonic() - began < 2.5


def test_a_service_that_fails_can_be_passed_by(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, deadline="500ms", on_callout_down="insecure_allow"))
    issuer.steer(path="/contentsafety/*", status=500)
    assert say(gateway, token, "hello").status == 200
    assert gateway.journal(1)[0]["findings"][0] == {
        "rule": "callout:down", "category": "callout", "place": "request", "action": "allow",
    }  # fmt: skip
    assert gateway.metrics()["bartizan_insecure_settings"] >= 1


def test_the_circuit(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, circuit_failures=2, circuit_rest="1s", checks=["harm"]))
    issuer.steer(path="/contentsafety/*", status=500, times=2)
    for n in range(5):
        assert say(gateway, token, f"hello {n}").status == 503
    assert len(issuer.journal(ANALYZE)) == 2
    assert gateway.metrics()["bartizan_callout_resting"] == 1
    time.sleep(1.1)
    assert say(gateway, token, "hello again").status == 200
    assert gateway.metrics()["bartizan_callout_resting"] == 0


def test_a_busy_service_says_when_to_come_again(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, checks=["harm"], circuit_rest="100ms"))
    issuer.steer(path="/contentsafety/*", status=429, times=1, headers={"Retry-After": "2"})
    assert say(gateway, token, "hello").status == 503
    time.sleep(1)
    assert say(gateway, token, "hello").status == 503
    assert len(issuer.journal(ANALYZE)) == 1
    time.sleep(1.2)
    assert say(gateway, token, "hello").status == 200


def test_a_token_that_is_not_taken_is_renewed_once(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, checks=["harm"]))
    assert say(gateway, token, "first").status == 200
    before = len(issuer.journal("/metadata/*"))
    issuer.steer(path="/contentsafety/*", status=401, times=1)
    assert say(gateway, token, "hello").status == 200
    assert len(issuer.journal("/metadata/*")) == before + 1


def test_beside_the_model_nothing_is_answered_before_the_verdict(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, parallel=True, checks=["prompt_shield"], deadline="5s"))
    issuer.steer(path="/contentsafety/*", delay_ms=1000)
    began = time.monotonic()
    answer = say(gateway, token, "hello [[attack]]", stream=True)
    assert (answer.status, answer.error["code"]) == (400, "content_filter"), answer
    assert time.monotonic() - began > 0.9
    assert len(model.journal()) == 1  # it was asked at once
    model.set(interval_ms=100)
    began = time.monotonic()
    answer = say(gateway, token, "hello", stream=True)
    assert answer.status == 200 and b"word9" in answer.raw and b"[DONE]" in answer.raw
    assert 0.9 < time.monotonic() - began < 1.9  # a second for the verdict, another for the stream: side by side


def test_more_than_may_be_open_stand_in_line(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, concurrency=2, checks=["harm"], deadline="5s"))
    issuer.steer(path="/contentsafety/*", delay_ms=300, times=12)
    statuses = []

    def one(n):
        statuses.append(say(gateway, token, f"hello {n}").status)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 12  # in line, two at a time


def test_answers_are_judged_whole_and_window_by_window(start_gateway, issuer, model, token):
    gateway = start_gateway(route(issuer, seat="relay", window=20))
    answer = say(gateway, token, "hello")
    assert answer.status == 200
    assert asked(issuer, ANALYZE)[0]["text"] == answer.json["choices"][0]["message"]["content"]
    answer = say(gateway, token, "hello", stream=True)
    assert answer.status == 200 and b"word9" in answer.raw and b"[DONE]" in answer.raw
    windows = [body["text"] for body in asked(issuer, ANALYZE)[1:]]
    assert len(windows) >= 3 and windows[0].startswith("word0") and "word9" in windows[-1]


@pytest.mark.parametrize("window", [0, 20])
def test_an_answer_that_is_refused(start_gateway, issuer, model, token, window):
    gateway = start_gateway(route(issuer, seat="relay", window=window, service="contract", url=issuer.base + CONTRACT))
    issuer.steer(path=CONTRACT, body='{"verdict":"refuse","category":"leak"}', after=1 if window else 0)
    answer = say(gateway, token, "hello", stream=True)
    assert b"word9" not in answer.raw and b"answer-refused" in answer.raw or b"content_filter" in answer.raw, answer
    assert (b"word0" in answer.raw) == bool(window)
    assert gateway.journal(1)[0]["reason"] == "answer-refused"
