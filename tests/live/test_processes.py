"""The gateway's processes under load: a worker that falls, reloads of every kind, files that change, drains, callers who leave."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from conftest import need
from gateway import merged
from mocks import USER_IDENTITY
from wire import CHAT, chat

# A worker of a sanitised build on a shared machine needs its time; what is promised is a second.
REPLACED_WITHIN_S = 1.0
CUT_WITHIN_S = 0.1


def wait_for(condition, within_s=5, what="it"):
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < within_s, f"{what} did not happen within {within_s} s"
        time.sleep(0.005)
    return time.monotonic() - begun


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return {int(word) for word in f.read().split()}


def workers_serving(gateway):
    return gateway.metrics().get("bartizan_workers", 0)


class Streams:
    """Callers, each of whom reads streams one after the other, until told; every end that is not [DONE] is a failure."""

    def __init__(self, gateway, token, count):
        self.gateway, self.token = gateway, token
        self.stop, self.failures, self.whole = threading.Event(), [], 0
        self.threads = [threading.Thread(target=self.read) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def read(self):
        while not self.stop.is_set():
            data = None
            try:
                for _, data in self.gateway.caller(self.token).stream():
                    pass
                if data != "[DONE]":
                    self.failures.append(data)
                self.whole += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller was failed
                self.failures.append(error)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


class Load:
    """bench/load, closed loop, on kept connections."""

    def __init__(self, gateway, token, folder, connections=16, seconds=6, *more):
        bearer = folder / "bearer"
        bearer.write_text(token)
        self.process = subprocess.Popen(
            [need("load"), "--url", gateway.url + CHAT, "--connections", str(connections), "--seconds", str(seconds),
             "--warmup", "0", "--bearer", bearer, "--ca", str(gateway.authority.certificate), *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def end(self):
        out, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors + out
        told = json.loads(out)
        told["served"] = told["statuses"].get("200", 0)
        print(f"{told['served']} of {told['requests']} requests served, {told['failed']} failed, {told['statuses']}")
        return told


# ---- a worker falls ----


def test_a_worker_that_is_killed_is_replaced_within_a_second_and_the_others_never_notice(start_gateway, token, model):
    gateway = start_gateway({"workers": 2})
    model.set(interval_ms=100, tokens=30)
    supervisor = gateway.program.process.pid
    streams = []
    for _ in range(12):
        stream = gateway.caller(token).stream()
        next(stream)
        streams.append(stream)
    before = children(supervisor)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    took_s = wait_for(lambda: len(children(supervisor) - before) == 1 and workers_serving(gateway) == 2, 5, "a new worker")
    ends = []
    for stream in streams:
        try:
            ends.append([data for _, data in stream][-1])
        except (OSError, IndexError, ValueError):
            ends.append(None)
    whole, cut = ends.count("[DONE]"), [e for e in ends if e != "[DONE]"]
    print(f"replaced within {took_s * 1000:.0f} ms; {whole} streams of the other worker whole, {len(cut)} cut with the fallen one")
    assert took_s < REPLACED_WITHIN_S
    assert whole and cut, ends  # SO_REUSEPORT spreads a dozen over both
    assert gateway.metrics()["bartizan_worker_restarts_total"] == 1
    for _ in range(10):
        assert gateway.caller(token).chat().status == 200


def test_workers_that_fall_under_load_come_back_again_and_again(start_gateway, token, tmp_path):
    gateway = start_gateway({"workers": 2})
    supervisor = gateway.program.process.pid
    load = Load(gateway, token, tmp_path, 8, 5)
    for _ in range(3):
        time.sleep(0.8)
        before = children(supervisor)
        os.kill(min(before), signal.SIGKILL)
        wait_for(lambda: children(supervisor) - before and workers_serving(gateway) == 2, 3, "a new worker")
    told = load.end()
    assert told["served"] > 100, told
    assert all(gateway.caller(token).chat().status == 200 for _ in range(5))
    assert gateway.metrics()["bartizan_worker_restarts_total"] == 3


# ---- reloads ----


def test_twenty_reloads_under_load_fail_nothing_and_cut_nothing(start_gateway, token, model, tmp_path):
    gateway = start_gateway({"workers": 2})
    model.set(interval_ms=50, tokens=20)
    streams = Streams(gateway, token, 4)
    load = Load(gateway, token, tmp_path, 8, 8)
    for n in range(20):
        time.sleep(0.3)
        gateway.reload()
    told = load.end()
    streams.end()
    reloads = gateway.metrics()['bartizan_reloads_total{result="ok"}']
    print(f"{reloads:.0f} configurations, {streams.whole} streams")
    assert told["failed"] == 0 and told["served"] == told["requests"] > 200, told
    assert not streams.failures and streams.whole > 4, streams.failures[:3]
    assert reloads >= 10
    wait_for(lambda: gateway.metrics()["bartizan_workers_draining"] == 0, 15, "the end of the earlier generations")


def test_a_reload_waits_for_streams_longer_than_a_stop_would(start_gateway, token, model):
    gateway = start_gateway({"drain": "1s"})
    model.set(interval_ms=200, tokens=30)
    stream = gateway.caller(token).stream()
    next(stream)
    gateway.reload()
    events = [data for _, data in stream]
    assert events[-1] == "[DONE]" and len(events) > 25
    wait_for(lambda: gateway.metrics()["bartizan_workers_draining"] == 0, 10, "the end of the earlier generation")


def test_a_reload_keeps_what_was_fetched(start_gateway, token, issuer):
    """An issuer or an identity endpoint that is down while a file changes takes nobody's keys and tokens away."""
    gateway = start_gateway()
    assert gateway.caller(token).chat().status == 200
    issuer.steer(path="*", status=500)
    gateway.reload()
    wait_for(lambda: gateway.metrics()["bartizan_generation"] == 2, 10, "the reload")
    assert [gateway.caller(token).chat().status for _ in range(3)] == [200] * 3


