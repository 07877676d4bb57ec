"""What is wrong with a field is said in words, with what is allowed."""

from typing import Any, Literal

import msgspec
import pytest

from gateway.problems import Problem, decoded
from state.model.content import Content


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    content: Content
    count: int = 0
    sides: list[Literal["in", "out"]] = []
    name: str | None = None


TEXT = {"type": "text", "text": "hi"}
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "another type": ({"content": TEXT, "count": "4"}, "count", "it must be a whole number, not text"),
    "one of two types": ({"content": TEXT, "name": 4}, "name", "it must be text or null, not a whole number"),
    "a kind there is not": (
        {"content": {"type": "media", "kind": "gif"}}, "content.kind",
        "'gif' is not allowed here; allowed is: audio, document, image, sticker, video",
    ),
    "a tag there is not": ({"content": {"type": "txt"}}, "content.type", "'txt' is not allowed here; allowed is: t"),
    "a member": ({"content": TEXT, "sides": ["up"]}, "sides[0]", "'up' is not allowed here; allowed is: in, "),
    "a field that is missing": ({}, "content", "it is missing"),
    "a field there is not": ({"content": TEXT, "colour": 1}, "colour", "there is no such field here"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "field", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_in_words(body: dict[str, Any], field: str, told: str) -> None:
    with pytest.raises(Problem) as wrong:
        decoded(msgspec.json.encode(body), Asked)
    assert (wrong.value.field, wrong.value.detail[: len(told)]) == (field, told)
