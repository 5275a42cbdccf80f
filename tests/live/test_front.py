"""The side that callers see: TLS, HTTP/1.1 as RFC 9112 has it, limits on strangers, sockets other than TCP."""

import gzip
import http.client
import json
import socket
import ssl
import struct
import time

import pytest

from gateway import ROLE
from wire import CHAT, chat


def handshake(gateway, context=None, name="localhost"):
    context = context or ssl.create_default_context(cafile=str(gateway.authority.certificate))
    return context.wrap_socket(socket.create_connection(("127.0.0.1", gateway.port), 10), server_hostname=name)


def request_bytes(token, body=None, path=CHAT, more=""):
    body = json.dumps(chat() if body is None else body).encode()
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    ).encode() + body


def read_answer(stream):
    answer = http.client.HTTPResponse(stream)
    answer.begin()
    return answer.status, answer.headers, answer.read()


# ---- TLS ----


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_and_resumption(gateway, token, version):
    context = ssl.create_default_context(cafile=str(gateway.authority.certificate))
    context.minimum_version = context.maximum_version = version
    session = None
    for _ in range(3):
        raw = socket.create_connection(("127.0.0.1", gateway.port), 10)
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
            tls.sendall(request_bytes(token))
            status, headers, _ = read_answer(tls)
            assert status == 200 and "max-age" in headers["strict-transport-security"]
            assert session is None or tls.session_reused
            session = tls.session


def test_older_versions_are_refused(gateway):
    context = ssl.create_default_context(cafile=str(gateway.authority.certificate))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(gateway, context)


def test_alpn_offers_http_1_1(gateway):
    context = ssl.create_default_context(cafile=str(gateway.authority.certificate))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with handshake(gateway, context) as tls:
        assert tls.selected_alpn_protocol() == "http/1.1"


def test_a_certificate_for_each_name_and_kind(start_gateway, authority, token):
    other = authority.issue("other", names=("DNS:other.example",))
    rsa = authority.issue("server-rsa", kind="rsa")
    gateway = start_gateway()
    config = gateway.config
    config["listen"][0]["certificates"] = [
        {"certificate": str(other[0]), "key": str(other[1])},
        {"certificate": str(rsa[0]), "key": str(rsa[1])},
    ]
    gateway.write(config)
    gateway.reload()
    context = ssl.create_default_context(cafile=str(authority.certificate))
    end = time.monotonic() + 10
    while True:
        try:
            with handshake(gateway, context, "other.example") as tls:
                assert ("DNS", "other.example") in tls.getpeercert()["subjectAltName"]
            break
        except ssl.SSLCertVerificationError:
            assert time.monotonic() < end
            time.sleep(0.1)
    only_rsa = ssl.create_default_context(cafile=str(authority.certificate))
    only_rsa.maximum_version = ssl.TLSVersion.TLSv1_2
    only_rsa.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    with handshake(gateway, only_rsa) as tls:
        assert "RSA" in tls.cipher()[0]
    only_ecdsa = ssl.create_default_context(cafile=str(authority.certificate))
    only_ecdsa.maximum_version = ssl.TLSVersion.TLSv1_2
    only_ecdsa.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with handshake(gateway, only_ecdsa) as tls:
        assert "ECDSA" in tls.cipher()[0]


# ---- HTTP/1.1 ----


def test_a_kept_connection_serves_many(gateway, token):
    with handshake(gateway) as tls:
        for number in range(20):
            tls.sendall(request_bytes(token, chat(f"number {number}")))
            assert read_answer(tls)[0] == 200


def test_pipelined_requests_are_answered_in_order(gateway, token, model):
    model.set(echo=True)
    with handshake(gateway) as tls:
        tls.sendall(b"".join(request_bytes(token, chat(f"number {n}")) for n in range(5)))
        stream = tls.makefile("rb")

        class Kept:
            def makefile(self, *_):
                return Unclosed(stream)

        for number in range(5):
            status, _, body = read_answer(Kept())
            assert status == 200 and f"number {number}" in body.decode()


