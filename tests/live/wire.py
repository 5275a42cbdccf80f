"""A plain HTTP/1.1 caller over TLS for what no SDK would do: odd requests, leaving early, looking at the clock."""

import http.client
import json
import ssl
import time

MODEL = "gpt-4o"
CHAT = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
CHAT_V1 = "/v1/chat/completions"


def chat(content="Say hello.", **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": content}], **more}


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def error(self):
        return self.json["error"]

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.raw[:500]!r}>"


class Caller:
    """Calls one listener; `token` may be None for nobody."""

    def __init__(self, port, trust, token=None, host="localhost"):
        self.port, self.host, self.token = port, host, token
        self.tls = ssl.create_default_context(cafile=str(trust)) if trust else None

    def connection(self, timeout=30):
        if self.tls:
            return http.client.HTTPSConnection(self.host, self.port, context=self.tls, timeout=timeout)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def send(self, connection, method, path, body=None, headers=None):
        fields = {} if self.token is None else {"Authorization": "Bearer " + self.token}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            fields["Content-Type"] = "application/json"
        fields.update(headers or {})
        connection.request(method, path, body=body, headers=fields)

    def call(self, method, path, body=None, headers=None, timeout=30):
        connection = self.connection(timeout)
        try:
            self.send(connection, method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def chat(self, content="Say hello.", path=CHAT, headers=None, timeout=30, **more):
        return self.call("POST", path, chat(content, **more), headers, timeout)

    def stream(self, content="Count.", path=CHAT, headers=None, timeout=30, **more):
        """(seconds since the request, data) of each event as it arrives; the connection closes with the generator."""
        connection = self.connection(timeout)
        try:
            begun = time.monotonic()
            self.send(connection, "POST", path, chat(content, stream=True, **more), headers)
            answer = connection.getresponse()
            assert answer.status == 200, Answer(answer.status, answer.headers, answer.read())
            assert answer.headers["content-type"].startswith("text/event-stream")
            while True:
                line = answer.readline()
                if not line:
                    return
                if line.startswith(b"data:"):
                    yield time.monotonic() - begun, line[5:].strip().decode()
        finally:
            connection.close()


def text_of(events):
    """The text of a chat stream, and the usage if an event told it."""
    text, usage = "", None
    for event in events:
        if event == "[DONE]":
            continue
        chunk = json.loads(event)
        assert "error" not in chunk, chunk
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            text += (choice.get("delta") or {}).get("content") or ""
    return text, usage
