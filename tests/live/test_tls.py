"""TLS as Mozilla's Intermediate profile asks for it, without finite-field Diffie-Hellman, seen by openssl s_client."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

from conftest import need
from gateway import ROLE, Gateway, base_config
from programs import free_port
from wire import CHAT, Caller, chat

REQUEST = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

CIPHERS_TLS12 = {
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
}
CIPHERS_TLS13 = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}


class Seen:
    """What s_client tells about one connection."""

    def __init__(self, code, out):
        self.code, self.out = code, out

    def find(self, pattern):
        match = re.search(pattern, self.out, re.M)
        return match.group(1) if match else None

    @property
    def shook_hands(self):
        return self.cipher not in (None, "(NONE)", "0000")

    cipher = property(lambda self: self.find(r"^(?:New|Reused), .*Cipher is (\S+)"))
    protocol = property(lambda self: self.find(r"^(?:New|Reused), (\S+),"))
    is_reused = property(lambda self: self.out.find("\nReused, ") >= 0)
    subject = property(lambda self: self.find(r"^subject=CN ?= ?(\S+)"))
    key_type = property(lambda self: self.find(r"^Peer signature type: (\S+)"))
    alpn = property(lambda self: self.find(r"^ALPN protocol: (\S+)"))
    status = property(lambda self: self.find(r"^HTTP/1\.1 (\d+)"))

    def __repr__(self):
        return f"<{self.code} {self.out[-2500:]}>"


def s_client(port, *arguments, send=REQUEST, name="localhost"):
    """Connects, sends, reads until the gateway closes."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *(["-servername", name] if name else ["-noservername"]),
         "-ign_eof", *map(str, arguments)],
        input=send, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False,
    )
    return Seen(done.returncode, done.stdout.decode(errors="replace"))


@pytest.fixture(scope="module")
def certificates(authority):
    """Two names, one of them with two kinds of keys."""
    return {
        "ec": authority.issue("first-ec"),
        "rsa": authority.issue("first-rsa", kind="rsa"),
        "other": authority.issue("other", names=("DNS:other.example", "DNS:*.wild.example")),
        "client": authority.issue("agent", names=("DNS:agent.example.org",), purpose="clientAuth"),
        "not-a-client": authority.issue("not-a-client", names=("DNS:agent.example.org",)),
    }


@pytest.fixture(scope="module")
def strangers(folder):
    from certificates import Authority

    return Authority(folder / "strangers", "test strangers").issue("agent", names=("DNS:agent.example.org",), purpose="clientAuth")


def pair(files):
    return {"certificate": str(files[0]), "key": str(files[1])}


@pytest.fixture(scope="module")
def listeners(running_issuer, running_model, authority, certificates, server_certificate, tmp_path_factory):
    """One gateway with four workers and a listener for each way: {word: port}, and the gateway itself."""
    home = tmp_path_factory.mktemp("tls")
    config = base_config(running_issuer, running_model, server_certificate, home)
    config["workers"] = 4
    config["pools"]["models"].pop("identity")
    ports = {word: free_port() for word in ("usual", "optional", "required", "tls13", "no-hsts", "plain")}
    both = {**pair(certificates["ec"]), "certificates": [pair(certificates["rsa"]), pair(certificates["other"])]}
    clients = {**pair(certificates["ec"]), "client_ca": str(authority.certificate)}
    ways = {
        "usual": both,
        "optional": clients,
        "required": {**clients, "client_required": True},
        "tls13": {**pair(certificates["ec"]), "min_version": "TLS1.3"},
        "no-hsts": {**pair(certificates["ec"]), "hsts": False},
        "plain": {},
    }
    config["listen"] = [{"address": f"127.0.0.1:{ports[word]}", **way} for word, way in ways.items()]
    for route in config["routes"].values():
        route["authenticate"].append({"mtls": {"names": ["agent.example.org"], "roles": [ROLE]}})
    gateway = Gateway(need("bartizan"), config, home, authority)
    yield {**ports, "gateway": gateway}
    assert gateway.stop() == 0, gateway.output()


@pytest.fixture(scope="module")
def usual(listeners):
    return listeners["usual"]


# ---- versions, ciphers, groups ----


@pytest.mark.parametrize("version, wanted", [("tls1", False), ("tls1_1", False), ("tls1_2", True), ("tls1_3", True)])
def test_versions(usual, version, wanted):
    seen = s_client(usual, f"-{version}", "-cipher", "ALL:@SECLEVEL=0")
    assert seen.shook_hands == wanted and (seen.status == "404") == wanted, seen


def test_a_listener_for_tls13_only(listeners):
    assert not s_client(listeners["tls13"], "-tls1_2").shook_hands
    assert s_client(listeners["tls13"]).protocol == "TLSv1.3"


