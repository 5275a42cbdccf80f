"""Who is turned away, and how: tokens of every wrong kind, over the wire. None of them reaches the model."""

import pytest

from gateway import ROLE
from wire import CHAT, CHAT_V1, chat

OTHER_TENANT = "99999999-2222-3333-4444-555555555555"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"


def refused(gateway, token, status, reason, headers=None, path=CHAT):
    answer = gateway.caller(token).call("POST", path, chat(), headers)
    assert (answer.status, answer.error["code"]) == (status, reason), answer
    assert answer.headers["x-request-id"]
    if status == 401:
        assert answer.headers["www-authenticate"].lower().startswith("bearer ")
    return answer


@pytest.fixture
def nothing_forwarded(model):
    yield
    assert model.journal() == []


pytestmark = pytest.mark.usefixtures("nothing_forwarded")


def test_nobody(gateway):
    answer = refused(gateway, None, 401, "no-credential")
    assert "error=" not in answer.headers["www-authenticate"]  # RFC 6750 §3.1: no code when nothing was sent


def test_nobody_is_not_asked_for_a_body(gateway):
    """The answer comes before a byte of a large body is sent."""
    import http.client

    caller = gateway.caller()
    connection = caller.connection()
    connection.putrequest("POST", CHAT)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(1024 * 1024))
    connection.endheaders()
    answer = connection.getresponse()
    assert isinstance(answer, http.client.HTTPResponse) and answer.status == 401
    connection.close()


BAD = {
    "bad signature": {"sign": "bad"},
    "another key with our kid": {"sign": "other-key"},
    "alg none": {"sign": "none"},
    "no signature": {"sign": "stripped"},
    "HMAC with the public key": {"sign": "hs256-with-pem"},
    "foreign audience": {"audience": "api://other"},
    "audience of Microsoft's own API": {"audience": "https://cognitiveservices.azure.com"},
    "foreign issuer": {"claims": {"iss": "https://evil.example/v2.0"}},
    "tenant and issuer disagree": {"claims": {"tid": OTHER_TENANT}},
    "another tenant": {"tenant": OTHER_TENANT},
    "the consumers' tenant": {"tenant": CONSUMERS},
    "no audience": {"claims": {"aud": None}},
    "no exp": {"claims": {"exp": None}},
    "exp as text": {"claims": {"exp": "9999999999"}},
    "not yet valid": {"claims": {"nbf": 4102444800}},
    "crit": {"header": {"crit": ["exp"]}},
    "another alg of the same key": {"alg": "RS512"},
    "PSS": {"alg": "PS256"},
    "duplicate claims": {"raw_claims": '{"aud":"api://other","aud":"api://models","exp":9999999999}'},
    "claims that are no object": {"raw_claims": "[]"},
    "header that is no object": {"raw_header": '"x"'},
    "unknown kid": {"header": {"kid": "nobody-knows-this-key"}},
    "no kid": {"header": {"kid": None}, "sign": "bad"},
}


@pytest.mark.parametrize("name", BAD)
def test_bad_token(gateway, issuer, name):
    refused(gateway, issuer.token(**{"roles": [ROLE], **BAD[name]}), 401, "bad-credential")


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "..", "a.b.c.d", "é.b.c", "=" * 100, "a" * 20000])
def test_not_a_token(gateway, token):
    answer = gateway.caller(token.encode("latin-1").decode("latin-1")).chat()
    assert answer.status in (400, 401), answer


def test_whitespace_and_padding_do_not_pass(gateway, token):
    for odd in (token + "=", token + "A", token + ".", token.replace(".", ". ", 1)):
        answer = gateway.caller(odd).chat()
        assert answer.status in (400, 401), answer


def test_expired(gateway, issuer):
    refused(gateway, issuer.token(roles=[ROLE], lifetime=-3600), 401, "expired")


def test_expired_within_the_skew_still_passes_authentication(gateway, issuer, model):
    answer = gateway.caller(issuer.token(roles=["Other"], lifetime=-20)).chat()
    assert answer.status == 403


def test_wrong_role(gateway, issuer):
    refused(gateway, issuer.token(roles=["Other.Role"]), 403, "not-allowed")


def test_application_without_a_role(gateway, issuer):
    """Any application of the tenant gets such a token unless assignment is required."""
    answer = gateway.caller(issuer.token()).chat()
    assert answer.status in (401, 403), answer


def test_too_many_groups_are_not_no_groups(start_gateway, issuer, model):
    gateway = start_gateway({"routes": {"azure": {"authorise": [{"groups": {"any": ["g1"]}}]}}})
    over = {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph.windows.net/x"}}}
    answer = gateway.caller(issuer.token(roles=[ROLE], claims=over)).chat()
    assert answer.status in (401, 403), answer


def test_two_credentials(gateway, token):
    caller = gateway.caller()
    connection = caller.connection()
    connection.putrequest("POST", CHAT)
    for _ in range(2):
        connection.putheader("Authorization", "Bearer " + token)
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    assert connection.getresponse().status in (400, 401)
    connection.close()


def test_a_token_in_the_query_is_not_one(gateway, token):
    refused(gateway, None, 401, "no-credential", path=CHAT + "&access_token=" + token)


def test_another_scheme(gateway, token):
    answer = gateway.caller().call("POST", CHAT, chat(), {"Authorization": "Basic " + token})
    assert answer.status == 401


def test_no_route(gateway, token):
    refused(gateway, token, 404, "no-route", path="/elsewhere")


def test_the_api_that_is_spoken_decides_the_envelope(gateway):
    for path in (CHAT, CHAT_V1):
        error = refused(gateway, None, 401, "no-credential", path=path).error
        assert {"message", "code"} <= set(error)


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"gpt-4o","model":"gpt-4","messages":[]}',
        b'{"model":"gpt-4o","messages":[]} {}',
        b"\xef\xbb\xbf{}",
        b'{"model":"gpt-4o\x00","messages":[]}',
        b'{"model":"gpt-4o","messages":[{"role":"user","content":"\\ud800"}]}',
        b"[" * 5000,
        b"",
        b"nothing",
    ],
    ids=["duplicate", "trailing", "bom", "nul", "surrogate", "deep", "empty", "text"],
)
def test_ambiguous_json(gateway, token, body):
    answer = gateway.caller(token).call("POST", CHAT, body)
    assert (answer.status, answer.error["code"]) == (400, "bad-json"), answer


def test_a_body_in_another_character_set(gateway, token):
    answer = gateway.caller(token).call("POST", CHAT, chat(), {"Content-Type": "application/json; charset=utf-16"})
    assert (answer.status, answer.error["code"]) == (415, "bad-encoding"), answer
