"""The published schema and the page about the model are the code's."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from state.model import schema
from state.model.action import Action
from state.model.address import SCHEMES
from state.model.content import Content
from state.model.event import Event

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "model.md").read_text()
WORDS = [
    *(each.__struct_config__.tag for each in get_args(Content)),
    *(each.__struct_config__.tag for each in get_args(Event)),
    *SCHEMES,
    *Action,
]


def references(value: Any) -> set[str]:
    """Every definition that is pointed to."""
    return set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(value)))


def test_the_published_schema_is_the_code_s() -> None:
    published = (DOCS / "message-model.json").read_text()
    assert published == schema.text() + "\n", "run python -m state.model.schema > docs/message-model.json"


def test_every_reference_has_its_definition() -> None:
    made = schema.schema()
    assert references(made) <= made["$defs"].keys()
    assert "Address" in references(made["$defs"]["MessageReceived"])


def test_every_type_says_what_it_is() -> None:
    unions = {"Content", "Event"}
    assert [name for name, each in schema.schema()["$defs"].items() if not each.get("description")] == sorted(
        unions
    )


def test_the_page_explains_every_kind_of_content_event_and_outcome() -> None:
    assert [word for word in WORDS if f"`{word}`" not in PAGE] == []


@pytest.mark.parametrize("kind", [*get_args(Content), *get_args(Event)], ids=lambda kind: kind.__name__)
def test_a_definition_has_the_fields_of_its_struct_and_no_others(kind: type[msgspec.Struct]) -> None:
    config = kind.__struct_config__
    defined = schema.schema()["$defs"][kind.__name__]
    assert defined["properties"].keys() == {config.tag_field, *kind.__struct_encode_fields__}
    assert defined["additionalProperties"] is False