class Unclosed:
    """http.client closes the file of an answer; the next answer is in the same one."""

    def __init__(self, stream):
        self.stream = stream

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def close(self):
        pass


def test_expect_100_continue(gateway, token):
    whole = request_bytes(token, more="Expect: 100-continue\r\n")
    head, _, body = whole.partition(b"\r\n\r\n")
    with handshake(gateway) as tls:
        tls.sendall(head + b"\r\n\r\n")
        assert tls.recv(100).startswith(b"HTTP/1.1 100 ")
        tls.sendall(body)
        assert read_answer(tls)[0] == 200


def test_expect_100_continue_of_a_stranger(gateway):
    """He is told at once, and is not asked for his body."""
    head = request_bytes("not-a-token", more="Expect: 100-continue\r\n").partition(b"\r\n\r\n")[0]
    with handshake(gateway) as tls:
        tls.sendall(head + b"\r\n\r\n")
        assert read_answer(tls)[0] in (400, 401)


def test_a_chunked_body_and_trailers(gateway, token, model):
    body = json.dumps(chat("in chunks")).encode()
    head = request_bytes(token, more="Transfer-Encoding: chunked\r\n").partition(b"\r\n\r\n")[0]
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length"))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i : i + 7]), body[i : i + 7]) for i in range(0, len(body), 7))
    with handshake(gateway) as tls:
        tls.sendall(head + b"\r\n\r\n" + chunks + b"0\r\nX-Trailer: dropped\r\n\r\n")
        assert read_answer(tls)[0] == 200
    asked = model.journal()[-1]
    assert json.loads(asked["body"]) == chat("in chunks") and "x-trailer" not in asked["headers"]


def test_a_packed_body_is_unpacked(gateway, token, caller, model):
    packed = gzip.compress(json.dumps(chat("packed")).encode())
    assert caller.call("POST", CHAT, packed, {"Content-Encoding": "gzip"}).status == 200
    asked = model.journal()[-1]
    assert json.loads(asked["body"]) == chat("packed") and "content-encoding" not in asked["headers"]


def test_a_bomb_is_not_unpacked(caller, model):
    bomb = gzip.compress(b" " * (200 * 1024 * 1024))
    answer = caller.call("POST", CHAT, bomb, {"Content-Encoding": "gzip"})
    assert (answer.status, answer.error["code"]) == (413, "body-too-large"), answer
    assert model.journal() == []


def test_other_codings_are_refused(caller):
    for coding in ("br", "deflate", "gzip, gzip", "zstd"):
        answer = caller.call("POST", CHAT, b"x", {"Content-Encoding": coding})
        assert (answer.status, answer.error["code"]) == (415, "bad-encoding"), answer


def test_head_and_other_methods(caller):
    answer = caller.call("GET", CHAT)
    assert (answer.status, answer.headers["allow"]) == (405, "POST"), answer
    assert caller.call("PUT", CHAT, chat()).status == 405


def test_limits_on_what_comes(start_gateway, token):
    gateway = start_gateway({"routes": {"azure": {"max_body": "2KiB"}}})
    caller = gateway.caller(token)
    answer = caller.chat("x" * 4096)
    assert (answer.status, answer.error["code"]) == (413, "body-too-large"), answer
    assert caller.call("POST", CHAT + "&x=" + "y" * 20000, chat()).status == 414
    assert caller.chat(headers={"X-Large": "y" * 60000}).status == 431
    assert caller.chat(headers={f"X-{n}": "y" for n in range(200)}).status == 431


