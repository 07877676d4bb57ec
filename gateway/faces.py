"""All faces of one process on one port: webhooks, in-app, REST, console, pages, health."""

import sys
from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from conversations.bot import Bot
from gateway import problems
from gateway.app import Gateway
from gateway.pages import pages
from gateway.pages.pages import StaticFile
from gateway.simulator import SimulatorHost

ADMIN_STATIC = Path(__file__).resolve().parent.parent / "admin" / "pages" / "static"


def application(gateway: Gateway, *, demonstrate: bool = False) -> web.Application:
    """The aiohttp application; `/simulator` and the pages of the demonstration are there in the demonstration alone."""
    from gateway import console, health
    from gateway.api import server as api
    from gateway.directline import server

    app = web.Application(middlewares=[problems.middleware], client_max_size=gateway.settings.max_body)
    app.router.add_route("*", "/webhooks/{channel}", gateway.webhooks.handle)
    app.router.add_get("/media/{id}", gateway.files.serve)
    for face in (api, console, server, health):
        app.add_routes(face.routes(gateway, demo=demonstrate))
    app.add_routes(_pages(gateway, demonstrate))
    app.router.add_get("/{page:admin|chat|simulator}/", _without_slash)
    if demonstrate:
        _simulator(gateway, app)
    return app


async def _without_slash(request: web.Request) -> web.Response:
    """A page's address as it is often typed."""
    raise web.HTTPPermanentRedirect(f"/{request.match_info['page']}")


def _pages(gateway: Gateway, demo: bool) -> list[web.RouteDef]:
    """The start page, the chat page and the files they load."""
    files = pages.static_files(ADMIN_STATIC)

    async def start(request: web.Request) -> web.Response:
        if not demo:  # whoever can reach the port reads it, without a key
            return _html(pages.start_page(pages.StartView(demo=False)))
        names = tuple(live.channel.id for live in gateway.channels)
        return _html(pages.start_page(pages.StartView("0.1.0", names, files=_files(gateway.router.bots))))

    async def chat(request: web.Request) -> web.Response:
        return _html(pages.chat_page(" · ".join(bot.name for bot in gateway.router.bots) or "Nobody answers"))

    async def static(request: web.Request) -> web.Response:
        return _file(request, files.get(request.match_info["path"]))

    routes = [web.get("/", start), web.get("/static/{path:.*}", static)]
    return [*routes, web.get("/chat", chat)] if demo else routes


def _files(bots: Iterable[Bot]) -> tuple[str, ...]:
    """The files bots are written in, as seen from here where they lie below."""
    here = Path.cwd()
    paths = (Path(file) for bot in bots if (file := getattr(sys.modules.get(bot.module), "__file__", None)))
    return tuple(
        dict.fromkeys(str(each.relative_to(here) if here in each.parents else each) for each in paths)
    )


def _simulator(gateway: Gateway, app: web.Application) -> None:
    host = SimulatorHost(
        gateway.channels,
        Path(gateway.settings.data_dir) / "simulator",
        lambda: gateway.local_url,
        lambda: gateway.url,
    )

    gateway.linked.simulate(host.dial)

    async def page(request: web.Request) -> web.Response:
        return _html(pages.simulator_page())

    async def close(_: web.Application) -> None:
        await host.close()

    app.add_routes([web.get("/simulator", page), *host.routes()])
    app.on_shutdown.append(close)


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=dict(pages.HEADERS))


def _file(request: web.Request, file: StaticFile | None) -> web.Response:
    """A static file, or 304 where the browser has it."""
    if file is None:
        raise web.HTTPNotFound
    headers = {**pages.HEADERS, "ETag": file.etag}
    if request.headers.get("If-None-Match") == file.etag:
        return web.Response(status=304, headers=headers)
    mime, _, charset = file.mime.partition("; charset=")
    body = file.body
    if file.gzip and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = file.gzip
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return web.Response(body=body, content_type=mime, charset=charset or None, headers=headers)