def all_ciphers(version):
    out = subprocess.run(["openssl", "ciphers", "-s", f"-{version}", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], capture_output=True, text=True, check=True).stdout
    return set(out.strip().split(":"))


def test_ciphers_of_tls12(usual):
    taken = {c for c in all_ciphers("tls1_2") if s_client(usual, "-tls1_2", "-cipher", f"{c}:@SECLEVEL=0").shook_hands}
    assert taken == CIPHERS_TLS12


def test_ciphers_of_tls13(usual):
    known = CIPHERS_TLS13 | {"TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"}
    assert {c for c in known if s_client(usual, "-tls1_3", "-ciphersuites", c).shook_hands} == CIPHERS_TLS13


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_groups(usual, version):
    known = ["X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048", "ffdhe3072"]
    taken = {g for g in known if s_client(usual, f"-{version}", "-groups", g).shook_hands}
    assert taken == {"X25519", "P-256", "P-384"}


def test_no_sha1_signatures(usual):
    for algorithm in ("RSA+SHA1", "ECDSA+SHA1"):
        assert not s_client(usual, "-tls1_2", "-sigalgs", algorithm, "-cipher", "ALL:@SECLEVEL=0").shook_hands


def renegotiate(port):
    """s_client's own command for it, which it reads when it is not told to ignore the end of its input."""
    with subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as client:
        time.sleep(0.5)
        client.stdin.write(b"R\n")
        client.stdin.flush()
        time.sleep(0.5)
        out, _ = client.communicate(timeout=20)
    return out.decode(errors="replace")


def test_no_compression_no_early_data_no_renegotiation(usual, tmp_path):
    seen = s_client(usual, "-tls1_2", "-comp")
    assert "Compression: NONE" in seen.out
    told = renegotiate(usual)
    assert "RENEGOTIATING" in told and "no renegotiation" in told, told
    session, early = tmp_path / "session", tmp_path / "early"
    early.write_bytes(REQUEST)
    seen = s_client(usual, "-tls1_3", "-sess_out", session)
    assert re.search(r"Max Early Data: 0$", seen.out, re.M) and session.exists(), seen
    seen = s_client(usual, "-tls1_3", "-sess_in", session, "-early_data", early)
    assert "Early data was accepted" not in seen.out


# ---- certificates ----


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_ecdsa_and_rsa_side_by_side(usual, authority, version):
    trust = ("-CAfile", authority.certificate, "-verify_return_error")
    modern = s_client(usual, f"-{version}", *trust)
    assert (modern.subject, modern.key_type) == ("first-ec", "ECDSA"), modern
    old = s_client(usual, f"-{version}", "-sigalgs", "rsa_pss_rsae_sha256:rsa_pkcs1_sha256", *trust)
    assert (old.subject, old.key_type) == ("first-rsa", "RSA-PSS") and old.status == "404", old


@pytest.mark.parametrize(
    "name, subject",
    [("localhost", "first-ec"), ("other.example", "other"), ("OTHER.example", "other"), ("a.wild.example", "other"),
     ("a.b.wild.example", "first-ec"), ("unknown.example", "first-ec"), (None, "first-ec")],
)
def test_certificates_by_server_name(usual, name, subject):
    assert s_client(usual, name=name).subject == subject


def test_the_name_of_a_certificate_can_be_verified(usual, authority):
    for name, good in (("other.example", True), ("unknown.example", False)):
        seen = s_client(usual, "-CAfile", authority.certificate, "-verify_return_error", "-verify_hostname", name, name=name)
        assert (seen.status == "404") == good, seen


# ---- resumption ----


def session_of(port, path, version):
    seen = s_client(port, f"-{version}", "-sess_out", path)
    assert seen.status == "404" and path.exists() and not seen.is_reused, seen


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_sessions_are_resumed_by_every_worker(listeners, tmp_path, version):
    session = tmp_path / "session"
    session_of(listeners["usual"], session, version)
    before = listeners["gateway"].metrics().get("bartizan_tls_resumed_total", 0)
    again = [s_client(listeners["usual"], f"-{version}", "-sess_in", session) for _ in range(12)]
    assert all(seen.is_reused and seen.status == "404" for seen in again), again[0]
    assert listeners["gateway"].metrics()["bartizan_tls_resumed_total"] - before == 12


def test_sessions_outlive_workers_and_reloads(listeners, tmp_path):
    gateway, session = listeners["gateway"], tmp_path / "session"
    session_of(listeners["usual"], session, "tls1_3")
    generation = gateway.metrics()["bartizan_generation"]
    gateway.reload()
    end = time.monotonic() + 10
    while gateway.metrics()["bartizan_generation"] == generation:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert s_client(listeners["usual"], "-tls1_3", "-sess_in", session).is_reused


