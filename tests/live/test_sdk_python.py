"""The OpenAI SDK for Python, unmodified: first against the model mock, then through the gateway, with one result."""

import json
import ssl

import pytest

from wire import MODEL

openai = pytest.importorskip("openai", reason="the openai package is not installed (no registry?)")

API_VERSION = "2024-10-21"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Target:
    """Where the SDK is pointed at, and with which credential."""

    def __init__(self, name, url, credential, trust, model):
        self.name, self.url, self.credential, self.trust, self.model = name, url, credential, trust, model

    def http(self):
        verify = ssl.create_default_context(cafile=str(self.trust)) if self.trust else True
        return openai.DefaultHttpxClient(verify=verify, trust_env=False)

    def openai(self, **more):
        more = {"api_key": self.credential, "base_url": self.url + "/v1", "max_retries": 0, **more}
        return openai.OpenAI(http_client=self.http(), **more)

    def azure(self, **more):
        more = {"azure_ad_token": self.credential, "api_version": API_VERSION, "max_retries": 0, **more}
        return openai.AzureOpenAI(azure_endpoint=self.url, http_client=self.http(), **more)

    def client(self, kind, **more):
        return getattr(self, kind)(**more)


@pytest.fixture(params=["direct", "gateway"])
def target(request, model):
    if request.param == "direct":
        return Target("direct", model.base, "whoever", None, model)
    gateway = request.getfixturevalue("gateway")
    token = request.getfixturevalue("token")
    return Target("gateway", gateway.url, token, gateway.authority.certificate, model)


@pytest.fixture(params=["openai", "azure"])
def client(request, target):
    with target.client(request.param) as client:
        yield client


def ask(client, **more):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Say hello."}], **more)


def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices and c.choices[0].delta)


def test_chat(client):
    answer = ask(client)
    assert answer.choices[0].message.role == "assistant" and answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_stream(client):
    chunks = list(ask(client, stream=True))
    assert text_of(chunks) == "".join(f"word{n} " for n in range(10))
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    # Nobody asked for the usage: whatever the gateway asked the model for, the caller does not see it.
    assert all(not c.usage for c in chunks)


def test_stream_with_usage(client):
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].usage.total_tokens > 0 and not chunks[-1].choices
    assert all(not c.usage for c in chunks[:-1])


def test_tools(client, model):
    model.steer("tool_call")
    answer = ask(client, tools=[WEATHER], tool_choice="required")
    called = answer.choices[0].message.tool_calls[0]
    assert answer.choices[0].finish_reason == "tool_calls"
    assert called.function.name == "get_weather" and isinstance(json.loads(called.function.arguments), dict)


def test_tools_in_a_stream(client, model):
    model.steer("tool_call")
    name, arguments, finish = "", "", None
    for chunk in ask(client, tools=[WEATHER], tool_choice="required", stream=True):
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            for part in (choice.delta.tool_calls or []) if choice.delta else []:
                name += part.function.name or ""
                arguments += part.function.arguments or ""
    assert (name, finish) == ("get_weather", "tool_calls") and isinstance(json.loads(arguments), dict)


def test_several_choices(client):
    answer = ask(client, n=2)
    assert [c.index for c in answer.choices] == [0, 1]


def test_embeddings(client):
    answer = client.embeddings.create(model=MODEL, input="one", encoding_format="float")
    assert answer.data[0].index == 0 and len(answer.data[0].embedding) > 0
    assert answer.usage.prompt_tokens > 0


def test_completion(client):
    answer = client.completions.create(model=MODEL, prompt="Once upon a time")
    assert answer.choices[0].text


def test_responses(target):
    with target.openai() as client:
        answer = client.responses.create(model=MODEL, input="Say hello.")
        assert answer.status == "completed" and answer.output_text
        assert answer.usage.total_tokens > 0


def test_responses_stream(target):
    with target.openai() as client:
        events = list(client.responses.create(model=MODEL, input="Say hello.", stream=True))
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert text == "".join(f"word{n} " for n in range(10))
    assert events[-1].response.usage.total_tokens > 0
    assert [e.sequence_number for e in events] == sorted(e.sequence_number for e in events)


def test_azure_v1(target):
    with target.openai(base_url=target.url + "/openai/v1") as client:
        assert ask(client).choices[0].message.content


def test_parallel_streams(target):
    """Forty at once over one client: every one is whole and none gets another's events."""
    from concurrent.futures import ThreadPoolExecutor

    def one(client, number):
        words = f"number {number}"
        chunks = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": words}], stream=True
        )
        return text_of(chunks)

    with target.azure() as client, ThreadPoolExecutor(40) as pool:
        texts = list(pool.map(lambda n: one(client, n), range(40)))
    assert all(texts)


