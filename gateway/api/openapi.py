"""The OpenAPI 3.1 document, made from the table of endpoints and the structs they name."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from gateway.api.endpoint import Answer, Endpoint
from gateway.problems import CODES

Json = dict[str, Any]
_REFERENCE = "#/components/schemas/{name}"
_ALWAYS = ("unauthorized", "forbidden", "invalid_field", "unavailable")
_WITH_BODY = ("invalid_request", "invalid_json", "too_large", "unsupported_media_type")
_WITH_KEY = ("in_progress", "key_reused")
_ABOUT = (
    "Send `Authorization: Bearer pk_…`. Every POST takes an `Idempotency-Key`. Errors are problem+json with a stable "
    "`code`. Times are ISO 8601, ids 32 hex digits."
)
_PATHS = {"id": "^[0-9a-f]{32}$", "name": "^[a-z0-9][a-z0-9-]{0,62}$"}
"""What stands in a path: the id of something, or the name of a channel or a team."""
_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same body gets the answer it got before",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
_REPLAYED: Json = {
    "description": "`true` where the answer was given before",
    "schema": {"type": "string", "enum": ["true"]},
}


class Problem(Answer, frozen=True, kw_only=True):
    """An error (RFC 9457): programs go by `code`; `field` is the path of what is wrong; `incident` is in our log."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    field: str = ""
    incident: str = ""


def document(endpoints: Sequence[Endpoint], version: str) -> Json:
    """The whole document."""
    types: list[type] = [
        Problem,
        *(each.answer for each in endpoints),
        *(each.body for each in endpoints if each.body),
    ]
    kinds = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    named = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, Json] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, named)
    bearer = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, as `parley keys create` makes them",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parley", "version": version, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"key": bearer}},
        "security": [{"key": []}],
    }


def _operation(endpoint: Endpoint, named: dict[type, Json]) -> Json:
    found: Json = {
        "operationId": _name(endpoint),
        "summary": endpoint.summary,
        "description": f"Needs the scope {' or '.join(f'`{scope}`' for scope in endpoint.scopes)}.",
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint, named),
    }
    if endpoint.body:
        content = {"application/json": {"schema": named[endpoint.body]}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _name(endpoint: Endpoint) -> str:
    """An operation's name: `get_conversations_id_messages`."""
    return "_".join([endpoint.method.lower(), *re.findall(r"\w+", endpoint.path.removeprefix("/v1"))])


def _parameters(endpoint: Endpoint) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _PATHS[name]}}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    schema = msgspec.json.schema(endpoint.query)["$defs"][endpoint.query.__name__]
    found += [{"name": name, "in": "query", "schema": each} for name, each in schema["properties"].items()]
    return [*found, _KEY] if endpoint.method == "POST" else found


def _responses(endpoint: Endpoint, named: dict[type, Json]) -> Json:
    done: Json = {
        "description": endpoint.summary,
        "content": {"application/json": {"schema": named[endpoint.answer]}},
    }
    codes = {*_ALWAYS, *endpoint.problems}
    if endpoint.body:
        codes |= {*_WITH_BODY, *_WITH_KEY}
        done["headers"] = {"Idempotency-Replayed": _REPLAYED}
    by_status: dict[str, list[str]] = {}
    for name, code in CODES.items():
        if name in codes:
            by_status.setdefault(str(code.status), []).append(f"`{name}`: {code.title}")
    wrong = {"application/problem+json": {"schema": named[Problem]}}
    refused = {
        status: {"description": "; ".join(said), "content": wrong} for status, said in by_status.items()
    }
    return {str(endpoint.status): done, **refused}