def test_a_session_of_one_listener_is_no_entry_to_another(listeners, certificates, tmp_path):
    """What was shown to a listener without client certificates does not open one that requires them."""
    session = tmp_path / "session"
    session_of(listeners["usual"], session, "tls1_3")
    assert s_client(listeners["required"], "-tls1_3", "-sess_in", session).status is None
    assert s_client(listeners["optional"], "-tls1_3", "-sess_in", session).is_reused is False


# ---- client certificates ----


def with_client(files):
    return ("-cert", files[0], "-key", files[1])


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_an_optional_client_certificate(listeners, certificates, strangers, version):
    port = listeners["optional"]
    assert s_client(port, f"-{version}").status == "404"
    assert s_client(port, f"-{version}", *with_client(certificates["client"])).status == "404"
    for bad in (strangers, certificates["not-a-client"]):
        assert s_client(port, f"-{version}", *with_client(bad)).status is None


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_a_required_client_certificate(listeners, certificates, strangers, version):
    port = listeners["required"]
    assert s_client(port, f"-{version}").status is None
    assert s_client(port, f"-{version}", *with_client(strangers)).status is None
    assert s_client(port, f"-{version}", *with_client(certificates["client"])).status == "404"


def test_a_client_certificate_proves_a_caller(listeners, authority, certificates, model):
    caller, gateway = Caller(listeners["optional"], authority.certificate), listeners["gateway"]
    before = len(gateway.journal())
    assert caller.chat().status == 401
    caller.tls.load_cert_chain(*map(str, certificates["client"]))
    assert caller.chat().status == 200
    line = next(line for line in gateway.journal(before + 2)[before:] if line["status"] == 200)
    assert line["credential"] == "certificate" and "agent.example.org" in line["subject"], line


def test_a_resumed_session_keeps_its_client(listeners, certificates, tmp_path, model):
    session = tmp_path / "session"
    client = with_client(certificates["client"])
    body = str(chat()).replace("'", '"').encode()
    ask = (
        f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    assert s_client(listeners["optional"], "-tls1_3", *client, "-sess_out", session, send=ask).status == "200"
    seen = s_client(listeners["optional"], "-tls1_3", "-sess_in", session, send=ask)
    assert seen.is_reused and seen.status == "200", seen


# ---- what goes over it ----


def test_alpn(usual):
    assert s_client(usual, "-alpn", "http/1.1").alpn == "http/1.1"
    assert s_client(usual, "-alpn", "h2,http/1.1").alpn == "http/1.1"
    nobody = s_client(usual, "-alpn", "h2")
    assert not nobody.shook_hands and "no application protocol" in nobody.out, nobody
    assert s_client(usual).status == "404"


def test_hsts(listeners, authority):
    field = r"^strict-transport-security: (.*?)\r?$"
    assert s_client(listeners["usual"]).find(field) == "max-age=63072000"
    assert s_client(listeners["no-hsts"]).find(field) is None
    answer = Caller(listeners["plain"], None, host="127.0.0.1").call("GET", "/nowhere")
    assert answer.status == 404 and "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("bytes_sent", [REQUEST, b"\x16\x03\x01\x00\x05junk!", b"\x80\x2e\x01\x00\x02" + bytes(60), os.urandom(256)])
def test_what_is_no_tls_is_closed(usual, bytes_sent):
    with socket.create_connection(("127.0.0.1", usual), 5) as s:
        s.sendall(bytes_sent)
        told = b""
        try:
            while piece := s.recv(4096):
                told += piece
        except ConnectionResetError:
            pass
    assert b"HTTP/" not in told and len(told) < 64


def test_figures_of_handshakes(listeners):
    gateway = listeners["gateway"]
    before = gateway.metrics()
    s_client(listeners["usual"])
    s_client(listeners["usual"], "-alpn", "h2")
    after = gateway.metrics()
    for result in ("ok", "failed"):
        series = f'bartizan_tls_handshakes_total{{result="{result}"}}'
        assert after[series] == before.get(series, 0) + 1, series


def test_a_killed_worker_takes_no_ticket_keys_with_it(listeners, tmp_path):
    gateway, session = listeners["gateway"], tmp_path / "session"
    session_of(listeners["usual"], session, "tls1_2")
    supervisor = gateway.program.process.pid
    with open(f"/proc/{supervisor}/task/{supervisor}/children") as f:
        workers = [int(word) for word in f.read().split()]
    os.kill(workers[0], signal.SIGKILL)
    end = time.monotonic() + 5
    while gateway.metrics()["bartizan_workers"] != 4 or gateway.metrics()["bartizan_worker_restarts_total"] < 1:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert all(s_client(listeners["usual"], "-tls1_2", "-sess_in", session).is_reused for _ in range(8))
