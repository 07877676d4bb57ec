"""`/admin`: the console's first page over the operations of the admin room."""

import time
from collections.abc import Sequence
from urllib.parse import parse_qsl

from aiohttp import web

from admin import operations, suspensions
from admin.operations import Actor
from admin.pages import pages as admin_pages
from admin.pages.pages import (
    GROUNDS,
    ChannelRow,
    ChannelsView,
    Counts,
    HookRow,
    LoginView,
    SignalRow,
    SuspensionRow,
    TermsRow,
)
from gateway import terms, watched
from gateway.app import Gateway
from gateway.auth import COOKIE, SESSION_SECONDS, Auth, Session
from gateway.channels import Live
from gateway.logs import redactor
from gateway.pages import pages
from gateway.problems import Problem
from state import listings, messages
from state import suspensions as suspension_rows
from state.model.ids import now_ms
from state.model.suspension import Held, Order, Scope, Suspension, Target
from state.retention import DAY_MS
from state.suspensions import NotInForce

_REST = 20
"""A count is used again for this many times the time it took, so that looking at the page never loads the database."""
_REASON_MOST = 500
_LOOKS = ("channels:read", "suspend", "terms:accept")
"""Scopes any of which lets somebody see the console."""
_HELD: dict[str, Held] = {"resume": "resume", "discard": "discard", "expire": "expire"}