def test_a_stop_does_not_wait_for_a_reload(start_gateway, token, model):
    gateway = start_gateway({"drain": "1s"})
    model.set(interval_ms=200, tokens=200)
    stream = gateway.caller(token).stream()
    next(stream)
    gateway.reload()
    wait_for(lambda: gateway.metrics()["bartizan_generation"] == 2, 5, "the reload")
    begun = time.monotonic()
    gateway.program.signal(signal.SIGTERM)
    assert [data for _, data in stream][-1] != "[DONE]"
    assert gateway.program.process.wait(6) == 0 and time.monotonic() - begun < 5


def test_a_bad_file_is_reported_and_changes_nothing(start_gateway, token):
    gateway = start_gateway()
    good = gateway.config
    bad = merged(good, {"routes": {"azure": {"limit": [{"requests": {"rat": "1/min"}}]}}})
    gateway.write(bad)
    gateway.reload()
    wait_for(lambda: gateway.metrics().get('bartizan_reloads_total{result="failed"}') == 1, 5, "the refusal")
    assert 'did you mean "rate"' in gateway.output() and f"{gateway.file}:" in gateway.output()
    assert gateway.metrics()["bartizan_generation"] == 1
    assert gateway.caller(token).chat().status == 200
    gateway.write(good)
    gateway.reload()
    wait_for(lambda: gateway.metrics()["bartizan_generation"] == 2, 5, "the good file")
    assert gateway.caller(token).chat().status == 200


def test_an_insecure_word_shows_in_the_figures(start_gateway, token):
    gateway = start_gateway()
    assert gateway.metrics()["bartizan_insecure_settings"] == 0
    anybody = {"routes": {"azure": {"authenticate": None, "authorise": None, "insecure_anonymous": True}}}
    gateway.write(merged(gateway.config, anybody))
    wait_for(lambda: gateway.metrics()["bartizan_insecure_settings"] == 1, 5, "the figure")
    assert gateway.caller().chat().status == 200


