"""Detectors of other packages are found by their entry points, and one that cannot be loaded is named."""

from importlib.metadata import EntryPoint

import pytest

from gateway import detectors
from gateway.detectors import GROUP, OURS, BadDetector, Counts, Finding, Thresholds
from state.model.suspension import Scope

NO_FUNCTION = 1


def silence(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """Nobody answers any more."""
    scope = Scope(channel=counts.channel)
    return Finding(code="silence", scope=scope, severity="warn", reason="nobody answers", numbers={})


def points(monkeypatch: pytest.MonkeyPatch, name: str, what: str) -> None:
    point = EntryPoint(name, f"tests.gateway.detectors.test_custom:{what}", GROUP)
    monkeypatch.setattr(detectors, "entry_points", lambda group: [point] if group == GROUP else [])


def test_a_detector_of_another_package_is_loaded_beside_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    points(monkeypatch, "silence", "silence")
    assert detectors.load() == {**OURS, "silence": silence}


@pytest.mark.parametrize(
    ("name", "what", "says"),
    [
        ("silence", "gone", "detector 'silence' .*gone.* cannot be loaded"),
        ("silence", "NO_FUNCTION", "detector 'silence' .* is no function"),
        ("error_ratio", "silence", "detector 'error_ratio' .* of that name already"),
        ("rest", "silence", "detector 'rest' .* of that name already"),
    ],
)
def test_one_that_cannot_be_loaded_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, what: str, says: str
) -> None:
    points(monkeypatch, name, what)
    with pytest.raises(BadDetector, match=says):
        detectors.load()
