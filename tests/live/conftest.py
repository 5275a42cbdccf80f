"""Fixtures of the live tests: the real programs over real sockets, on free ports of the loopback.

Programs start once a session where they may (mocks, the gateway with the plain configuration) and once a test
where the test is about their configuration or their life (`start_gateway`)."""

import os
import time

import pytest

import mocks
from certificates import Authority
from gateway import REST_S, ROLE, Gateway, base_config, merged
from programs import BUILD, find_program


def need(name):
    """The program, or the test is skipped; with BARTIZAN_LIVE_REQUIRE=1, as in CI, it fails instead."""
    path = find_program(name)
    if not path:
        missing = pytest.fail if os.environ.get("BARTIZAN_LIVE_REQUIRE") == "1" else pytest.skip
        missing(f"{name} is not built in {BUILD} (set BARTIZAN_BUILD)")
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="session")
def authority(folder):
    return Authority(folder / "authority")


@pytest.fixture(scope="session")
def server_certificate(authority):
    return authority.issue("server")


@pytest.fixture(scope="session")
def running_issuer(folder, server_certificate):
    issuer = mocks.start_issuer(need("mock-issuer"), folder, *server_certificate)
    yield issuer
    assert issuer.stop() == 0, issuer.program.output()


@pytest.fixture(scope="session")
def running_model(folder, server_certificate):
    model = mocks.start_model(need("mock-model"), folder, *server_certificate)
    yield model
    assert model.stop() == 0, model.program.output()


@pytest.fixture(scope="session")
def running_gateway(running_issuer, running_model, server_certificate, authority, folder):
    binary = need("bartizan")
    home = folder / "gateway"
    home.mkdir()
    config = base_config(running_issuer, running_model, server_certificate, home)
    gateway = Gateway(binary, config, home, authority, {"AZURE_POD_IDENTITY_AUTHORITY_HOST": running_issuer.base})
    yield gateway
    assert gateway.stop() == 0, gateway.output()


@pytest.fixture
def issuer(running_issuer):
    """As after a fresh start. Keys that the test makes are gone after it: the shared gateway does not know them."""
    running_issuer.reset()
    own = {key["kid"] for key in running_issuer.key_list()}
    yield running_issuer
    for key in running_issuer.key_list():
        if key["kid"] not in own:
            running_issuer.keys(action="remove", kid=key["kid"])


@pytest.fixture
def model(running_model):
    running_model.reset()
    running_model.set(interval_ms=5)
    return running_model


def wait_until_served(gateway, issuer, within_s=10):
    caller, end = gateway.caller(issuer.token(roles=[ROLE])), time.monotonic() + within_s
    while (answer := caller.chat()).status != 200:
        assert time.monotonic() < end, answer
        time.sleep(REST_S / 2)


@pytest.fixture
def gateway(running_gateway, issuer, model):
    if model.was_steered:
        # What a test before this one made the endpoint answer may let it rest, and the identity be asked for anew.
        wait_until_served(running_gateway, issuer)
        issuer.reset()
        model.reset()
        model.set(interval_ms=5)
        model.was_steered = False
    return running_gateway


@pytest.fixture
def start_gateway(issuer, model, server_certificate, authority, tmp_path):
    """start_gateway(changes to the plain configuration and its listener, env): a gateway of the test's own."""
    binary = need("bartizan")
    started = []

    def start(changes=None, env=None, listener=None):
        home = tmp_path / f"gateway-{len(started)}"
        home.mkdir()
        config = merged(base_config(issuer, model, server_certificate, home), changes or {})
        config["listen"][0].update(listener or {})
        gateway = Gateway(binary, config, home, authority, {"AZURE_POD_IDENTITY_AUTHORITY_HOST": issuer.base, **(env or {})})
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        if gateway.program.process.poll() is None:
            assert gateway.stop() == 0, gateway.output()


@pytest.fixture
def token(issuer):
    """A good token, as an application of the tenant would have it."""
    return issuer.token(roles=[ROLE])


@pytest.fixture
def caller(gateway, token):
    return gateway.caller(token)
