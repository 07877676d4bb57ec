"""`docs/suspension.md` shows the rules by which signals suspend as the program has them."""

from pathlib import Path

from gateway.guard_rules import table

PAGE = Path(__file__).parents[2] / "docs" / "suspension.md"


def test_the_page_holds_the_rules() -> None:
    assert table() in PAGE.read_text(), (
        "put the output of gateway.guard_rules.table() into docs/suspension.md"
    )