class Console:
    """The console's routes. Pages work without JavaScript: forms that answer with a redirect."""

    def __init__(self, gateway: Gateway, auth: Auth) -> None:
        self._gateway, self._auth = gateway, auth
        self._counted: dict[str, Counts] = {}
        self._failures: dict[str, str] = {}
        self._quarantined = self._parked = 0
        self._held: dict[str, int] = {}
        self._signals: dict[str, tuple[SignalRow, ...]] = {}
        self._hooks: tuple[HookRow, ...] = ()
        self._count_at = float("-inf")

    def routes(self) -> list[web.RouteDef]:
        """Everything below /admin."""
        return [
            web.get("/admin", self.page),
            web.get("/admin/login", self.login_page),
            web.post("/admin/login", self.login),
            web.post("/admin/logout", self.logout),
            web.post("/admin/channels/{id}/suspend", self.suspend),
            web.post("/admin/channels/{id}/terms", self.accept),
            web.post("/admin/suspensions/{id:[0-9a-f]{32}}/{what:lift|confirm|withdraw}", self.end),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """The channels."""
        session = self._session(request)
        actor = await self._auth.visitor(session)
        if actor is None:
            return self._to_login(request)
        return await self._show(session or self._auth.begin(), actor)

    async def _show(
        self, session: Session, actor: Actor, problem: str = "", status: int = 200
    ) -> web.Response:
        found = await self._gateway.store.read(suspension_rows.OPEN)
        known = [suspension_rows.read(row) for row in found]
        channels = await self._channels(known, signals=_may(actor, "channels:read") or _may(actor, "suspend"))
        wide = [one for one in known if one.scope.channel not in {each.id for each in channels}]
        view = ChannelsView(
            channels=channels,
            others=tuple(
                _row(one, _about(one.scope, "channel") or "everything", self._held.get(one.id, 0))
                for one in wide
            ),
            hooks=self._hooks if _may(actor, "hooks:write") else (),
            quarantined=self._quarantined,
            parked=self._parked,
            now=now_ms(),
            csrf=self._auth.csrf(session),
            actor=actor.name,
            period="last 24 hours",
            problem=problem,
            demo=self._auth.demo,
            may_suspend=_may(actor, "suspend"),
            may_accept=_may(actor, "terms:accept"),
        )
        return self._html(admin_pages.channels_page(view), session, status)

    async def _channels(self, known: Sequence[Suspension], *, signals: bool) -> tuple[ChannelRow, ...]:
        await self._count()
        return tuple(
            ChannelRow(
                id=live.channel.id,
                type=live.channel.type,
                account=live.channel.account,
                team=live.channel.team,
                simulated=live.channel.simulated,
                counts=self._counted.get(live.channel.id, Counts()),
                last_failure=redactor.hide(self._failures.get(live.channel.id, "")),
                last_error=redactor.hide(live.record.last_error),
                last_error_at=live.record.last_error_at or 0,
                suspensions=self._suspensions(live, known),
                across=self._across(live, known),
                signals=self._signals.get(live.channel.id, ()) if signals else (),
                terms=_terms(live),
            )
            for live in self._gateway.channels
        )

    async def _count(self) -> None:
        """Count the messages of each channel, what is parked and in quarantine, unless that was done just now."""
        started = time.monotonic()
        if started < self._count_at:
            return
        store = self._gateway.store
        since = f"{now_ms() - DAY_MS:012x}{'0' * 20}"
        outcomes, queued, _ = await messages.counts(store, since)
        self._failures = await messages.failures(store, since)
        waiting: dict[str, int] = {}
        for channel, _, count in queued:
            waiting[channel] = waiting.get(channel, 0) + count
        done = {channel: tuple(rest) for channel, *rest in outcomes}
        self._counted = {
            name: _counts(done.get(name, (0, 0, 0, 0, 0)), waiting.get(name, 0)) for name in {*done, *waiting}
        }
        self._quarantined = (await store.read(listings.QUARANTINED))[0][0]
        holds = self._gateway.suspensions.holds
        in_force = {each.id: each for each in self._gateway.fence.suspensions}
        self._held = {name: await holds.count(each) for name, each in in_force.items()}
        self._parked = (await store.read(listings.PARKED))[0][0]
        self._signals = {
            each.channel.id: await watched.signals_of(store, each.channel.id, now_ms())
            for each in self._gateway.channels
        }
        self._hooks = await watched.failing(store)
        ended = time.monotonic()
        self._count_at = ended + _REST * (ended - started)

    def _suspensions(self, live: Live, known: Sequence[Suspension]) -> tuple[SuspensionRow, ...]:
        """What was made for a channel: it stops it as a whole, all that it starts by itself, or a part of it."""
        whole = self._whole(live)
        return tuple(
            _row(each, "" if each.scope.covers(whole) else _about(each.scope), self._held.get(each.id, 0))
            for each in known
            if each.scope.channel == live.channel.id
        )

    def _across(self, live: Live, known: Sequence[Suspension]) -> tuple[SuspensionRow, ...]:
        """What stops a channel as a whole and was not made for it alone: its team's, a sender's, or that of all."""
        whole = self._whole(live)
        return tuple(
            _row(each, _about(each.scope) or "everything", 0)
            for each in known
            if not each.scope.channel and each.scope.covers(whole)
        )

    def _whole(self, live: Live) -> Target:
        channel = live.channel
        teams = self._gateway.teams.above(channel.team)
        return Target(channel=channel.id, teams=teams, sender=channel.account, initiated=True)

    async def suspend(self, request: web.Request) -> web.Response:
        """Suspend a channel with a reason and a ground."""
        session, actor, form = await self._form(request, "suspend")
        scope = Scope(channel=request.match_info["id"])
        if self._gateway.channels.get(scope.channel) is None:
            raise Problem("unknown_channel", f"there is no channel {scope.channel!r}")
        ground = form.get("ground", "operator")
        if ground not in GROUNDS:
            raise Problem("invalid_field", f"is one of {', '.join(GROUNDS)}", field="ground")
        order = Order(scope=scope, ground=ground, reason=form.get("reason", ""))
        try:
            await suspensions.suspend(self._gateway.means(), actor, order)
        except operations.Refused as error:
            return await self._show(session, actor, str(error), 422)
        except suspensions.Vetoed as error:
            return await self._show(session, actor, str(error), 409)
        return self._moved()

    async def end(self, request: web.Request) -> web.Response:
        """Lift a suspension, confirm that, or withdraw a notice, with a reason."""
        session, actor, form = await self._form(request, "suspend")
        means, one, reason = self._gateway.means(), request.match_info["id"], form.get("reason", "")
        held = _HELD.get(form.get("held", "resume"))
        if held is None:
            raise Problem("invalid_field", f"is one of {', '.join(_HELD)}", field="held")
        try:
            if request.match_info["what"] == "lift":
                await suspensions.lift(means, actor, one, reason, held)
            elif request.match_info["what"] == "confirm":
                await suspensions.confirm(means, actor, one, reason)
            else:
                await suspensions.withdraw(means, actor, one, reason)
        except operations.Refused as error:
            return await self._show(session, actor, str(error), 422)
        except NotInForce as error:
            return await self._show(session, actor, str(error), 409)
        return self._moved()

    def _moved(self) -> web.Response:
        """Back to the page, once those who go on with it are told."""
        self._count_at = float("-inf")
        self._gateway.wake.tell("suspensions")
        self._gateway.wake.tell("outbox", ("*",))
        return self._see("/admin")

    async def accept(self, request: web.Request) -> web.Response:
        """Accept the version of a channel's terms that was shown."""
        session, actor, form = await self._form(request, "terms:accept")
        name = request.match_info["id"]
        if self._gateway.channels.get(name) is None:
            raise Problem("unknown_channel", f"there is no channel {name!r}")
        store = self._gateway.store
        try:
            await terms.accept(store, store, actor, name, form.get("version", ""))
        except operations.Refused as error:
            return await self._show(session, actor, str(error), 422)
        self._gateway.channels.tell()
        await self._gateway.channels.load()
        return self._see("/admin")

    async def _form(self, request: web.Request, scope: str) -> tuple[Session, Actor, dict[str, str]]:
        """The session, who it is, and the fields of a form of theirs that needs a scope; raises Problem."""
        session = self._session(request)
        actor = await self._auth.visitor(session)
        if actor is None:
            raise Problem("unauthorized", "sign in first")
        form = await _fields(request)
        self._auth.check_csrf(session, form.get("csrf", ""))
        assert session is not None
        try:
            actor.needs(scope)
        except operations.Denied as error:
            raise Problem("forbidden", str(error)) from error
        return session, actor, form

    def _session(self, request: web.Request) -> Session | None:
        """The session of a browser; a cookie that is no text of ours is none."""
        return self._auth.session(request) if request.cookies.get(COOKIE, "").isascii() else None

    async def login_page(self, request: web.Request) -> web.Response:
        """Ask for a key."""
        session = self._session(request) or self._auth.begin()
        return self._html(admin_pages.login_page(LoginView(csrf=self._auth.csrf(session))), session)

    async def login(self, request: web.Request) -> web.Response:
        """Begin a session for a key that may look."""
        form = await _fields(request)
        self._auth.check_csrf(self._session(request), form.get("csrf", ""))
        key = await self._auth.key(form.get("key", "").strip())
        if key is None or not any(key.may(scope) for scope in _LOOKS):
            again = self._auth.begin()
            view = LoginView(
                csrf=self._auth.csrf(again), problem="This key is not known, or may not see the console."
            )
            return self._html(admin_pages.login_page(view), again, 401)
        answer = self._see("/admin")
        self._set(answer, self._auth.begin(key.id))
        return answer

    async def logout(self, request: web.Request) -> web.Response:
        """End the session."""
        form = await _fields(request)
        self._auth.check_csrf(self._session(request), form.get("csrf", ""))
        answer = self._see("/admin/login")
        answer.del_cookie(COOKIE, path="/admin")
        return answer

    def _to_login(self, request: web.Request) -> web.Response:
        """A browser is led to the login page; anything else is told 401."""
        if "text/html" not in request.headers.get("Accept", ""):
            raise Problem("unauthorized", "sign in at /admin/login")
        return self._see("/admin/login")

    def _html(self, text: str, session: Session, status: int = 200) -> web.Response:
        headers = {**pages.HEADERS, "Cache-Control": "no-store"}
        answer = web.Response(text=text, status=status, content_type="text/html", headers=headers)
        self._set(answer, session)
        return answer

    def _set(self, answer: web.Response, session: Session) -> None:
        secure = self._gateway.settings.public_url.startswith("https")
        answer.set_cookie(
            COOKIE, session.text, path="/admin", httponly=True, samesite="Strict", secure=secure,
            max_age=SESSION_SECONDS,
        )  # fmt: skip

    def _see(self, path: str) -> web.Response:
        return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


async def _fields(request: web.Request) -> dict[str, str]:
    """The fields of a form as a page of ours sends it; raises Problem."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Problem("unsupported_media_type", "a form of this page is expected")
    try:
        text = (await request.read()).decode("utf-8")
        form = dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=10))
    except ValueError as error:
        raise Problem("invalid_request", "the form cannot be read") from error
    reason = form.get("reason", "")
    if len(reason) > _REASON_MOST or "\0" in reason:
        raise Problem("invalid_field", f"{_REASON_MOST} characters are allowed, no NUL", field="reason")
    return form


def _may(actor: Actor, scope: str) -> bool:
    return bool({scope, "admin"} & actor.scopes)


def _terms(live: Live) -> TermsRow | None:
    """The version of a channel's terms that waits to be accepted, if any."""
    task = terms.task(live.channel.id, live.terms, live.accepted, live.terms_known)
    return (
        TermsRow(version=task.version, held_from=task.held_from, points=live.terms.points) if task else None
    )


def _row(made: Suspension, about: str, held: int) -> SuspensionRow:
    return SuspensionRow(
        id=made.id, reason=made.reason, by=made.actor, since=made.at, ground=made.ground, stage=made.stage,
        about=about, direction=made.scope.direction,
        due=made.due_at, until=made.until, condition=made.condition, evidence=made.count, held=held,
        two=made.two, asked_by=made.asked.actor if made.asked else "", proposal=made.proposal,
    )  # fmt: skip


def _about(scope: Scope, *more: str) -> str:
    """What of a channel a scope is about."""
    names = (*more, "team", "sender", "contact", "flow", "campaign", "template")
    parts = [f"{name} {getattr(scope, name)}" for name in names if getattr(scope, name)]
    return ", ".join(parts)


def _counts(done: tuple[int, ...], waiting: int) -> Counts:
    received, sent, failed, withheld, unknown = done
    return Counts(
        received=received, sent=sent, failed=failed, withheld=withheld, unknown=unknown, queued=waiting
    )


def routes(gateway: Gateway, *, demo: bool) -> list[web.RouteDef]:
    """The console's routes."""
    return Console(gateway, Auth(gateway.store, gateway.settings.seal_key, demo=demo)).routes()
