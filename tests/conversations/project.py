"""A bot project in a folder whose files change, loaded anew each time as a new process would."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conversations.loading import Source, load


class Project:
    """A folder of modules; `bot` loads a flow as its files are now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")

    def forget(self) -> None:
        """Forget every module of the project, as a new process has."""
        for name, module in list(sys.modules.items()):
            if str(self.folder) in str(getattr(module, "__file__", "")) and "@" not in name:
                del sys.modules[name]

    def bot(self, name: str) -> Source:
        """A flow as its files are now."""
        self.forget()
        return load(name)


@contextmanager
def project(folder: Path) -> Iterator[Project]:
    """A project on the import path; nothing of it is left afterwards."""
    made = Project(folder)
    sys.path.append(str(folder))
    # A file that is written twice in a second, at the same length, has the same byte code to Python.
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        yield made
    finally:
        sys.dont_write_bytecode = before
        made.forget()
        sys.path.remove(str(folder))
