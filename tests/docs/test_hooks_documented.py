"""`docs/hooks.md` holds the table of types as the program has it, and its examples work."""

import re
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from conversations.hooks import Suspending, hooks_of
from gateway.hooks.outcome import PAUSES
from gateway.hooks.page import shapes, table
from gateway.hooks.signing import headers
from parley import Scope, Veto, Widen
from state import hooks
from state.hooks import new_secret
from state.model.occurrence import TYPES, TrialData

PAGE = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text()
RECEIVER, AUTHORS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def module(text: str) -> ModuleType:
    made = ModuleType("page_hooks")
    exec(compile(text, "hooks.md", "exec"), made.__dict__)
    return made


def test_the_page_holds_the_types_and_their_shapes() -> None:
    assert table() in PAGE, "put the output of gateway.hooks.page.table() into docs/hooks.md"
    assert shapes() in PAGE, "put the output of gateway.hooks.page.shapes() into docs/hooks.md"


def test_the_body_that_is_shown_has_the_members_of_a_real_one() -> None:
    (shown,) = (msgspec.json.decode(each) for each in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    data = msgspec.json.encode(TrialData(**shown["data"])).decode()
    row = (shown["id"], shown["type"], "", shown["subject"], 1, data)
    assert msgspec.json.decode(hooks.body(shown["source"], row)) | {"time": shown["time"]} == shown
    assert shown["type"] in TYPES


def test_the_receiver_that_is_shown_takes_ours_and_nothing_else() -> None:
    verify, secret, now = module(RECEIVER).verify, new_secret().key, int(time.time())
    sent = dict(headers("e", now, b"{}", (new_secret().key, secret)))
    verify(sent, b"{}", secret)
    wrong: list[tuple[Any, ...]] = [
        (sent, b"[]", secret),
        (sent, b"{}", new_secret().key),
        (headers("e", now - 301, b"{}", (secret,)), b"{}", secret),
    ]
    for each in wrong:
        with pytest.raises(ValueError, match=r"not signed by Parley|too old"):
            verify(*each)


async def test_the_hooks_that_are_shown_do_what_the_page_says() -> None:
    asked, *others = hooks_of(module(AUTHORS))
    assert [each.moment for each in (asked, *others)] == ["before_suspend", "signal", "suspended", "lifted"]
    scopes = (Scope(campaign="sale"), Scope(channel="shop-de"), Scope())
    found = [await asked(Suspending(scope=each, ground="suspected_fraud", reason="x")) for each in scopes]
    assert [type(each) for each in found] == [Veto, Widen, type(None)]


def test_the_pauses_are_told() -> None:
    assert PAUSES == (5, 30, 120, 600, 3600, 3 * 3600, 5 * 3600)
    assert "after 5 s, 30 s, 2 min, 10 min, 1 h, 3 h, then every 5 h" in PAGE
