"""Who may come in: every endpoint asks for a key, and for one with its scope."""

import re

import pytest

from gateway.api.endpoint import Endpoint
from gateway.api.endpoints import ENDPOINTS
from state.keys import SCOPES
from tests.gateway.api.house import NOBODY, House

pytestmark = pytest.mark.asyncio(loop_scope="module")
every_endpoint = pytest.mark.parametrize(
    "endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path.removeprefix('/v1')}"
)


def path_of(endpoint: Endpoint) -> str:
    return re.sub(r"{\w+}", NOBODY, endpoint.path.removeprefix("/v1"))


@every_endpoint
async def test_without_a_key_nobody_comes_in(shared: House, endpoint: Endpoint) -> None:
    told = await shared.call(endpoint.method, path_of(endpoint), key="")
    assert (told.status, told.body["code"]) == (401, "unauthorized")
    assert told.headers["WWW-Authenticate"] == "Bearer"


@every_endpoint
async def test_a_key_opens_what_its_scope_says_and_nothing_else(shared: House, endpoint: Endpoint) -> None:
    found = {
        scope: (await shared.call(endpoint.method, path_of(endpoint), key=scope)).status == 403
        for scope in SCOPES
    }
    assert found == {scope: scope not in {*endpoint.scopes, "admin"} for scope in SCOPES}


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer pk_wrong", "Basic {key}", "{key}", "Bearer {key}x", "Bearer pk_\u00e9"],
)
async def test_a_key_that_is_not_ours_opens_nothing(shared: House, header: str) -> None:
    headers = {"Authorization": header.format(key=shared.keys["admin"])}
    told = await shared.call("GET", "/channels", key="", headers=headers)
    assert (told.status, told.body["code"]) == (401, "unauthorized")


async def test_the_scheme_s_case_does_not_matter(shared: House) -> None:
    headers = {"Authorization": f"bearer {shared.keys['channels:read']}"}
    assert (await shared.call("GET", "/channels", key="", headers=headers)).status == 200
