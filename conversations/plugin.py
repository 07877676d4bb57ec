"""The pytest plugin: talks compared with a snapshot, and async tests of talks run without another plugin.

`def test_…(talk_snapshot)`: `talk_snapshot(c)` compares the transcript of a chat with the file of the test's name in
`talks/` beside it; `pytest --update-talks` writes it.
"""

import asyncio
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conversations.chat import Chat

_OTHERS = ("asyncio", "anyio", "trio")
_UNSAFE = re.compile(r"[^\w.-]+")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flag that writes snapshots."""
    group = parser.getgroup("parley")
    group.addoption(
        "--update-talks", action="store_true", help="write the transcripts that talks are compared with"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test that asks for `talk_snapshot`, or is marked `talk`, unless another plugin does.

    Those run what bears their mark, and in their `auto` mode they mark all. That they are installed says nothing:
    anyio comes with what Parley itself needs.
    """
    ours = "talk_snapshot" in pyfuncitem.fixturenames or pyfuncitem.get_closest_marker("talk")
    if not ours or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    if any(map(pyfuncitem.get_closest_marker, _OTHERS)) or "anyio_backend" in pyfuncitem.fixturenames:
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


def pytest_configure(config: pytest.Config) -> None:
    """The mark of async tests that are talks."""
    config.addinivalue_line("markers", "talk: an async test that is a talk; it needs no other plugin")


@pytest.fixture
def talk_snapshot(request: Any) -> Callable[[Chat], None]:
    """Compare the transcript of a chat with its snapshot."""
    name = _UNSAFE.sub("_", request.node.name).strip("_")
    file = Path(request.node.path).parent / "talks" / f"{name}.txt"

    def compare(talk: Chat) -> None:
        said = f"{talk.transcript}\n"
        if request.config.getoption("--update-talks"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(said, "utf-8")
        elif not file.is_file():
            pytest.fail(
                f"there is no {file}: look at the talk, then write it with --update-talks\n{said}",
                pytrace=False,
            )
        else:
            assert said == file.read_text("utf-8"), f"the talk is another than in {file}"

    return compare
