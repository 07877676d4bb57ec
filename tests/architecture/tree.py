"""The checkout as the architecture tests read it: its files and functions, without what .gitignore names."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway", "connectors", "conversations", "admin", "state")
IGNORED = [".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text().split())]


class Function(NamedTuple):
    """A function, where it stands and how many lines it takes with its docstring."""

    place: str
    name: str
    lines: int


def entries(folder: Path = ROOT) -> list[Path]:
    """List what a folder holds."""
    return [
        path for path in sorted(folder.iterdir()) if not any(fnmatch(path.name, name) for name in IGNORED)
    ]


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Walk through the files under a folder."""
    for path in entries(folder):
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def functions(path: Path) -> Iterator[Function]:
    """Read the functions of a Python file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            yield Function(place, node.name, (node.end_lineno or node.lineno) - node.lineno + 1)


def imports(path: Path) -> Iterator[str]:
    """Read the dotted names of the modules that a Python file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
