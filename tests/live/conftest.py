"""Fixtures of the live tests: the real programs over real sockets, on free ports of the loopback."""

import pytest

import mocks
from certificates import Authority
from programs import BUILD, find_program


def need(name):
    path = find_program(name)
    if not path:
        pytest.skip(f"{name} is not built in {BUILD} (set BARTIZAN_BUILD)")
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


@pytest.fixture
def issuer(running_issuer):
    """As after a fresh start, but for keys that other tests have rotated in."""
    running_issuer.reset()
    return running_issuer