def test_a_symbolic_link_is_swapped_as_kubernetes_does(start_gateway, token, tmp_path):
    """..data -> ..2026_1, and the file is a link to ..data/bartizan.yaml: one rename changes it."""
    gateway = start_gateway()
    good = gateway.config
    home = gateway.folder
    stricter = merged(good, {"routes": {"azure": {"authorise": [{"roles": {"any": ["Another.Role"]}}]}}})
    for name, config in (("..1", good), ("..2", stricter), ("..3", good)):
        (home / name).mkdir()
        (home / name / "bartizan.yaml").write_text(json.dumps(config))

    def swap(name):
        (home / "..tmp").symlink_to(name)
        (home / "..tmp").rename(home / "..data")

    swap("..1")
    gateway.file.unlink()
    gateway.file.symlink_to("..data/bartizan.yaml")
    swap("..2")
    took_s = wait_for(lambda: gateway.caller(token).chat().status == 403, 10, "the stricter configuration")
    swap("..3")
    shutil.rmtree(home / "..1")
    wait_for(lambda: gateway.caller(token).chat().status == 200, 10, "the configuration after it")
    print(f"in use after {took_s:.1f} s")


def served_serial(gateway):
    context = ssl.create_default_context(cafile=str(gateway.authority.certificate))
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as s, context.wrap_socket(s, server_hostname="localhost") as t:
        return t.getpeercert()["serialNumber"]


def test_a_new_certificate_is_picked_up(start_gateway, token, authority, tmp_path):
    certificate, key = (tmp_path / name for name in ("tls.crt", "tls.key"))
    first, second = authority.issue("renewed-1"), authority.issue("renewed-2", kind="rsa")
    shutil.copy(first[0], certificate), shutil.copy(first[1], key)
    gateway = start_gateway()
    with_mine = merged(gateway.config, {})
    with_mine["listen"][0].update(certificate=str(certificate), key=str(key))
    gateway.write(with_mine)
    old = served_serial(gateway)
    wait_for(lambda: served_serial(gateway) != old, 10, "the certificate of the test")
    before = served_serial(gateway)
    shutil.copy(second[0], certificate)  # for a moment they do not fit one another: that is no reason to stop
    time.sleep(1.5)
    assert served_serial(gateway) == before
    shutil.copy(second[1], key)
    wait_for(lambda: served_serial(gateway) != before, 10, "the new certificate")
    assert gateway.caller(token).chat().status == 200


# ---- the end ----


def test_sigterm_drains(start_gateway, token, model, issuer):
    gateway = start_gateway({"drain": "20s", "workers": 2})
    model.set(interval_ms=100, tokens=25)
    stream = gateway.caller(token).stream()
    next(stream)
    idle = gateway.caller(token).connection()
    gateway.caller(token).send(idle, "POST", CHAT, chat())
    assert idle.getresponse().read()
    gateway.program.signal(signal.SIGTERM)

    def is_refused():
        try:
            socket.create_connection(("127.0.0.1", gateway.port), 1).close()
            return False
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:  # it was let in as the listener closed
            return False

    wait_for(is_refused, 2, "the refusal of new connections")
    assert not gateway.is_ready()
    assert [data for _, data in stream][-1] == "[DONE]"  # what runs is finished, and nothing waits for the idle connection
    assert gateway.program.process.wait(5) == 0


def test_a_drain_ends_at_its_deadline(start_gateway, token, model):
    gateway = start_gateway({"drain": "1s"})
    model.set(interval_ms=200, tokens=200)
    stream = gateway.caller(token).stream()
    next(stream)
    begun = time.monotonic()
    gateway.program.signal(signal.SIGTERM)
    events = [data for _, data in stream]
    assert gateway.program.process.wait(6) == 0 and time.monotonic() - begun < 5
    assert events[-1] != "[DONE]"
    line = gateway.journal(1)[-1]
    assert line["reason"] == "drained", line


