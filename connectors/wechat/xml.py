"""WeChat's XML, read without what XML can do harm with: no document type, no entities, few levels."""

from collections.abc import Mapping
from typing import Any, cast
from xml.parsers import expat

from state.model.wire import Malformed

_DEPTH, _MOST = 6, 500


class _Reader:
    """Collects the texts of elements by their path below `<xml>`; `_met` counts the names within each open element."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._path: list[str] = []
        self._met: list[dict[str, int]] = [{}]
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        here = self._met[-1]
        here[name] = number = here.get(name, 0) + 1
        self._path.append(name if number == 1 else f"{name}[{number}]")
        self._met.append({})
        self._text = []
        if len(self._path) > _DEPTH or len(self.found) > _MOST:
            raise Malformed("the XML is too deep or has too many elements")

    def end(self, name: str) -> None:
        key = ".".join(self._path[1:])
        if key:
            self.found[key] = "".join(self._text).strip()
        self._path.pop()
        self._met.pop()
        self._text = []

    def text(self, data: str) -> None:
        self._text.append(data)

    def refuse(self, *_: object) -> None:
        raise Malformed("the XML declares a document type or an entity")


def read(body: bytes) -> dict[str, str]:
    """The elements below `<xml>`, inner ones by their path (`ScanCodeInfo.ScanType`); raises Malformed.

    Of elements with the same name in one place the second is `List[2]`, and so on.
    """
    reader, parser = _Reader(), expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse  # type: ignore[assignment]
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Malformed(f"no XML: {error}") from error
    return reader.found


def write(fields: Mapping[str, str]) -> bytes:
    """An `<xml>` of these elements; a path writes elements within one another, a number goes as it is."""
    root: _Tree = {}
    for name, value in fields.items():
        *outer, last = name.split(".")
        place = root
        for each in outer:
            place = cast(_Tree, place.setdefault(each, {}))
        place[last] = value
    return _written({"xml": root}).encode("utf-8", "replace")


_Tree = dict[str, Any]


def _written(tree: _Tree) -> str:
    return "".join(
        f"<{name}>{_written(value) if isinstance(value, dict) else _text(value)}</{name}>"
        for name, value in tree.items()
    )


def _text(value: str) -> str:
    if value.isascii() and value.isdigit():
        return value
    return f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"