def test_slow_strangers_are_shown_out(start_gateway, token):
    gateway = start_gateway({"limits": {"handshake": "300ms", "head": "300ms", "body_grace": "300ms", "idle": "1s"}})

    def closed_within(sock, seconds):
        sock.settimeout(seconds)
        try:
            while sock.recv(4096):
                pass
        except ConnectionError:
            pass
        return True

    with socket.create_connection(("127.0.0.1", gateway.port)) as raw:
        raw.sendall(b"\x16\x03\x01")
        assert closed_within(raw, 3)  # a handshake that does not go on
    with handshake(gateway) as tls:
        tls.sendall(b"POST / HTTP/1.1\r\nHost:")
        assert closed_within(tls, 3)  # a head that does not end
    with handshake(gateway) as tls:
        tls.sendall(request_bytes(token)[:-10])
        assert closed_within(tls, 9)  # a body that does not end: looked at every five seconds
    with handshake(gateway) as tls:
        assert closed_within(tls, 5)  # nothing at all


# ---- other ways in ----


def test_a_unix_socket(start_gateway, token, tmp_path):
    path = tmp_path / "in.sock"
    gateway = start_gateway()
    config = gateway.config
    config["listen"].append({"address": f"unix:{path}"})
    gateway.write(config)
    gateway.reload()
    end = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        sock.sendall(request_bytes(token))
        assert read_answer(sock)[0] == 200
    assert gateway.journal(1)[-1]["address"] == "unix"


def proxied(gateway, header):
    raw = socket.create_connection(("127.0.0.1", gateway.port), 10)
    raw.sendall(header)
    context = ssl.create_default_context(cafile=str(gateway.authority.certificate))
    return context.wrap_socket(raw, server_hostname="localhost")


@pytest.fixture
def behind_a_balancer(start_gateway):
    return start_gateway(listener={"proxy_from": ["127.0.0.0/8"]})


def test_the_proxy_protocol_v1(behind_a_balancer, token):
    gateway = behind_a_balancer
    with proxied(gateway, b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 443\r\n") as tls:
        tls.sendall(request_bytes(token))
        assert read_answer(tls)[0] == 200
    assert gateway.journal(1)[-1]["address"] == "192.0.2.7"


def test_the_proxy_protocol_v2_with_a_private_link(behind_a_balancer, token):
    gateway = behind_a_balancer
    addresses = socket.inet_aton("192.0.2.9") + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 5000, 443)
    link = bytes([0xEE]) + struct.pack("!H", 5) + b"\x01" + struct.pack("<I", 536870912)  # PP2_SUBTYPE_AZURE_PRIVATEENDPOINT_LINKID
    header = b"\r\n\r\n\x00\r\nQUIT\n" + b"\x21\x11" + struct.pack("!H", len(addresses) + len(link)) + addresses + link
    with proxied(gateway, header) as tls:
        tls.sendall(request_bytes(token))
        assert read_answer(tls)[0] == 200
    line = gateway.journal(1)[-1]
    assert (line["address"], line["link_id"]) == ("192.0.2.9", 536870912)


def test_without_its_header_nobody_comes_in(behind_a_balancer):
    with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
        handshake(behind_a_balancer)


