"""`docs/errors.md` explains every error code, with the status the program gives."""

import re
from pathlib import Path

from gateway.problems import CODES

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_every_code_is_explained_with_its_status_and_no_other_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE.read_text(), re.MULTILINE)
    assert [(name, int(status)) for name, status in rows] == [
        (name, code.status) for name, code in CODES.items()
    ]
