"""Thresholds are data with sources, and a team changes figures by name."""

import pytest

from gateway.detectors import OURS, BadThresholds, standard, with_own


def test_every_detector_has_thresholds_and_each_names_its_source() -> None:
    assert set(standard().named()) == {*OURS, "rest"}
    assert [name for name, each in standard().named().items() if not each.source] == []  # type: ignore[attr-defined]


def test_a_team_changes_single_figures() -> None:
    made = with_own(standard(), {"error_ratio": {"share": 0.5}, "mine": {"least": 3}}, ["mine"])
    assert (made.error_ratio.share, made.error_ratio.least) == (0.5, standard().error_ratio.least)
    assert made.error_ratio.source == "the team's settings"
    assert (made.opt_out_ratio, made.own) == (standard().opt_out_ratio, {"mine": {"least": 3}})


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"eror_ratio": {"share": 0.5}}, "detectors.eror_ratio: there is no such detector"),
        ({"error_ratio": {"shares": 0.5}}, "detectors.error_ratio: .*shares"),
        ({"error_ratio": {"share": -1}}, "detectors.error_ratio.share"),
        ({"new_recipients": {"weeks": 9}}, "detectors.new_recipients: .*weeks"),
    ],
)
def test_what_cannot_be_is_refused_by_name(own: dict[str, dict[str, float]], says: str) -> None:
    with pytest.raises(BadThresholds, match=says):
        with_own(standard(), own)