def test_the_journal_is_reopened_and_loses_no_line(start_gateway, token, tmp_path):
    gateway = start_gateway({"workers": 2})
    path = gateway.folder / "journal.jsonl"
    load = Load(gateway, token, tmp_path, 4, 4)
    for n in range(3):
        time.sleep(0.8)
        path.rename(gateway.folder / f"journal.{n}")
        gateway.program.signal(signal.SIGUSR1)
        wait_for(path.exists, 2, "the new journal")
    told = load.end()
    files = [path, *gateway.folder.glob("journal.[0-9]")]

    def lines():
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    wait_for(lambda: len(lines()) >= told["served"], 5, "all lines")
    ids = [line["id"] for line in lines()]
    assert len(set(ids)) == len(ids) and all(f.stat().st_size for f in files)


# ---- callers who leave ----


def begin(gateway, token, **more):
    caller = gateway.caller(token)
    connection = caller.connection()
    caller.send(connection, "POST", CHAT, chat(**more))
    return connection


def say_goodbye(s):
    """TLS's close_notify, without waiting for the other side's."""
    s.settimeout(0)
    try:
        s.unwrap()
    except OSError:
        pass


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    socket.socket(fileno=s.detach()).close()


LEAVING = {"with TLS's goodbye": say_goodbye, "with FIN alone": lambda s: s.shutdown(socket.SHUT_RDWR), "with a reset": reset}


def leave(gateway, token, model, stage, how):
    """Seconds until the model saw that its answer is not wanted."""
    model.reset()
    if stage == "while the model thinks":
        model.steer("silent")
        connection = begin(gateway, token)
        wait_for(lambda: model.journal("*/chat/completions"), 5, "the request at the model")
    elif stage == "in mid-stream":
        model.set(interval_ms=1000, tokens=100)
        connection = begin(gateway, token, stream=True)
        connection.getresponse().readline()
    else:
        model.steer("dribble", interval_ms=1000)
        connection = begin(gateway, token, stream=True)
        wait_for(lambda: model.journal("*/chat/completions"), 5, "the request at the model")
    time.sleep(0.1)
    lines, left = len(gateway.journal()), model.counts()["left"]
    LEAVING[how](connection.sock)
    took_s = wait_for(lambda: model.counts()["left"] == left + 1, 2, "the end of the upstream request")
    assert gateway.journal(lines + 1)[-1]["reason"] == "caller-left"
    return took_s


@pytest.mark.parametrize("how", LEAVING)
@pytest.mark.parametrize("stage", ["while the model thinks", "in mid-stream", "in mid-answer"])
def test_a_caller_who_leaves_cuts_the_upstream_at_once(gateway, token, model, stage, how):
    took_s = leave(gateway, token, model, stage, how)
    if took_s >= CUT_WITHIN_S:  # a shared machine may stand still for a moment, but not each time
        took_s = min(leave(gateway, token, model, stage, how) for _ in range(3))
    print(f"cut after {took_s * 1000:.0f} ms")
    assert took_s < CUT_WITHIN_S


def test_a_caller_who_leaves_while_the_identity_is_fetched_asks_no_model(start_gateway, issuer, token, model):
    # The pool's identity is fetched before the gateway is ready; another one's of a reload while it serves.
    gateway = start_gateway()
    issuer.steer(path="/metadata/*", delay_ms=1500)
    gateway.write(merged(gateway.config, {"pools": {"models": {"identity": {"client_id": USER_IDENTITY}}}}))
    gateway.reload()
    wait_for(lambda: gateway.metrics()["bartizan_generation"] == 2, 10, "the reload")
    connection = begin(gateway, token)
    time.sleep(0.3)
    connection.sock.shutdown(socket.SHUT_RDWR)
    assert gateway.journal(1, within_s=1)[-1]["reason"] == "caller-left"
    time.sleep(1.5)
    assert model.journal("*/chat/completions") == []
    assert gateway.caller(token).chat().status == 200


def test_a_caller_who_leaves_in_the_middle_of_the_body_asks_no_model(gateway, token, model):
    lines = len(gateway.journal())
    connection = gateway.caller(token).connection()
    connection.connect()
    connection.sock.sendall(
        f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        "Content-Length: 100000\r\n\r\n{".encode()
    )
    time.sleep(0.2)
    connection.sock.close()
    assert gateway.journal(lines + 1, within_s=1)[-1]["reason"] == "caller-left"
    assert model.journal("*/chat/completions") == []
