"""Every dependency is explained, and locked by its hash without naming a place on the network or on this machine."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
LOCK_LINE = re.compile(r"[a-z0-9.-]+==[\w.]+( ; [\w .'=<>!()]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
DIGEST_LINE = re.compile(r"[0-9a-f]{128}  ([a-z0-9-]+)-[0-9.]+\.tgz")
LOCKS_THAT_NAME_HOSTS = {"package-lock.json", "pnpm-lock.yaml", "poetry.lock", "uv.lock", "yarn.lock"}
DIGESTS = (ROOT / "requirements" / "npm.sha512").read_text().splitlines()


def declared() -> set[str]:
    """The names of the packages that pyproject.toml and the npm digests ask for."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    asked = [PROJECT["project"]["dependencies"], *extras, *groups]
    names = [re.split(r"[^\w-]", line)[0] for group in asked for line in group if isinstance(line, str)]
    return {*names, *(DIGEST_LINE.sub(r"\1", line) for line in DIGESTS)}


def test_every_dependency_is_explained_and_nothing_else_is() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9-]+)[^ |]* \| .+ \| .+ \|$", page, re.MULTILINE)
    assert set(rows) - {"package"} == declared()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_versions_and_hashes_and_no_address(lock: Path) -> None:
    assert [line for line in lock.read_text().splitlines() if not LOCK_LINE.fullmatch(line)] == []


def test_npm_packages_are_held_by_their_digests() -> None:
    assert [line for line in DIGESTS if not DIGEST_LINE.fullmatch(line)] == []


def test_no_lock_of_a_kind_that_names_hosts_is_kept() -> None:
    assert [path for path in files() if path.name in LOCKS_THAT_NAME_HOSTS] == []


def test_no_file_names_a_folder_of_this_machine() -> None:
    folders = [f"{folder}/".encode() for folder in (ROOT, Path.home()) if folder != Path("/")]
    assert [path for path in files() if any(folder in path.read_bytes() for folder in folders)] == []
