"""The archive of a flow's source: what a version was written as, kept with the conversations that it began.

A version is loaded again beside the one that is served now: its modules get names and file names of their own, and
what they import from their project comes from the archive, everything else from what is installed.
"""

import ast
import builtins
import importlib.util
import linecache
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from conversations.bot import Bot
from conversations.errors import FlowError
from conversations.loading import OURS, flows_of
from conversations.router import compiled
from conversations.source import imports, known_as
from state.model.base import Value


class Source(Value, frozen=True):
    """A module: its file, its text, and whether it is a package."""

    file: str
    text: str
    package: bool = False


class Archive(Value, frozen=True):
    """A flow by name, the module it stands in, and every module of its project that it imports."""

    flow: str
    module: str
    modules: dict[str, Source]

    def pack(self) -> bytes:
        """As it is stored."""
        return zlib.compress(msgspec.json.encode(self))


def unpack(raw: bytes) -> Archive:
    """An archive as it was stored; raises FlowError."""
    try:
        return msgspec.json.decode(zlib.decompress(raw), type=Archive)
    except (zlib.error, msgspec.DecodeError) as error:
        raise FlowError(f"the archive of a flow cannot be read: {error}") from error


def archive(bot: Bot) -> Archive:
    """The source of a bot that is served; raises FlowError where there is none, as of one typed at a prompt."""
    module = sys.modules.get(bot.module)
    file = getattr(module, "__file__", None)
    if module is None or not file or not Path(file).is_file():
        raise FlowError(f"{bot.name} has no source file to keep")
    root = Path(file).resolve().parents[bot.module.count(".")]
    found: dict[str, Source] = {}
    _collect(bot.module, root, found)
    return Archive(bot.name, known_as(bot.module), found)


def _collect(name: str, root: Path, found: dict[str, Source]) -> None:
    """A module, the packages it is in, and what it imports from the same project."""
    for part in _parents(name):
        module = sys.modules.get(part)
        file = Path(getattr(module, "__file__", None) or "")
        if module is None or known_as(part) in found or not _own(part, file, root):
            continue
        package = file.name == "__init__.py"
        text = file.read_text("utf-8")
        found[known_as(part)] = Source(str(file), text, package)
        for wanted in imports(ast.parse(text), part, package=package):
            _collect(wanted, root, found)


def _own(name: str, file: Path, root: Path) -> bool:
    inside = file.is_file() and root in file.resolve().parents and "site-packages" not in file.parts
    return inside and name.partition(".")[0] not in OURS


def _parents(name: str) -> Iterable[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def load(kept: Archive, version: str) -> Bot:
    """The bot of an archive, under the version it was kept as; raises FlowError saying what went wrong."""
    try:
        module = _Loader(kept, version).module(kept.module)
    except Exception as error:
        kind = type(error).__name__
        raise FlowError(
            f"{kept.flow} of version {version} cannot be loaded again: {kind}: {error}"
        ) from error
    flow = next((each for name, each in flows_of(module) if compiled(each).name == kept.flow), None)
    if flow is None:
        raise FlowError(f"{kept.flow} is not in the archive of version {version}")
    bot = compiled(flow)
    bot.version = version
    return bot


class _Loader:
    """Makes an archive's modules, each once, beside those of the same name that are there."""

    def __init__(self, kept: Archive, version: str) -> None:
        self._kept, self._version = kept, version
        self._made: dict[str, ModuleType] = {}

    def module(self, name: str) -> ModuleType:
        """A module of the archive, and the packages it is in."""
        parent: ModuleType | None = None
        for part in _parents(name):
            made = self._made.get(part) or self._make(part)
            if parent is not None:
                setattr(parent, part.rpartition(".")[2], made)
            parent = made
        assert parent is not None
        return parent

    def _make(self, name: str) -> ModuleType:
        source = self._kept.modules.get(name, Source("", "", package=True))
        own, file = f"{name}@{self._version}", f"{source.file or name}@{self._version}"
        module = ModuleType(own)
        scope: dict[str, Any] = module.__dict__
        scope["__file__"], scope["__builtins__"] = file, vars(builtins) | {"__import__": self._import}
        scope["__package__"] = name if source.package else name.rpartition(".")[0]
        if source.package:
            scope["__path__"] = []
        self._made[name] = sys.modules[own] = module
        linecache.cache[file] = (len(source.text), None, source.text.splitlines(keepends=True), file)
        exec(compile(source.text, file, "exec"), scope)  # noqa: S102 - the author's own code, of another version
        return module

    def _import(
        self,
        name: str,
        scope: Mapping[str, Any] | None = None,
        local: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """What an `import` in the archive's modules does."""
        full = name
        if level:
            full = importlib.util.resolve_name(
                "." * level + name, str((scope or {}).get("__package__") or "_")
            )
        if not self._has(full):
            return builtins.__import__(name, scope, local, names or (), level)
        module = self.module(full)
        for each in names or ():
            if self._has(f"{full}.{each}"):
                self.module(f"{full}.{each}")
        return module if names else self.module(full.partition(".")[0])

    def _has(self, name: str) -> bool:
        return name in self._kept.modules or any(each.startswith(f"{name}.") for each in self._kept.modules)
