"""Streams stay streams: events leave as they come, callers who leave are noticed, broken answers are said to be."""

import json
import socket
import time

import pytest

from wire import CHAT, text_of


def wait_for(condition, within_s=5, what="it"):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {within_s} s"
        time.sleep(0.02)


def test_an_event_leaves_as_it_comes(caller, model):
    model.set(interval_ms=200)
    events = list(caller.stream())
    times = [t for t, _ in events]
    assert len(events) > 3 and events[-1][1] == "[DONE]"
    # Had they been gathered, they would have come together at the end.
    assert times[0] < times[-1] / 2
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert sum(1 for gap in gaps if gap > 0.1) >= len(gaps) - 2, gaps


WORDS = "".join(f"word{n} " for n in range(10))


def test_the_text_is_whole_and_the_usage_is_taken_out(caller):
    assert text_of(data for _, data in caller.stream()) == (WORDS, None)


def test_usage_is_metered_though_nobody_asked(gateway, caller):
    before = len(gateway.journal())
    assert text_of(data for _, data in caller.stream())[1] is None
    line = gateway.journal(before + 1)[-1]
    assert line["tokens_in"] > 0 and line["tokens_out"] > 0 and line["stream"] is True


def test_a_caller_who_leaves_is_cut_at_once(gateway, caller, model):
    model.set(interval_ms=100, tokens=200)
    before = len(gateway.journal())
    stream = caller.stream()
    next(stream)
    stream.close()
    line = gateway.journal(before + 1, within_s=3)[-1]
    assert line["reason"] == "caller-left", line
    wait_for(lambda: model.counts()["streams"] == 0, 3, "the end of the upstream request")


def test_a_caller_who_leaves_while_the_model_thinks(gateway, token, model):
    model.steer("silent")
    before = len(gateway.journal())
    caller = gateway.caller(token)
    connection = caller.connection()
    caller.send(connection, "POST", CHAT, {"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]})
    wait_for(lambda: model.journal(), what="the request at the model")
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    line = gateway.journal(before + 1, within_s=3)[-1]
    assert line["reason"] == "caller-left", line
    wait_for(lambda: model.counts()["left"] >= 1, 3, "the end of the upstream request")


def test_a_stream_that_breaks_off_is_not_taken_for_whole(caller, model):
    model.steer("stream_cut")
    events = [data for _, data in caller.stream()]
    assert events[-1] != "[DONE]"
    assert "error" in json.loads(events[-1]), events


def test_silence_between_events_is_bounded(start_gateway, token, model):
    gateway = start_gateway({"pools": {"models": {"between_events": "500ms"}}})
    model.steer("stream_stall")
    begun = time.monotonic()
    events = [data for _, data in gateway.caller(token).stream()]
    assert time.monotonic() - begun < 10
    assert events and "error" in json.loads(events[-1]), events


def test_what_is_kept_back_when_the_model_pauses_leaves_after_its_time(start_gateway, token, model):
    """The model says the beginning of a canary and then nothing more, with its connection open."""
    rule = {"hold_back": "400ms", "relay": [{"answer": {"canaries": ["word0 word1 word2 word3 word4"]}}]}
    model.steer("stream_stall")
    stream = start_gateway({"routes": {"azure": rule}}).caller(token).stream(timeout=5)
    came = [next(stream), next(stream)]
    came += [next(stream)] if not text_of([came[-1][1]])[0] else []
    stream.close()
    assert text_of([came[-1][1]])[0].startswith("word0 ") and came[-1][0] >= 0.4, came


def test_heart_beats_fill_the_silence(start_gateway, token, model):
    gateway = start_gateway({"routes": {"azure": {"heartbeat": "200ms"}}})
    model.set(interval_ms=1000)
    caller = gateway.caller(token)
    connection = caller.connection()
    caller.send(connection, "POST", CHAT, {"stream": True, "messages": [{"role": "user", "content": "x"}]})
    answer = connection.getresponse()
    lines = [answer.readline() for _ in range(12)]
    connection.close()
    assert any(line.startswith(b":") for line in lines), lines


@pytest.mark.parametrize("mode", ["stream_crlf", "stream_filter", "close", "dribble"])
def test_odd_framing_arrives_whole(caller, model, mode):
    model.steer(mode)
    model.set(interval_ms=1)
    assert text_of(data for _, data in caller.stream())[0] == WORDS


@pytest.mark.parametrize(
    "mode",
    ["cut", "reset", "bad_status", "bad_chunk", "two_lengths", "huge_head", "informed", "not_json", "duplicate_keys", "gzip"],
)
def test_a_broken_answer_is_refused_not_repaired(caller, model, mode):
    model.steer(mode)
    answer = caller.chat()
    assert answer.status == 502 and answer.error["code"] in ("upstream-broken", "upstream-unreachable"), answer


def test_a_slow_caller_gets_everything(caller, model):
    """Back-pressure: the caller reads slowly, nothing is lost and nothing is kept without bound."""
    model.set(tokens=3000, interval_ms=0)
    count = 0
    for _, data in caller.stream(timeout=60):
        count += 1
        if count % 100 == 0:
            time.sleep(0.01)
    assert count >= 3000 and data == "[DONE]"


def test_first_byte_deadline(start_gateway, token, model):
    gateway = start_gateway({"pools": {"models": {"first_byte": "300ms", "retries": 0}}})
    model.steer("slow", delay_ms=5000)
    answer = gateway.caller(token).chat()
    assert (answer.status, answer.error["code"]) == (504, "upstream-silent"), answer
