"""Values of a provider's request that must fit: texts that can be stored, times in milliseconds, JSON of any kind."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from urllib.parse import parse_qsl, urlsplit

from state.model.wire import Malformed, Request

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_MOST_FIELDS = 1000
_YEAR_3000 = 32_503_680_000_000
_HALF = re.compile("[\ud800-\udfff]")


def mime(headers: Mapping[str, str]) -> str:
    """The type of a body, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def document(body: bytes) -> object:
    """The JSON of a body; raises Malformed."""
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}") from error


def form(request: Request, charset: str = "utf-8") -> dict[str, str]:
    """The parameters of a GET's address or of a form that was posted; raises Malformed."""
    text = urlsplit(request.url).query if request.method == "GET" else request.body.decode(charset, "replace")
    if request.method == "GET" and not text:
        return dict(request.query)
    try:
        found = parse_qsl(
            text, keep_blank_values=True, encoding=charset, errors="replace", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Malformed(str(error)) from error
    return dict(found)


def words(value: object, most: int = 0) -> str:
    """A scalar as text that can be stored, at most so long (0: as it is); "" for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        value = f"{value:.15g}" if isinstance(value, float) else str(value)
    if not isinstance(value, str):
        return ""
    if _HALF.search(value):
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value.replace("\0", "")[: most or None]


def at(value: object, path: str) -> object:
    """What is at a path of names and numbers (`a.b.0.c`) in JSON; None where there is nothing."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step[:9]) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def moment(text: str, pattern: str = "", zone: tzinfo = UTC) -> int:
    """A time in milliseconds, UTC: seconds or milliseconds since 1970, ISO 8601, or by a pattern of `strptime`.

    A time without a zone is of `zone`; 0 where it is none.
    """
    try:
        if pattern:
            found = datetime.strptime(text, pattern)
        elif re.fullmatch(r"[0-9]{9,13}(\.[0-9]{1,9})?", text):
            number = float(text)
            return int(number if number >= 1e11 else number * 1000)
        else:
            found = datetime.fromisoformat(text)
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        ms = int(aware.timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
    return ms if 0 < ms < _YEAR_3000 else 0
