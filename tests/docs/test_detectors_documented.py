"""`docs/detectors.md` says of every detector what the program does, and its example is one."""

import re
from pathlib import Path

from gateway.detectors import OURS, Counts, standard, with_own
from gateway.detectors.page import table
from state.traffic import HOUR

PAGE = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text()


def test_the_page_holds_the_thresholds_as_the_program_has_them() -> None:
    assert table() in PAGE, "put the output of python -m gateway.detectors.page into docs/detectors.md"


def test_every_detector_has_a_row() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| [^`|]* \| `(?:WARN|FRAUD)` \|", PAGE, re.MULTILINE)) == set(OURS)


def test_the_example_is_a_detector() -> None:
    space: dict[str, object] = {}
    exec(PAGE.split("```python\n")[1].split("```")[0], space)
    silence = space["silence"]
    assert callable(silence)
    own = with_own(standard(), {"silence": {"least": 600}}, ["silence"])
    assert silence(Counts("wa", [(HOUR, "unasked", 500)]), standard(), HOUR).severity == "warn"
    assert silence(Counts("wa", [(HOUR, "unasked", 500)]), own, HOUR) is None
    assert silence(Counts("wa", [(HOUR, "unasked", 500), (HOUR, "inbound", 1)]), standard(), HOUR) is None
