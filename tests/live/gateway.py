"""The gateway as an operator runs it: a configuration file, `bartizan run`, an admin listener, a journal."""

import copy
import json
import signal
import time

from mocks import TENANT, call
from programs import Program, free_port
from wire import Caller

AUDIENCE = "api://models"
ROLE = "Models.Use"
REST_S = 0.1  # of an endpoint that failed or was busy, in the plain configuration


def base_config(issuer, model, certificate, folder):
    """One issuer, one pool, one route for everything of OpenAI's and Azure's API. JSON is YAML."""
    cert, key = certificate
    port, admin = free_port(), free_port()
    plan = {
        "authenticate": [{"jwt": {"issuer": "entra"}}],
        "authorise": [{"roles": {"any": [ROLE]}}],
        "select": "models",
    }
    return {
        "listen": [{"address": f"127.0.0.1:{port}", "certificate": str(cert), "key": str(key)}],
        "admin": f"127.0.0.1:{admin}",
        "store": "memory",
        "journal": str(folder / "journal.jsonl"),
        "workers": 1,
        "issuers": {
            "entra": {
                "entra": {"tenant": TENANT, "authority": issuer.base, "v1_authority": issuer.base},
                "audience": AUDIENCE,
            }
        },
        "pools": {
            "models": {
                "identity": {"managed": "imds", "scope": "https://cognitiveservices.azure.com/.default"},
                "endpoints": [{"url": model.base}],
                "eject": "100ms",
                "retry_after_max": "100ms",
            }
        },
        "routes": {
            "azure": {"match": {"path": "/openai/*"}, "rewrite_model": True, **plan},
            "openai": {"match": {"path": "/v1/*"}, **plan},
        },
    }


def merged(config, changes):
    """`changes` over `config`, maps into maps; None takes a member out."""
    result = copy.deepcopy(config)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = copy.deepcopy(value)
    return result


class Gateway:
    def __init__(self, binary, config, folder, authority, env=None):
        self.binary, self.config, self.folder, self.authority = binary, config, folder, authority
        self.file = folder / "bartizan.yaml"
        self.write(config)
        self.program = Program([binary, "run", self.file], folder / "bartizan.log", env)
        self.program.wait_until(self.has_started, "bartizan")

    def write(self, config):
        """Replaced whole, as an editor or a ConfigMap does it."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(config, indent=2))
        fresh.replace(self.file)
        self.config = config

    @property
    def port(self):
        return int(self.config["listen"][0]["address"].rsplit(":", 1)[1])

    @property
    def admin(self):
        return "http://" + self.config["admin"]

    @property
    def url(self):
        return f"https://localhost:{self.port}"

    def is_ready(self):
        try:
            return call("GET", self.admin + "/readyz", timeout=2)[0] == 200
        except OSError:
            return False

    def has_started(self):
        """Serving. /readyz says no for as long as a pool's own token cannot be had; some tests are about just that."""
        return self.is_ready() or "info: ready: " in self.program.output()

    def caller(self, token=None):
        return Caller(self.port, self.authority.certificate, token)

    def metrics(self):
        """{series with its labels: value}"""
        _, _, text = call("GET", self.admin + "/metrics")
        rows = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def journal(self, count=None, within_s=5):
        """The audit lines; waits until there are `count`."""
        end = time.monotonic() + within_s
        path = self.folder / "journal.jsonl"
        while True:
            text = path.read_text() if path.exists() else ""
            lines = [json.loads(line) for line in text.splitlines()]
            if count is None or len(lines) >= count:
                return lines
            if time.monotonic() > end:
                raise AssertionError(f"{len(lines)} audit lines, wanted {count}")
            time.sleep(0.02)

    def reload(self):
        self.program.signal(signal.SIGHUP)

    def output(self):
        return self.program.output()

    def stop(self):
        """The exit code, with what a sanitiser may have said as a failure."""
        code = self.program.stop()
        output = self.output()
        assert "ERROR: AddressSanitizer" not in output and "runtime error:" not in output, output
        return code
