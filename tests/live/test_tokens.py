"""Which tokens are taken, and how the issuer's keys are kept: discovery, rotation, outages, storms."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway import AUDIENCE, ROLE
from mocks import SECRET, SECRET_APP, TENANT

KEYS = "*/keys"


def passes(gateway, token):
    answer = gateway.caller(token).chat()
    assert answer.status == 200, answer
    return answer


def test_v2_and_v1(gateway, issuer):
    passes(gateway, issuer.token(roles=[ROLE], ver="2.0"))
    passes(gateway, issuer.token(roles=[ROLE], ver="1.0"))


def test_what_the_token_endpoint_gives(gateway, issuer):
    """The way of an application without a library: a secret for a token, the token for an answer."""
    from urllib.parse import urlencode

    from mocks import call

    form = urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": SECRET_APP,
            "client_secret": SECRET,
            "scope": AUDIENCE + "/.default",
        }
    ).encode()
    _, _, answer = call(
        "POST",
        f"{issuer.base}/{TENANT}/oauth2/v2.0/token",
        form,
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    passes(gateway, answer["access_token"])


def test_a_large_token(gateway, issuer):
    """Two hundred groups: what Entra sends before it gives up."""
    groups = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(200)]
    passes(gateway, issuer.token(roles=[ROLE], groups=groups))


def test_a_rotated_key_is_found(start_gateway, issuer):
    gateway = start_gateway({"issuers": {"entra": {"cool_down": "1s"}}})
    passes(gateway, issuer.token(roles=[ROLE]))
    before = len(issuer.journal(KEYS))
    issuer.keys(action="rotate")
    time.sleep(1.2)
    passes(gateway, issuer.token(roles=[ROLE]))  # asked for at once, and the request waits for it
    assert len(issuer.journal(KEYS)) - before <= 2


def test_a_removed_key_is_forgotten(start_gateway, issuer):
    kid = issuer.keys(action="rotate")["kid"]
    gateway = start_gateway({"issuers": {"entra": {"refresh": "1s", "cool_down": "1s"}}})
    token = issuer.token(roles=[ROLE], kid=kid)
    passes(gateway, token)
    issuer.keys(action="remove", kid=kid)
    end = time.monotonic() + 10
    while gateway.caller(token).chat().status != 401:
        assert time.monotonic() < end, "a key that is gone still lets callers in"
        time.sleep(0.2)


def test_unknown_kids_do_not_storm_the_issuer(start_gateway, issuer):
    gateway = start_gateway()
    passes(gateway, issuer.token(roles=[ROLE]))
    before = len(issuer.journal(KEYS))
    tokens = [issuer.token(roles=[ROLE], header={"kid": f"unknown-{n}"}) for n in range(50)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda t: gateway.caller(t).chat().status, tokens))
    assert set(answers) == {401}
    assert len(issuer.journal(KEYS)) - before <= 2  # one fetch of each of the two documents at most


def test_a_first_crowd_causes_one_fetch(start_gateway, issuer):
    issuer.steer(path=KEYS, delay_ms=300)
    gateway = start_gateway()
    tokens = [issuer.token(roles=[ROLE]) for _ in range(30)]
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda t: gateway.caller(t).chat().status, tokens))
    assert set(answers) == {200}
    assert len(issuer.journal(KEYS)) <= 2


def test_known_keys_outlive_an_outage_of_the_issuer(start_gateway, issuer):
    gateway = start_gateway()
    passes(gateway, issuer.token(roles=[ROLE]))
    issuer.steer(path=KEYS, status=500)
    issuer.steer(path="*/openid-configuration", status=500)
    passes(gateway, issuer.token(roles=[ROLE]))
    stranger = issuer.token(roles=[ROLE], header={"kid": "unknown"})
    assert gateway.caller(stranger).chat().status in (401, 503)
    passes(gateway, issuer.token(roles=[ROLE]))


@pytest.mark.parametrize(
    "rule",
    [
        {"status": 500},
        {"body": "not JSON at all"},
        {"body": '{"keys":[{"kty":"RSA"'},
        {"body": "[]"},
        {"huge_bytes": 64 * 1024 * 1024},
        {"huge_bytes": 64 * 1024 * 1024, "gzip": True},
        {"cut": True},
    ],
    ids=["500", "garbage", "torn", "array", "huge", "bomb", "cut"],
)
def test_a_key_document_that_is_none(start_gateway, issuer, rule):
    """Nobody is let in and the gateway lives; when the document is well again, so is everything."""
    issuer.steer(path=KEYS, **rule)
    gateway = start_gateway()
    answer = gateway.caller(issuer.token(roles=[ROLE])).chat()
    assert answer.status in (401, 503), answer
    assert gateway.is_ready() in (True, False) and gateway.program.process.poll() is None


def test_a_key_for_another_issuer_does_not_sign_for_ours(start_gateway, issuer):
    """The v2 document names an issuer per key: a consumers' key must not sign for a work tenant."""
    mark = issuer.keys(action="rotate")
    issuer.keys(action="set", kid=mark["kid"], issuer="https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0")
    gateway = start_gateway()
    answer = gateway.caller(issuer.token(roles=[ROLE])).chat()
    assert (answer.status, answer.error["code"]) == (401, "bad-credential"), answer


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"])
def test_a_plain_issuer_with_other_algorithms(start_gateway, issuer, alg):
    gateway = start_gateway(
        {
            "issuers": {
                "plain": {
                    "issuer": issuer.base + "/generic",
                    "audience": AUDIENCE,
                    "algorithms": ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"],
                }
            },
            "routes": {
                "azure": {"authenticate": [{"jwt": {"issuer": "plain"}}], "authorise": [{"subjects": {"any": ["someone"]}}]}
            },
        }
    )
    passes(gateway, issuer.token(realm="generic", alg=alg))
    bad = issuer.token(realm="generic", alg=alg, sign="bad")
    assert gateway.caller(bad).chat().status == 401


def test_a_key_is_not_used_for_what_it_is_not_labelled_for(start_gateway, issuer):
    """The plain issuer says alg for each key: its RS256 key does not verify RS512."""
    gateway = start_gateway(
        {
            "issuers": {"plain": {"issuer": issuer.base + "/generic", "audience": AUDIENCE}},
            "routes": {
                "azure": {"authenticate": [{"jwt": {"issuer": "plain"}}], "authorise": [{"subjects": {"any": ["someone"]}}]}
            },
        }
    )
    kid = next(k["kid"] for k in issuer.key_list() if (k["realm"], k["alg"]) == ("generic", "RS256"))
    assert gateway.caller(issuer.token(realm="generic", alg="RS512", kid=kid)).chat().status == 401
    passes(gateway, issuer.token(realm="generic", alg="RS256", kid=kid))
