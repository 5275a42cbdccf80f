"""Clients of the mocks' admin paths, by the standard library alone."""

import json
import re
import urllib.error
import urllib.request
from fnmatch import fnmatch

from programs import Program

TENANT = "11111111-2222-3333-4444-555555555555"
SECRET_APP = "22222222-0000-4000-8000-000000000001"
SECRET = "mock+client/secret=1"
FEDERATED_APP = "22222222-0000-4000-8000-000000000002"
SYSTEM_IDENTITY = "33333333-0000-4000-8000-000000000001"
USER_IDENTITY = "33333333-0000-4000-8000-000000000002"

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(method, url, body=None, headers=None, timeout=30):
    """(status, headers, body as JSON or text), whatever the status; never through a proxy."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    if data is not None and not request.has_header("Content-type"):
        request.add_header("Content-Type", "application/json")
    try:
        with _direct.open(request, timeout=timeout) as answer:
            status, fields, raw = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            status, fields, raw = answer.code, answer.headers, answer.read()
    try:
        return status, fields, json.loads(raw)
    except ValueError:
        return status, fields, raw.decode(errors="replace")


class Mock:
    """A running mock with an admin path."""

    def __init__(self, program, base, tls_base):
        self.program, self.base, self.tls_base = program, base, tls_base

    def admin(self, method, path, body=None):
        status, _, answer = call(method, self.base + "/admin/" + path, body)
        if status != 200:
            raise AssertionError(f"/admin/{path}: {status} {answer}")
        return answer

    def stop(self):
        return self.program.stop()


class Issuer(Mock):
    """bench/mock-issuer: Entra ID, a plain OIDC issuer, IMDS and the App Service endpoint."""

    def steer(self, **rule):
        """Bends the answers to come; see bench/mock-issuer/admin.c for the members of a rule."""
        return self.admin("POST", "steer", rule)

    def reset(self, **what):
        return self.admin("POST", "reset", what)

    def journal(self, path="*"):
        return self.admin("GET", f"journal?path={path}")["requests"]

    @property
    def authority(self):
        return f"{self.base}/{TENANT}/v2.0"

    @property
    def identity_endpoint(self):
        return self.base + "/msi/token"

    @property
    def identity_header(self):
        return self.admin("GET", "ready")["settings"]["identity_header"]

    def token(self, **spec):
        """A token; see `members` in bench/mock-issuer/factory.c for what can be asked for."""
        return self.admin("POST", "token", spec)["token"]

    def keys(self, **order):
        return self.admin("POST", "keys", order)

    def key_list(self):
        return self.admin("GET", "keys")["keys"]

    def set(self, **settings):
        return self.admin("POST", "settings", settings)


class Model(Mock):
    """bench/mock-model: Azure OpenAI, OpenAI and an Azure ML endpoint."""

    was_steered = False

    def steer(self, mode, **rule):
        """How the next requests are answered: a mode of bench/mock-model/modes.def, `times`, and settings."""
        self.was_steered = True
        return self.admin("POST", "steer", {"mode": mode, **rule})

    def set(self, **settings):
        return self.admin("POST", "settings", settings)

    def reset(self):
        return self.admin("POST", "reset", {})

    def counts(self):
        return self.admin("GET", "counts")

    def journal(self, path="*"):
        """What was received: path without query, headers by lower-case name, and the raw fields as they came."""
        told = []
        for entry in self.admin("GET", "journal"):
            entry["path"] = entry["target"].split("?")[0]
            entry["fields"] = entry["headers"]
            entry["headers"] = {name.lower(): value for name, value in entry["fields"]}
            if fnmatch(entry["path"], path):
                told.append(entry)
        return told


def start_model(path, folder, certificate, key):
    program = Program(
        [path, "--tls-cert", certificate, "--tls-key", key, "--interval-ms", 5],
        folder / "mock-model.log",
    )
    ready = program.wait_until(lambda: re.search(r"^ready (\S+) (\S+)$", program.output(), re.M), "mock-model")
    return Model(program, ready.group(1), ready.group(2))


def start_issuer(path, folder, certificate, key):
    program = Program(
        [path, "--tls-port", 0, "--tls-cert", certificate, "--tls-key", key],
        folder / "mock-issuer.log",
    )
    ready = program.wait_until(lambda: re.search(r"^ready (\S+) (\S+)$", program.output(), re.M), "mock-issuer")
    return Issuer(program, ready.group(1), ready.group(2))
