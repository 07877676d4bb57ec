"""The pages say what is so: their links lead somewhere, their examples work, their commands exist."""

import re
import tomllib
from pathlib import Path

import pytest

from connectors import matrix, terms_page
from gateway.policy.offered import offered
from gateway.settings import read

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "node_modules" for part in page.relative_to(ROOT).parts)
)
README = (ROOT / "README.md").read_text()


def block(text: str, language: str) -> str:
    """The first block of code in a language."""
    found = re.search(rf"^( *)```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    assert found
    return re.sub(rf"^{found[1]}", "", found[2], flags=re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_first_bot_is_the_one_that_is_tried_and_has_15_lines() -> None:
    shown = block(README, "python")
    assert shown == block((ROOT / "conversations" / "README.md").read_text(), "python")
    assert len(shown.splitlines()) <= 15


def test_the_settings_file_of_the_first_page_is_accepted(tmp_path: Path) -> None:
    example = block(README, "toml")
    (tmp_path / "seal.key").write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    path = tmp_path / "parley.toml"
    path.write_text(example.replace("seal.key", str(tmp_path / "seal.key")))
    assert read(str(path), {}).public_url == tomllib.loads(example)["public_url"]


def test_every_make_command_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z0-9-]+)", page.read_text())}
    named |= set(re.findall(r"^make ([a-z0-9-]+)", README, re.MULTILINE))
    assert named - targets == set()
    assert {"run", "test"} <= named


def test_the_page_about_channels_is_what_the_connectors_declare() -> None:
    page = (Path(__file__).parents[2] / "docs" / "channels.md").read_text()
    assert page == matrix.page(), "run python -m connectors.matrix > docs/channels.md"


def test_the_page_about_terms_is_what_the_documents_say() -> None:
    page = (ROOT / "docs" / "terms.md").read_text()
    assert page == terms_page.page(), "run python -m connectors.terms_page > docs/terms.md"


def test_the_page_about_teams_names_each_country_where_the_service_is_offered() -> None:
    page = (ROOT / "docs" / "teams.md").read_text()
    named = re.findall(r"`([A-Z]{2})`", page.split("| region |")[1].split("## Settings")[0])
    assert (sorted(named), len(named)) == (sorted(offered()), 58)


def test_the_first_page_names_the_country_and_the_terms_on_the_way_to_a_real_number() -> None:
    steps = README.split("## A real WhatsApp number")[1].split("\n## ")[0]
    assert 'country = "' in block(README, "toml")
    assert ["channels terms support" in steps, "channels accept support" in steps] == [True, True]