def test_the_proxy_protocol_of_anybody_else_is_refused(gateway):
    with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
        proxied(gateway, b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 443\r\n")


# ---- credentials other than tokens ----


def make_key(gateway, name):
    """(key, its entry in the configuration), as `bartizan key` prints them."""
    import re
    import subprocess

    done = subprocess.run([str(gateway.binary), "key", name], capture_output=True, text=True, check=True)
    hashed, expires = re.search(r'hash: "([^"]+)", expires: "([^"]+)"', done.stdout + done.stderr).groups()
    key = re.search(r"^bz_\S+$", done.stdout, re.M).group(0)
    return key, {"hash": hashed, "expires": expires, "roles": [ROLE]}


def test_an_api_key(gateway, start_gateway, model):
    key, entry = make_key(gateway, "team-a")
    old, expired = make_key(gateway, "team-b")
    expired["expires"] = "2020-01-01"
    own = start_gateway(
        {"keys": {"team-a": entry, "team-b": expired}, "routes": {"azure": {"authenticate": [{"jwt": {"issuer": "entra"}}, {"apikey": {}}]}}}
    )
    assert own.caller(key).chat().status == 200
    assert own.caller().chat(headers={"api-key": key}).status == 200
    assert key not in json.dumps(model.journal())
    for wrong in (key[:-1] + ("A" if key[-1] != "A" else "B"), key + "A", "bz_0000000000000000_" + key.rsplit("_", 1)[1]):
        answer = own.caller().chat(headers={"api-key": wrong})
        assert (answer.status, answer.error["code"]) == (401, "bad-credential"), answer
    answer = own.caller().chat(headers={"api-key": old})
    assert (answer.status, answer.error["code"]) == (401, "expired"), answer
    line = own.journal(1)[0]
    assert line["credential"] == "key" and key not in json.dumps(own.journal())


def test_a_client_certificate(start_gateway, authority):
    certificate, key = authority.issue("app.example.org", names=("DNS:app.example.org",), purpose="clientAuth")
    gateway = start_gateway(
        {"routes": {"azure": {"authenticate": [{"mtls": {"names": ["app.example.org"], "roles": [ROLE]}}]}}},
        listener={"client_ca": str(authority.certificate)},
    )
    caller = gateway.caller()
    answer = caller.chat()
    assert (answer.status, answer.error["code"]) == (401, "no-credential"), answer
    caller.tls.load_cert_chain(str(certificate), str(key))
    assert caller.chat().status == 200
    stranger = authority.issue("other.example.org", names=("DNS:other.example.org",), purpose="clientAuth")
    caller = gateway.caller()
    caller.tls.load_cert_chain(*map(str, stranger))
    assert caller.chat().status in (401, 403)


def test_a_token_bound_to_a_certificate(start_gateway, authority, issuer):
    """RFC 8705: whoever has stolen the token lacks the key of the certificate."""
    import base64
    import hashlib

    certificate, key = authority.issue("bound", names=("DNS:bound.example",), purpose="clientAuth")
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    thumb = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    gateway = start_gateway(listener={"client_ca": str(authority.certificate)})
    caller = gateway.caller(issuer.token(roles=[ROLE], claims={"cnf": {"x5t#S256": thumb}}))
    assert caller.chat().status == 401
    caller.tls.load_cert_chain(str(certificate), str(key))
    assert caller.chat().status == 200
    caller.token = issuer.token(roles=[ROLE], claims={"cnf": {"jkt": thumb}})
    assert caller.chat().status == 401  # a binding that is not understood is not ignored


# ---- the side of the model ----


def test_the_model_over_tls(start_gateway, authority, token, model):
    pool = {"endpoints": [{"url": model.tls_base}], "ca": str(authority.certificate)}
    gateway = start_gateway({"pools": {"models": pool}})
    for _ in range(3):
        assert gateway.caller(token).chat().status == 200


@pytest.mark.parametrize("what", ["unknown authority", "another name"])
def test_a_model_server_that_is_not_who_it_should_be(start_gateway, authority, token, model, what, tmp_path):
    from certificates import Authority

    trusted = Authority(tmp_path / "other").certificate if what == "unknown authority" else authority.certificate
    url = model.tls_base if what == "unknown authority" else model.tls_base.replace("localhost", "127.0.0.2")
    gateway = start_gateway({"pools": {"models": {"endpoints": [{"url": url}], "ca": str(trusted)}}})
    answer = gateway.caller(token).chat()
    assert answer.status in (502, 503), answer
    assert model.journal() == []


def test_an_issuer_over_tls(start_gateway, authority, issuer):
    plain = {"issuer": issuer.base + "/generic", "audience": "api://models", "ca": str(authority.certificate)}
    plain["jwks_url"] = issuer.tls_base + "/generic/keys"
    gateway = start_gateway(
        {
            "issuers": {"plain": plain},
            "routes": {"azure": {"authenticate": [{"jwt": {"issuer": "plain"}}], "authorise": [{"subjects": {"any": ["someone"]}}]}},
        }
    )
    assert gateway.caller(issuer.token(realm="generic")).chat().status == 200
