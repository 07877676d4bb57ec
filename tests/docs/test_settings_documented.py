"""`docs/settings.md` says of every setting what the program does."""

import tomllib
from pathlib import Path

from gateway.settings import TABLE, read
from gateway.settings_page import table

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_holds_the_table_of_settings_as_the_program_has_it() -> None:
    assert table() in PAGE.read_text(), (
        "put the output of gateway.settings_page.table() into docs/settings.md"
    )


def test_every_setting_has_a_meaning() -> None:
    assert [each.name for each in TABLE if len(each.limit.meaning) < 10] == []


def test_the_example_file_is_accepted(tmp_path: Path) -> None:
    example = PAGE.read_text().split("```toml\n")[1].split("```")[0]
    (tmp_path / "parley.toml").write_text(example.replace("seal_key_file", "# seal_key_file"))
    settings = read(str(tmp_path / "parley.toml"), {})
    assert {name: getattr(settings, name) for name in ("port", "bots", "bot_path")} == {
        "port": tomllib.loads(example)["port"],
        "bots": ("hotel:Hotel",),
        "bot_path": "bots",
    }