def test_a_deployment_of_the_clients_own(target):
    """azure_deployment names the path; `model` in the body is then a mere remark, which Azure ignores."""
    with target.azure(azure_deployment="gpt-4o") as client:
        answer = client.chat.completions.create(model="gpt-4o-2024-11-20", messages=[{"role": "user", "content": "Hi."}])
    assert answer.choices[0].message.content
    asked = target.model.journal()[-1]
    assert asked["path"] == "/openai/deployments/gpt-4o/chat/completions"
    if target.name == "gateway":  # its route says rewrite_model: path and body agree behind it
        assert json.loads(asked["body"])["model"] == "gpt-4o"


# ---- errors and retries, as the SDK reads them ----


def test_too_many_requests_are_retried(target):
    target.model.steer("status_429", times=1, retry_after_ms=50)
    with target.azure(max_retries=2) as client:
        assert ask(client).choices[0].message.content
    assert len(target.model.journal("*/chat/completions")) == 2


@pytest.mark.parametrize(
    "mode, status, kind",
    [
        ("status_400_filter", 400, "BadRequestError"),
        ("status_404", 404, "NotFoundError"),
        ("status_429", 429, "RateLimitError"),
        ("status_500", 500, "InternalServerError"),
        ("status_503", 503, "InternalServerError"),
    ],
)
def test_the_models_errors_arrive_as_themselves(target, mode, status, kind):
    target.model.steer(mode)
    with target.azure() as client, pytest.raises(getattr(openai, kind)) as error:
        ask(client)
    assert error.value.status_code == status and error.value.body


def test_content_filter_of_the_model(target):
    target.model.steer("status_400_filter")
    with target.azure() as client, pytest.raises(openai.BadRequestError) as error:
        ask(client)
    assert error.value.code == "content_filter" and error.value.param == "prompt"


def test_annotations_and_comments_do_not_disturb(client, model):
    for mode, finish in (("stream_filter", "content_filter"), ("stream_crlf", "stop")):
        model.admin("POST", "reset", {})
        model.steer(mode)
        chunks = list(ask(client, stream=True))
        assert text_of(chunks) == "".join(f"word{n} " for n in range(10))
        assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == finish


@pytest.mark.parametrize("mode", ["stream_error", "stream_cut"])
def test_a_stream_that_fails_is_raised(target, mode):
    """Broken off is told as an error by the gateway, not left to look like an end."""
    if (target.name, mode) == ("direct", "stream_cut"):
        pytest.skip("what the SDK makes of a cut connection is its own business")
    target.model.steer(mode)
    with target.azure() as client, pytest.raises(openai.APIError):
        list(ask(client, stream=True))


# ---- what only the gateway does ----


@pytest.fixture
def through(gateway, token, model):
    return Target("gateway", gateway.url, token, gateway.authority.certificate, model)


def test_a_token_provider_serves_as_it_is(through, issuer):
    """What azure.identity.get_bearer_token_provider returns is such a function."""
    asked = []

    def provider():
        asked.append(1)
        return issuer.token(roles=["Models.Use"])

    with through.azure(azure_ad_token=None, azure_ad_token_provider=provider) as client:
        assert ask(client).choices[0].message.content
    assert asked


def test_a_request_id_comes_with_every_answer(through):
    with through.openai() as client:
        assert ask(client)._request_id


def test_the_models_that_the_caller_may_use_are_listed(start_gateway, token, model):
    names = {"any": ["gpt-4o", "gpt-4o-mini"], "grants": [{"models": ["o3"], "roles": ["Models.Premium"]}]}
    gateway = start_gateway({"routes": {"openai": {"admit": [{"models": names}]}}})
    target = Target("gateway", gateway.url, token, gateway.authority.certificate, model)
    with target.openai() as client:
        assert sorted(m.id for m in client.models.list()) == ["gpt-4o", "gpt-4o-mini"]


def test_a_refused_token_is_an_authentication_error(through, issuer):
    through.credential = issuer.token(roles=["Models.Use"], lifetime=-3600)
    for kind in ("openai", "azure"):
        with through.client(kind, max_retries=2) as client, pytest.raises(openai.AuthenticationError) as error:
            ask(client)
        assert error.value.status_code == 401 and error.value.code == "expired"
        assert error.value.response.headers["x-should-retry"] == "false"
    assert not through.model.journal()


def test_a_missing_role_is_a_permission_error(through, issuer):
    through.credential = issuer.token(roles=["Other.Role"])
    with through.openai(max_retries=2) as client, pytest.raises(openai.PermissionDeniedError) as error:
        ask(client)
    assert error.value.code == "not-allowed" and error.value.request_id


def test_an_unknown_path_is_not_found(through):
    with through.openai(base_url=through.url + "/elsewhere") as client, pytest.raises(openai.NotFoundError):
        ask(client)


def test_an_upstream_that_refuses_us_is_no_fault_of_the_caller(through):
    """A caller who read 401 would throw a good token away."""
    through.model.steer("status_401")
    with through.azure() as client, pytest.raises(openai.InternalServerError) as error:
        ask(client)
    assert error.value.status_code == 502
