"""The gateway's own identity towards the model, and that nothing of the caller's gets there."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor

from gateway import merged
from mocks import FEDERATED_APP, SYSTEM_IDENTITY, TENANT, USER_IDENTITY
from wire import CHAT, chat

RESOURCE = "https://cognitiveservices.azure.com"
SCOPE = RESOURCE + "/.default"


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def forwarded(model):
    asked = [r for r in model.journal() if r["path"].endswith("/chat/completions")]
    assert asked, "nothing reached the model"
    return asked[-1]


def identity_of(model):
    scheme, token = forwarded(model)["headers"]["authorization"].split(" ")
    assert scheme == "Bearer"
    return claims(token)


def start(start_gateway, env=None, **identity):
    return start_gateway({"pools": {"models": {"identity": {"managed": None, "scope": None, **identity}}}}, env)


def test_imds(start_gateway, issuer, model, token):
    gateway = start(start_gateway, managed="imds", scope=SCOPE)
    assert gateway.caller(token).chat().status == 200
    mine = identity_of(model)
    assert (mine["aud"], mine["appid"]) == (RESOURCE, SYSTEM_IDENTITY)
    assert len(issuer.journal("/metadata/*")) == 1
    assert gateway.caller(token).chat().status == 200
    assert len(issuer.journal("/metadata/*")) == 1  # kept, not fetched for each request


def test_imds_with_a_named_identity(start_gateway, issuer, model, token):
    gateway = start(start_gateway, managed="imds", scope=SCOPE, client_id=USER_IDENTITY)
    assert gateway.caller(token).chat().status == 200
    assert identity_of(model)["appid"] == USER_IDENTITY


def test_another_identity_than_the_one_asked_for_is_not_used(start_gateway, issuer, model, token):
    # A gateway does not get ready with a wrong identity; one that serves already gets it by a reload.
    gateway = start(start_gateway, managed="imds", scope=SCOPE)
    issuer.set(imds_wrong_identity=True)
    gateway.write(merged(gateway.config, {"pools": {"models": {"identity": {"client_id": USER_IDENTITY}}}}))
    gateway.reload()
    end = time.monotonic() + 10
    while gateway.metrics()["bartizan_generation"] < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    answer = gateway.caller(token).chat()
    assert (answer.status, answer.error["code"]) == (503, "no-identity"), answer
    assert model.journal() == []


def test_app_service(start_gateway, issuer, model, token):
    env = {"IDENTITY_ENDPOINT": issuer.identity_endpoint, "IDENTITY_HEADER": issuer.identity_header}
    for source in ("app_service", "auto"):
        gateway = start(start_gateway, env, managed=source, scope=SCOPE)
        assert gateway.caller(token).chat().status == 200
        assert identity_of(model)["appid"] == SYSTEM_IDENTITY
        asked = issuer.journal("/msi/*")[-1]
        assert asked["query"]["api-version"] == "2019-08-01" and asked["query"]["resource"] == RESOURCE
        gateway.stop()


def test_workload_identity(start_gateway, issuer, model, token, authority, tmp_path):
    path = tmp_path / "azure-identity-token"

    def write():
        path.write_text(
            issuer.token(
                realm="generic", audience="api://AzureADTokenExchange", subject="system:serviceaccount:models:bartizan"
            )
            + "\n"
        )

    write()
    env = {
        "AZURE_CLIENT_ID": FEDERATED_APP,
        "AZURE_TENANT_ID": TENANT,
        "AZURE_FEDERATED_TOKEN_FILE": str(path),
        "AZURE_AUTHORITY_HOST": issuer.base + "/",
    }
    for source in ("workload", "auto"):
        gateway = start(start_gateway, env, managed=source, scope=SCOPE)
        assert gateway.caller(token).chat().status == 200
        assert identity_of(model)["appid"] == FEDERATED_APP
        gateway.stop()


def test_a_crowd_causes_one_token_request(start_gateway, issuer, model, token):
    issuer.steer(path="/metadata/*", delay_ms=300)
    gateway = start(start_gateway, managed="imds", scope=SCOPE)
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: gateway.caller(token).chat().status, range(30)))
    assert set(answers) == {200}
    assert len(issuer.journal("/metadata/*")) == 1


def test_imds_is_asked_again_while_it_is_updated(start_gateway, issuer, model, token):
    issuer.steer(path="/metadata/*", status=410, times=2)
    gateway = start(start_gateway, managed="imds", scope=SCOPE)
    end = time.monotonic() + 30
    while (answer := gateway.caller(token).chat()).status != 200:
        assert answer.error["code"] == "no-identity" and time.monotonic() < end, answer
        time.sleep(0.2)
    assert [r["status"] for r in issuer.journal("/metadata/*")] == [410, 410, 200]


def test_a_refused_identity_is_renewed_once_and_never_the_callers_fault(start_gateway, issuer, model, token):
    gateway = start(start_gateway, managed="imds", scope=SCOPE)
    model.steer("status_401", times=1)
    answer = gateway.caller(token).chat()
    assert answer.status in (200, 502), answer
    model.steer("status_401")
    answer = gateway.caller(token).chat()
    assert answer.status == 502 and "www-authenticate" not in answer.headers, answer


def test_a_key_from_a_file(start_gateway, model, token, tmp_path):
    path = tmp_path / "api-key"
    path.write_text("sk-model-key-1\n")
    gateway = start_gateway({"pools": {"models": {"identity": {"managed": None, "scope": None, "key": f"file:{path}"}}}})
    assert gateway.caller(token).chat().status == 200
    asked = forwarded(model)["headers"]
    assert asked["api-key"] == "sk-model-key-1" and "authorization" not in asked


HELD_BACK = {
    "api-key": "callers-key",
    "x-api-key": "callers-key",
    "Ocp-Apim-Subscription-Key": "callers-key",
    "Cookie": "session=callers",
    "Proxy-Authorization": "Basic callers",
    "x-policy-id": "none",
    "azureml-model-deployment": "canary",
    "x-ms-client-principal": "callers",
    "X-Forwarded-For": "10.0.0.1",
    "X-Forwarded-Host": "callers",
    "Connection": "keep-alive, X-Private",
    "X-Private": "callers",
    "TE": "trailers",
    "Upgrade": "websocket",
}


def test_nothing_of_the_callers_reaches_the_model(gateway, token, model):
    answer = gateway.caller(token).chat(headers=HELD_BACK)
    assert answer.status in (200, 400), answer
    if answer.status == 400:  # an api-key beside a bearer token is a second credential
        only = {k: v for k, v in HELD_BACK.items() if "key" not in k.lower()}
        assert gateway.caller(token).chat(headers=only).status == 200
    asked = forwarded(model)
    assert token not in json.dumps(asked) and "callers" not in json.dumps(asked)
    assert "canary" not in json.dumps(asked) and "10.0.0.1" not in json.dumps(asked)


def test_the_body_arrives_as_it_was_sent(gateway, token, model):
    body = chat("Grüße, 世界 \\u0041 \U0001f600", temperature=0.5, user="u")
    assert gateway.caller(token).call("POST", CHAT, body).status == 200
    assert json.loads(forwarded(model)["body"]) == body


def test_the_trace_goes_on(gateway, token, model):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert gateway.caller(token).chat(headers={"traceparent": trace, "tracestate": "vendor=one,0other@x=2"}).status == 200
    headers = forwarded(model)["headers"]
    sent = headers["traceparent"]
    assert sent.split("-")[1] == trace.split("-")[1] and sent.split("-")[2] != trace.split("-")[2]
    assert headers["tracestate"] == "vendor=one,0other@x=2"
