"""Limits as the OpenAI SDK sees them: 429 with what it reads, budgets that hold, and streams that end with their budget."""

import contextlib
import ssl
import time

import pytest

from gateway import ROLE
from wire import CHAT_V1, MODEL, chat

openai = pytest.importorskip("openai", reason="the openai package is not installed (no registry?)")

PRICES = {"gpt-4o": {"input": 2.50, "output": 10}}


@contextlib.contextmanager
def client_of(gateway, token, **more):
    verify = ssl.create_default_context(cafile=str(gateway.authority.certificate))
    http = openai.DefaultHttpxClient(verify=verify, trust_env=False)
    more = {"max_retries": 0, **more}
    with openai.OpenAI(api_key=token, base_url=gateway.url + "/v1", http_client=http, **more) as client:
        yield client


def route(**stages):
    return {"routes": {"openai": stages}}


def ask(client, **more):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Say hello."}], **more)


def test_over_a_rate(start_gateway, token, model):
    gateway = start_gateway(route(limit=[{"requests": {"rate": "2/h", "by": "subject"}}]))
    with client_of(gateway, token) as client:
        raw = client.chat.completions.with_raw_response.create(
            model=MODEL, messages=[{"role": "user", "content": "Say hello."}]
        )
        assert raw.headers["x-ratelimit-limit-requests"] == "2"
        assert raw.headers["x-ratelimit-remaining-requests"] == "1"
        ask(client)
        with pytest.raises(openai.RateLimitError) as refused:
            ask(client)
    answer = refused.value.response
    assert refused.value.code == "over-limit"
    assert "2 requests per hour for each subject" in refused.value.message
    assert 1790 <= int(answer.headers["retry-after"]) <= 1800
    assert int(answer.headers["retry-after-ms"]) <= 1800 * 1000
    assert answer.headers["x-ratelimit-remaining-requests"] == "0"
    assert answer.headers["x-should-retry"] == "true"
    assert len(model.journal(CHAT_V1)) == 2


def test_the_sdk_comes_back_when_it_may(start_gateway, token):
    gateway = start_gateway(route(limit=[{"requests": {"rate": "1/s", "by": "subject"}}]))
    with client_of(gateway, token, max_retries=3) as client:
        began = time.monotonic()
        for _ in range(3):
            ask(client)
        took = time.monotonic() - began
    assert 1.8 <= took <= 8
    assert [line["reason"] for line in gateway.journal(5)].count("served") == 3


def test_a_spent_quota_is_not_tried_again(start_gateway, token, model):
    gateway = start_gateway(route(limit=[{"requests": {"quota": "1/month", "time_zone": "Europe/Berlin", "by": "all"}}]))
    with client_of(gateway, token, max_retries=3) as client:
        ask(client)
        began = time.monotonic()
        with pytest.raises(openai.RateLimitError) as refused:
            ask(client)
    assert time.monotonic() - began < 0.5
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert "1 requests per month (Europe/Berlin)" in refused.value.message
    assert len(gateway.journal(2)) == 2


def test_tokens_are_settled_by_what_was_reported(start_gateway, token, model):
    gateway = start_gateway(route(reserve=[{"tokens": {"quota": "100000/day", "by": "subject", "usual_output": 300}}]))
    model.set(tokens=40)
    left = 100000
    with client_of(gateway, token) as client:
        for n, stream in enumerate((False, True, False, True), 1):
            raw = client.chat.completions.with_raw_response.create(
                model=MODEL, messages=[{"role": "user", "content": "Say hello."}], stream=stream
            )
            if stream:
                list(raw.parse())
            line = gateway.journal(n)[-1]
            assert int(raw.headers["x-ratelimit-remaining-tokens"]) == left - line["tokens_reserved"]
            assert line["tokens_settled"] == line["tokens_in"] + line["tokens_out"]
            left -= line["tokens_settled"]


def stream_until_the_end(gateway, token, **more):
    with client_of(gateway, token) as client:
        return list(ask(client, stream=True, **more))


