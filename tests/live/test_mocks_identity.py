"""The identity mocks against Microsoft's own client, directly: what it accepts, the gateway may rely on."""

import base64
import json
import time

import pytest

from mocks import FEDERATED_APP, SECRET, SECRET_APP, SYSTEM_IDENTITY, TENANT, USER_IDENTITY, call

identity = pytest.importorskip("azure.identity", reason="azure-identity is not installed (no registry?)")
from azure.core.exceptions import ClientAuthenticationError  # noqa: E402

SCOPE = "https://cognitiveservices.azure.com/.default"
RESOURCE = "https://cognitiveservices.azure.com"
IDENTITY_VARIABLES = (
    "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy",
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in IDENTITY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture
def imds(issuer, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", issuer.base)
    return issuer


def test_imds_gives_the_system_identity(imds):
    answer = identity.ManagedIdentityCredential().get_token(SCOPE)
    assert claims(answer.token)["aud"] == RESOURCE
    assert claims(answer.token)["appid"] == SYSTEM_IDENTITY
    assert 86000 < answer.expires_on - time.time() <= 86400
    asked = imds.journal("/metadata/*")[-1]
    assert asked["headers"]["metadata"] == "true" and asked["query"]["resource"] == RESOURCE


def test_imds_gives_a_user_assigned_identity(imds):
    answer = identity.ManagedIdentityCredential(client_id=USER_IDENTITY).get_token(SCOPE)
    assert claims(answer.token)["appid"] == USER_IDENTITY


def test_imds_by_resource_id_uses_its_own_word(imds):
    resource_id = imds.admin("GET", "ready")["identities"][1]["resource_id"]
    answer = identity.ManagedIdentityCredential(identity_config={"resource_id": resource_id}).get_token(SCOPE)
    assert claims(answer.token)["appid"] == USER_IDENTITY
    # mi_res_id is App Service's word: IMDS ignores it and answers for the system identity.
    _, _, wrong = call(
        "GET",
        f"{imds.base}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={RESOURCE}&mi_res_id={resource_id}",
        headers={"Metadata": "true"},
    )
    assert wrong["client_id"] == SYSTEM_IDENTITY and isinstance(wrong["expires_in"], str)


def test_imds_refuses_an_unknown_identity(imds):
    with pytest.raises((ClientAuthenticationError, identity.CredentialUnavailableError)):
        identity.ManagedIdentityCredential(client_id="00000000-0000-4000-8000-00000000dead").get_token(SCOPE)


def test_imds_is_asked_again_while_it_is_updated(imds):
    imds.steer(path="/metadata/*", status=429, times=2)
    answer = identity.ManagedIdentityCredential(retry_backoff_factor=0.01).get_token(SCOPE)
    assert claims(answer.token)["appid"] == SYSTEM_IDENTITY
    assert [r["status"] for r in imds.journal("/metadata/*")] == [429, 429, 200]


def test_imds_wants_its_header(issuer):
    status, _, body = call("GET", issuer.base + f"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={RESOURCE}")
    assert status == 400 and body["error"] == "bad_request_102"


def test_app_service_gives_a_token(issuer, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", issuer.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", issuer.identity_header)
    answer = identity.ManagedIdentityCredential(client_id=USER_IDENTITY).get_token(SCOPE)
    assert claims(answer.token)["appid"] == USER_IDENTITY
    asked = issuer.journal("/msi/*")[-1]
    assert asked["headers"]["x-identity-header"] == issuer.identity_header
    assert asked["query"]["api-version"] == "2019-08-01"


def test_app_service_refuses_a_wrong_header(issuer, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", issuer.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with pytest.raises(ClientAuthenticationError):
        identity.ManagedIdentityCredential().get_token(SCOPE)


def over_tls(issuer, authority):
    return {
        "authority": issuer.tls_base,
        "disable_instance_discovery": True,
        "connection_verify": str(authority.certificate),
    }


def test_client_secret(issuer, authority):
    credential = identity.ClientSecretCredential(TENANT, SECRET_APP, SECRET, **over_tls(issuer, authority))
    token = claims(credential.get_token("api://models/.default").token)
    assert token["azp"] == SECRET_APP and token["roles"] == ["Models.Use"] and token["ver"] == "2.0"


def test_wrong_client_secret(issuer, authority):
    credential = identity.ClientSecretCredential(TENANT, SECRET_APP, "wrong", **over_tls(issuer, authority))
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(SCOPE)


@pytest.fixture
def federated_token(issuer, tmp_path):
    """What the kubelet would write: a token of the cluster's issuer for Entra's exchange."""
    spec = {
        "realm": "generic",
        "audience": "api://AzureADTokenExchange",
        "subject": "system:serviceaccount:models:bartizan",
    }

    def write(**changes):
        path = tmp_path / "azure-identity-token"
        path.write_text(issuer.token(**{**spec, **changes}))
        return str(path)

    return write


def workload(issuer, authority, path):
    return identity.WorkloadIdentityCredential(
        tenant_id=TENANT, client_id=FEDERATED_APP, token_file_path=path, **over_tls(issuer, authority)
    )


def test_workload_identity(issuer, authority, federated_token):
    answer = workload(issuer, authority, federated_token()).get_token(SCOPE)
    assert claims(answer.token)["appid"] == FEDERATED_APP
    form = issuer.journal("*/oauth2/v2.0/token")[-1]["body"]
    assert "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer" in form


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"lifetime": -3600}, "AADSTS700024"),
        ({"subject": "system:serviceaccount:other:other"}, "AADSTS700213"),
        ({"audience": "api://other"}, "AADSTS700212"),
        ({"claims": {"iss": "https://elsewhere.example"}}, "AADSTS700211"),
        ({"sign": "bad"}, "AADSTS50013"),
    ],
)
def test_workload_identity_is_refused(issuer, authority, federated_token, changes, code):
    with pytest.raises(ClientAuthenticationError, match=code):
        workload(issuer, authority, federated_token(**changes)).get_token(SCOPE)


def test_certificate_credential(issuer, authority, tmp_path):
    """private_key_jwt as the SDK makes it (PS256), against a key that the app has registered."""
    import subprocess

    certificate, key = authority.issue("client-app", kind="rsa")
    public = subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout"], check=True, capture_output=True, text=True).stdout
    app = "22222222-0000-4000-8000-000000000003"
    issuer.admin("POST", "apps", {"apps": [{"client_id": app, "object_id": app, "roles": ["Models.Use"], "public_pem": public}]})
    both = tmp_path / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    credential = identity.CertificateCredential(TENANT, app, str(both), **over_tls(issuer, authority))
    assert claims(credential.get_token("api://models/.default").token)["azp"] == app
