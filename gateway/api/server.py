"""The routes of `/v1`, and the OpenAPI 3.1 document made of the same table."""

import re
from functools import cache
from typing import Any

import msgspec
from aiohttp import web

from gateway.api.endpoints import Endpoint, route
from gateway.api.rest import ENDPOINTS
from gateway.app import Gateway
from gateway.auth import Auth
from gateway.problems import CODES


def routes(gateway: Gateway, *, demo: bool) -> list[web.RouteDef]:
    """All endpoints and their description."""
    auth = Auth(gateway.store, gateway.settings.seal_key, demo=demo)

    async def described(request: web.Request) -> web.Response:
        return web.Response(body=document(), content_type="application/json")

    return [web.get("/v1/openapi.json", described), *(route(gateway, auth, each) for each in ENDPOINTS)]


@cache
def document() -> bytes:
    """The OpenAPI document."""
    types = [each for endpoint in ENDPOINTS for each in (endpoint.answer, endpoint.body) if each]
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "Parley", "version": "0.1.0", "license": {"name": "Apache-2.0"}},
            "security": [{"key": []}],
            "paths": paths,
            "components": {
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
                "schemas": {**components, "Problem": _problem()},
            },
        }
    )


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", endpoint.path)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
    ]
    parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in endpoint.query]
    if endpoint.method == "POST":
        parameters.append(
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}
        )
    found: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "description": f"Scope: `{endpoint.scope}`.",
        "parameters": parameters,
        "responses": {
            str(endpoint.status): {"description": "Done", "content": _json(endpoint.answer)},
            "default": {
                "description": "A problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    if endpoint.body:
        found["requestBody"] = {"required": True, "content": _json(endpoint.body)}
    return found


def _json(kind: Any) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": sorted(CODES)},
            "detail": text,
            "field": text,
            "incident": text,
        },
    }