def test_a_budget_that_ends_in_mid_stream_looks_like_a_limit_of_the_model(start_gateway, token, model):
    budget = {"quota": "100/day", "by": "subject", "usual_output": 20, "slice": 20}
    gateway = start_gateway(route(reserve=[{"tokens": budget}]))
    model.set(tokens=1000, interval_ms=5)
    began = time.monotonic()
    chunks = stream_until_the_end(gateway, token, stream_options={"include_usage": True})
    assert time.monotonic() - began < 4  # a thousand events would take five seconds
    ends = [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason]
    assert ends == ["length"]
    assert chunks[-1].usage and 60 <= chunks[-1].usage.total_tokens <= 110
    assert chunks[-1].id == "chatcmpl-mock"
    line = gateway.journal(1)[-1]
    assert line["reason"] == "cut-off" and line["tokens_settled"] <= 110
    with pytest.raises(openai.RateLimitError) as refused:
        stream_until_the_end(gateway, token)
    assert refused.value.code == "over-budget"
    assert refused.value.response.headers["x-should-retry"] == "false"


def test_or_like_an_error(start_gateway, token, model):
    budget = {"quota": "0.001/day", "by": "subject", "usual_output": 20, "slice": 20, "on_budget_end": "error"}
    gateway = start_gateway({"prices": PRICES, **route(reserve=[{"money": budget}])})
    model.set(tokens=1000, interval_ms=5)
    with pytest.raises(openai.APIError) as ended:
        stream_until_the_end(gateway, token)
    assert ended.value.code == "cut-off"
    line = gateway.journal(1)[-1]
    assert 0 < line["money_settled"] <= 0.0011
    metrics = gateway.metrics()
    money = 'bartizan_money_billionths_total{route="openai",gen_ai_request_model="gpt-4o"}'
    assert metrics[money] == round(line["money_settled"] * 1e9)
    assert metrics['bartizan_tokens_settled_total{route="openai"}'] == line["tokens_settled"]
    assert metrics['bartizan_slices_total{result="refused"}'] >= 1
    assert metrics['bartizan_requests_total{route="openai",status="200",reason="cut-off"}'] == 1


def test_a_response_that_is_cut_is_incomplete(start_gateway, token, model):
    budget = {"quota": "100/day", "by": "subject", "usual_output": 20, "slice": 20}
    gateway = start_gateway(route(reserve=[{"tokens": budget}]))
    model.set(tokens=1000, interval_ms=5)
    with client_of(gateway, token) as client:
        events = list(client.responses.create(model=MODEL, input="Say hello.", stream=True))
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details.reason == "max_output_tokens"


def test_who_leaves_pays_and_the_model_is_cut(start_gateway, issuer, model):
    token = issuer.token(roles=[ROLE])
    gateway = start_gateway(route(reserve=[{"tokens": {"quota": "100000/day", "by": "subject"}}]))
    model.set(tokens=1000, interval_ms=5)
    with client_of(gateway, token) as client:
        stream = ask(client, stream=True)
        for i, _ in enumerate(stream):
            if i == 50:
                break
        stream.close()
    line = gateway.journal(1)[-1]
    assert line["reason"] == "caller-left"
    assert line["tokens_settled"] >= 100  # three of OpenAI's tokens for each word of the mock
    assert line["tokens_settled"] <= 600


def test_several_gateways_worth_of_callers_never_reserve_more_than_there_is(start_gateway, token, model):
    """Two workers, forty callers at a time: what passes is what the quota holds."""
    gateway = start_gateway({"workers": 2, **route(reserve=[{"tokens": {"quota": "2000/day", "by": "all", "usual_output": 120}}])})
    model.set(tokens=100, interval_ms=0)
    from concurrent.futures import ThreadPoolExecutor

    def one(_):
        return gateway.caller(token).call("POST", CHAT_V1, chat()).status

    with ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(one, range(120)))
    lines = [line for line in gateway.journal(120) if line["status"] == 200]
    assert set(statuses) == {200, 429}
    spent = sum(line["tokens_settled"] for line in lines)
    assert 1700 <= spent <= 2000  # the estimates are above what is used, so not one token is too many
