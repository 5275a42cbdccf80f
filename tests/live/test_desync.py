"""A model server that frames its answers in every wrong way: pipelined callers get each his own answer or an error, and nothing of the
next one's."""

import http.client
import json
import re
import socket
import threading

import pytest

from wire import CHAT_V1, chat


def body_of(tag):
    message = {"role": "assistant", "content": f"for tag{tag}"}
    return json.dumps({"id": "x", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}).encode()


def answer(tag, *fields, status="200 OK", version="HTTP/1.1"):
    body = body_of(tag)
    lines = [f"{version} {status}", "Content-Type: application/json", *fields, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(tag, *chunks):
    return answer(tag).partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


POISON = answer(666)
ODD = {  # how the second of five requests is answered, and what its caller sees
    "interim answers": (200, lambda t: b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 8 + answer(t)),
    "interim answers without end": (502, lambda t: b"HTTP/1.1 100 Continue\r\n\r\n" * 10000 + answer(t)),
    "an interim answer with a body": (502, lambda t: b"HTTP/1.1 103 X\r\nContent-Length: 5\r\n\r\nhello" + answer(t)),
    "another protocol": (502, lambda t: b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + answer(t)),
    "a body behind 204": (204, lambda t: b"HTTP/1.1 204 No Content\r\n\r\n" + POISON),
    "a body announced with 204": (502, lambda t: b"HTTP/1.1 204 X\r\nContent-Length: %d\r\n\r\n" % len(POISON) + POISON),
    "a body behind 304": (304, lambda t: b"HTTP/1.1 304 X\r\nContent-Length: %d\r\n\r\n" % len(POISON) + POISON),
    "a second answer": (200, lambda t: answer(t) + POISON),
    "half of a second answer": (200, lambda t: answer(t) + POISON[:40]),
    "two lengths": (502, lambda t: answer(t, "Content-Length: 1")),
    "a length and chunks": (502, lambda t: answer(t, "Transfer-Encoding: chunked")),
    "another coding": (502, lambda t: answer(t, "Transfer-Encoding: gzip, chunked")),
    "a chunk size with 0x": (502, lambda t: chunked(t, b"0x5\r\nhello\r\n0\r\n\r\n")),
    "a chunk without end": (502, lambda t: chunked(t, b"ffffffffffffffff\r\nhello")),
    "extensions without end": (502, lambda t: chunked(t, *(b"1;a=%s\r\n%c\r\n" % (b"x" * 200, c) for c in body_of(t)), b"0\r\n\r\n")),
    "framing in trailers": (502, lambda t: chunked(t, b"%x\r\n%s\r\n0\r\nContent-Length: 5\r\n\r\n" % (len(body_of(t)), body_of(t)))),
    "a folded line": (502, lambda t: answer(t, "X-A: b\r\n c")),
    "a space before the colon": (502, lambda t: answer(t, "X-A : b")),
    "bare line feeds": (502, lambda t: answer(t).replace(b"\r\n", b"\n")),
    "a later version": (502, lambda t: answer(t, version="HTTP/2.0")),
    "an earlier version": (200, lambda t: answer(t, version="HTTP/1.0")),
}


class OddModel:
    """Answers each request by its tag; the second of a row as it was told."""

    def __init__(self):
        self.odd = answer
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                while line := stream.readline():
                    head = line + b"".join(iter(stream.readline, b"\r\n"))
                    length = re.search(rb"content-length: (\d+)", head)
                    tag = int(re.search(rb"tag(\d+)", stream.read(int(length[1])))[1])
                    connection.sendall((self.odd if tag % 10 == 1 else answer)(tag))
            except OSError:
                pass

    def stop(self):
        self.socket.close()


@pytest.fixture
def odd_model():
    model = OddModel()
    yield model
    model.stop()


class Unclosed:
    """http.client closes the file of an answer; the next answer is in the same one."""

    def __init__(self, stream):
        self.stream = stream

    def makefile(self, *_):
        return self

    def close(self):
        pass

    def __getattr__(self, name):
        return getattr(self.stream, name)


def ask_five(gateway, token, first):
    """[(status, tag of the answer or None)] of five requests that are sent at once."""
    requests = b""
    for n in range(5):
        body = json.dumps(chat(f"tag{first + n}")).encode()
        requests += (
            f"POST {CHAT_V1} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{'Connection: close' if n == 4 else 'X-N: 1'}\r\n\r\n"
        ).encode() + body
    got = []
    connection = gateway.caller(token).connection()
    connection.connect()
    with connection.sock as s, s.makefile("rb") as stream:
        s.sendall(requests)
        for _ in range(5):
            one = http.client.HTTPResponse(Unclosed(stream))
            one.begin()
            tag = re.search(rb"for tag(\d+)", one.read())
            got.append((one.status, tag and int(tag[1])))
        assert stream.read() == b""
    return got


def test_each_caller_gets_his_own_answer_or_an_error(start_gateway, token, odd_model):
    pool = {"endpoints": [{"url": odd_model.base}], "identity": None, "retries": 0, "eject_failures": 1000, "between_events": "2s"}
    gateway = start_gateway({"pools": {"models": pool}})
    for row, (name, (status, odd)) in enumerate(ODD.items()):
        odd_model.odd = odd
        first = 10 * row
        wanted = [(200, first + n) for n in range(5)]
        wanted[1] = (status, first + 1 if status == 200 else None)
        assert ask_five(gateway, token, first) == wanted, name
