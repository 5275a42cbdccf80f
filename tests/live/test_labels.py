"""Sensitivity labels decide over real sockets: refused, sent to another pool, taken out, told; of a stream and of a whole answer alike."""

import pytest

from wire import CHAT_V1, chat

ORDER = ["Public", "General", "Confidential", "Highly Confidential", "Secret"]
GUID = "2096f6a2-d2f7-48be-b329-b73aaa526e5d"


def labelled(name, text="the plan for next year"):
    return f"{text}\nMSIP_Label_{GUID}_Enabled=true\nMSIP_Label_{GUID}_Name={name}\n"


@pytest.fixture
def labels(start_gateway, gateway, model):
    plain = gateway.config["pools"]["models"]
    rule = {"order": ORDER, "report": "General", "route": "Confidential", "pool": "inside", "mask": "Highly Confidential", "refuse": "Secret"}
    return start_gateway(
        {
            "pools": {"inside": {**plain, "endpoints": [{"url": model.base + "/openai/v1"}]}},
            "routes": {"openai": {"inspect": [{"labels": {**rule, "headers": ["x-label"]}}]}},
        }
    )


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_label_does(labels, model, token, stream):
    def say(text, headers=None):
        model.reset()
        answer = labels.caller(token).call("POST", CHAT_V1, chat(text, stream=stream), headers=headers)
        got = model.journal()
        assert len(got) == (answer.status == 200), answer
        return answer, got[0] if got else None

    for text, path in (("the plan", "/v1/"), (labelled("General"), "/v1/"), (labelled("Confidential"), "/openai/v1/")):
        answer, got = say(text)
        assert answer.status == 200 and got["path"] == path + "chat/completions" and "the plan" in got["body"]
        assert (b"[DONE]" in answer.raw) == stream
    answer, got = say(labelled("Highly Confidential"))
    assert "the plan" not in got["body"] and "[removed: labelled Highly Confidential]" in got["body"]
    for text, headers in ((labelled("Secret"), None), (labelled("Nobody knows"), None), ("the plan", {"X-Label": "Secret"})):
        answer, _ = say(text, headers)
        assert (answer.status, answer.error["code"]) == (400, "prompt-refused"), answer
        assert "Secret" not in answer.raw.decode()
    told = [[(f["rule"], f["action"]) for f in line.get("findings", [])] for line in labels.journal(7)]
    assert told == [
        [], [("label:General", "report")], [("label:Confidential", "route")], [("label:Highly Confidential", "mask")],
        [("label:Secret", "refuse")], [("label:unknown", "refuse")], [("label:Secret", "refuse")],
    ]  # fmt: skip
