"""The registry names every channel type and loads none before it is asked for."""

import subprocess
import sys

import pytest

from connectors import registry


@pytest.mark.parametrize("kind", ["whatsapp"])
def test_a_type_gives_its_connector_and_its_simulator(kind: str) -> None:
    assert registry.connector(kind).type == kind
    assert callable(registry.simulator(kind))


def test_an_unknown_type_is_named_with_those_there_are() -> None:
    with pytest.raises(
        registry.UnknownType, match=r"'pigeon' is no channel type; there are .*inapp.*whatsapp"
    ):
        registry.connector("pigeon")


def test_a_type_without_a_simulator_says_so() -> None:
    with pytest.raises(registry.UnknownType, match="'inapp' has no simulator"):
        registry.simulator("inapp")


def test_a_channel_that_is_not_configured_is_not_loaded() -> None:
    program = (
        "import sys, connectors.registry; print(*(n for n in sys.modules if n.startswith('connectors.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == ["connectors.contract", "connectors.registry", "connectors.terms"]
