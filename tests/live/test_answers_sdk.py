"""Rules on answers as the OpenAI SDK sees them: what is taken out across events, and a refusal in mid-stream."""

import contextlib
import ssl
import time

import pytest

from wire import CHAT_V1, MODEL
from wire import chat as ask

openai = pytest.importorskip("openai", reason="the openai package is not installed (no registry?)")

CANARY = "word3 word4 word5"  # comes in three events
OTHER = "answers with plain"  # in the mock's whole answers
WHOLE = "".join(f"word{n} " for n in range(10))


def rules(**answer):
    return {"routes": {"openai": {"relay": [{"answer": {"canaries": [CANARY, OTHER], **answer}}]}}}


@contextlib.contextmanager
def client_of(gateway, token):
    verify = ssl.create_default_context(cafile=str(gateway.authority.certificate))
    http = openai.DefaultHttpxClient(verify=verify, trust_env=False)
    with openai.OpenAI(api_key=token, base_url=gateway.url + "/v1", http_client=http, max_retries=0) as client:
        yield client


def chat(client, **more):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Say hello."}], **more)


def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices and c.choices[0].delta)


def test_what_spans_events_is_taken_out(start_gateway, token):
    gateway = start_gateway(rules(on_canary="remove"))
    wanted = WHOLE.replace(CANARY, "[removed]")
    with client_of(gateway, token) as client:
        assert chat(client).choices[0].message.content == "The mock model [removed] words."
        chunks = list(chat(client, stream=True))
        assert text_of(chunks) == wanted
        assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
        assert len([c for c in chunks if c.choices and c.choices[0].delta.content]) >= 7
    assert [line["findings"][0]["rule"] for line in gateway.journal(2)] == ["canary:2", "canary:1"]


def test_a_response_tells_the_same_twice(start_gateway, token):
    gateway = start_gateway(rules(on_canary="remove"))
    wanted = WHOLE.replace(CANARY, "[removed]")
    with client_of(gateway, token) as client:
        deltas, done = "", []
        for event in client.responses.create(model=MODEL, input="Say hello.", stream=True, store=False):
            if event.type == "response.output_text.delta":
                deltas += event.delta
            elif event.type == "response.output_text.done":
                done.append(event.text)
            elif event.type == "response.completed":
                done += [event.response.output_text] if event.response.output else []
    assert deltas.strip() == wanted.strip()
    assert all(text.strip() == wanted.strip() for text in done)


def test_a_refusal_in_mid_stream_is_raised(start_gateway, token, model):
    gateway = start_gateway(rules(on_canary="refuse"))
    heard = []
    with client_of(gateway, token) as client:
        with pytest.raises(openai.APIError) as refused:
            for chunk in chat(client, stream=True):
                heard.append(chunk)
        assert refused.value.code == "answer-refused"
        assert text_of(heard) == "word0 word1 word2 "
        with pytest.raises(openai.BadRequestError) as whole:
            chat(client)
        assert whole.value.code == "answer-refused"
    assert [line["reason"] for line in gateway.journal(2)] == ["answer-refused"] * 2


def test_a_refusal_in_mid_stream_cuts_the_model_and_pays_for_what_was_said(start_gateway, token, model):
    changes = rules(on_canary="refuse")
    changes["routes"]["openai"]["reserve"] = [{"tokens": {"quota": "100000/day", "by": "subject", "usual_output": 5000}}]
    gateway = start_gateway(changes)
    model.set(tokens=1000, interval_ms=20)  # twenty seconds, were it not cut
    with client_of(gateway, token) as client:
        with pytest.raises(openai.APIError) as refused:
            list(chat(client, stream=True))
        assert refused.value.code == "answer-refused"
        line = gateway.journal(1)[-1]
        for _ in range(200):  # it notices when it writes
            if model.counts()["left"]:
                break
            time.sleep(0.02)
        assert model.counts()["left"] == 1 and model.counts()["streams"] == 0
        assert 0 < line["tokens_settled"] < 100 < line["tokens_reserved"]
    model.set(tokens=1)
    left = gateway.caller(token).call("POST", CHAT_V1, ask(stream=True)).headers["x-ratelimit-remaining-tokens"]
    assert int(left) == 100000 - line["tokens_settled"] - gateway.journal(2)[-1]["tokens_reserved"]


def test_a_tool_that_may_not_be_called(start_gateway, token, model):
    gateway = start_gateway(rules(tools={"send_mail": {}}))
    with client_of(gateway, token) as client:
        for stream in (False, True):
            model.steer("tool_call")
            with pytest.raises(openai.APIError) as refused:
                answer = chat(client, stream=stream)
                list(answer)
            assert refused.value.code == "answer-refused"


def test_a_tool_that_may(start_gateway, token, model):
    gateway = start_gateway(rules(tools={"get_weather": {}}))
    with client_of(gateway, token) as client:
        model.steer("tool_call")
        calls = [c.choices[0].delta.tool_calls for c in chat(client, stream=True) if c.choices]
        assert "get_weather" in str(calls)
