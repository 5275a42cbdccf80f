"""What callers and model servers try on the way through: names behind escapes, fields that others trust, heads at the limit."""

from wire import CHAT, chat

SECRETS = {"api%2Dkey": "s1", "API-Key": "s2", "%73ubscription-key": "s3", "access%5Ftoken": "s4", "c%6Fde": "s5"}


def target_of(model):
    return model.journal("*")[-1]["target"]


def test_credentials_in_the_query_stay_here_however_they_are_written(gateway, model, caller):
    extra = "".join(f"&{name}={value}" for name, value in SECRETS.items())
    assert caller.call("POST", CHAT + extra + "&kept=1", chat()).status == 200
    target = target_of(model)
    assert "kept=1" in target
    for value in SECRETS.values():
        assert f"={value}" not in target


def test_the_endpoints_api_version_cannot_be_doubled(start_gateway, model, token):
    endpoint = {"url": model.base, "api_version": "2024-10-21"}
    gateway = start_gateway({"pools": {"models": {"endpoints": [endpoint]}}})
    path = CHAT.split("?")[0] + "?api%2DVersion=2020-01-01"
    assert gateway.caller(token).call("POST", path, chat()).status == 200
    assert target_of(model).split("?")[1] == "api-version=2024-10-21"


def test_fields_that_others_trust_do_not_pass_through(start_gateway, model, token):
    route = {"match": {"path": "/raw/*"}, "pass_through": True, "authenticate": [{"jwt": {"issuer": "entra"}}],
             "authorise": ["anyone"], "select": "models"}
    gateway = start_gateway({"routes": {"raw": route}})
    held = {
        "X-Forwarded-For": "1.2.3.4", "X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", "X-Rewrite-URL": "/",
        "Remote-User": "root", "X-Remote-User": "root", "X-User-Id": "root", "X-Auth-Request-User": "root",
        "X-Client-IP": "1.2.3.4", "CF-Connecting-IP": "1.2.3.4", "HTTP2-Settings": "AAMAAABk",
    }
    gateway.caller(token).call("POST", "/raw/thing", chat(), {**held, "X-Custom": "kept"})
    sent = model.journal("/raw/*")[-1]["headers"]
    assert sent["x-custom"] == "kept"
    assert not {name.lower() for name in held} & set(sent)


def test_a_head_as_large_as_the_limits_allow_is_read(start_gateway, token):
    gateway = start_gateway({"limits": {"head_bytes": "256KiB", "field_bytes": "200KiB", "head": "3s"}})
    answer = gateway.caller(token).chat(headers={"X-Large": "l" * 150000})
    assert answer.status == 200


def test_an_answer_that_refused_us_leaves_the_figures_sane(start_gateway, model, token):
    gateway = start_gateway()
    model.steer("status_403", times=1)
    assert gateway.caller(token).chat().status == 502
    assert gateway.caller(token).chat().status == 200
    sums = {name: value for name, value in gateway.metrics().items() if "_seconds_sum" in name}
    assert any("time_to_first_token" in name for name in sums)
    assert all(0 <= value < 60 for value in sums.values()), sums


def test_a_long_prompt_of_many_lines_is_read(caller):
    content = "a line of a long document\n" * 100000
    answer = caller.chat(content)
    assert answer.status == 200, answer


def test_what_connection_names_goes_no_further(model, caller):
    assert caller.chat(headers={"Connection": "keep-alive, openai-beta", "OpenAI-Beta": "x", "aoai-evals": "y"}).status == 200
    sent = model.journal("*")[-1]["headers"]
    assert "openai-beta" not in sent and sent["aoai-evals"] == "y"
