"""Effects: the async functions of a flow that call back-ends, run after the turn's commit, at least once."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, overload

import msgspec

from conversations.errors import FlowError, Overrun


class HttpAnswer(Protocol):
    """What a back-end answered."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def body(self) -> bytes:
        """The raw body."""

    def json(self) -> Any:
        """The body as JSON; raises where it is none."""


class Http(Protocol):
    """The one HTTP client, as effects see it; private addresses are refused unless a setting allows them."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes = b"",
    ) -> HttpAnswer:
        """One request; `json` is encoded and gets its content type."""


class NoHttp:
    """Stands for the network in tests: there is none."""

    async def request(self, method: str, url: str, **more: Any) -> Any:
        """Raise, naming what to do instead."""
        raise RuntimeError(
            f"{method} {url}: tests have no network; say what it answers: chat.answers(effect, result)"
        )


class Refused(RuntimeError):
    """A back-end answered with a status of 400 or more."""


@dataclass(frozen=True)
class Effect:
    """What an effect's function gets first.

    `key` is the same for every try of this effect: hand it to the back-end, so that it can tell a repetition.
    """

    key: str
    http: Http
    settings: Mapping[str, str] = field(default_factory=dict)

    async def get_json(self, url: str, *, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON at an address; raises Refused, and what the client raises where there is no answer."""
        answer = await self.http.request("GET", url, headers=headers)
        return _taken(answer).json()

    async def post_json(self, url: str, json: Any, *, headers: Mapping[str, str] | None = None) -> Any:
        """Post JSON, with the key as Idempotency-Key, and give the answer's JSON (None where it is empty).

        Raises Refused, and what the client raises where there is no answer.
        """
        keyed = {"Idempotency-Key": self.key, **(headers or {})}
        answer = _taken(await self.http.request("POST", url, headers=keyed, json=json))
        return answer.json() if answer.body else None


def _taken(answer: HttpAnswer) -> HttpAnswer:
    if answer.status >= 400:
        raise Refused(f"the back-end answered {answer.status}")
    return answer


EffectFunction = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Declared:
    """A function declared as an effect: its time limit in seconds, how often it is tried again, and when first.

    Before each further try it waits twice as long as before the last; `wait` is in seconds.
    """

    call: EffectFunction
    timeout: float
    signature: inspect.Signature
    retries: int = 0
    wait: float = 2.0

    def check(self, args: Mapping[str, Any]) -> None:
        """Raise TypeError where the function does not take these arguments."""
        self.signature.bind(None, **args)

    async def run(self, effect: Effect, args: Mapping[str, Any]) -> Any:
        """Run it; gives the result as the flow will get it, raises TimeoutError and what the function raises."""
        try:
            async with asyncio.timeout(self.timeout) as limit:
                result = await self.call(effect, **args)
        except TimeoutError as error:
            if limit.expired():
                raise TimeoutError(f"no result within {self.timeout:g} seconds") from error
            raise
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            raise RuntimeError("what it waited for was cancelled") from error
        except (Exception, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # what is left would end the gateway, or its loop
            raise _failure(error) from error
        return as_json(result, self.call)


def as_json(result: Any, call: EffectFunction | None) -> Any:
    """A result as the flow will get it; raises TypeError where it is no JSON, with the line of the effect."""
    try:
        return msgspec.json.decode(msgspec.json.encode(result))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        code = getattr(call, "__code__", None)
        where = f" ({code.co_filename.rpartition('/')[2]}:{code.co_firstlineno})" if code else ""
        raise TypeError(
            f"it gave back what is no JSON ({error}): give back texts, numbers, lists and dicts{where}"
        ) from error


def _failure(error: BaseException) -> Exception:
    """What no `except Exception` catches, as a failure: a bot that was ended, or that ends the process."""
    if isinstance(error, BaseExceptionGroup):  # of tasks that the effect has begun
        error = next(_leaves(error))
    if isinstance(error, Overrun):
        return TimeoutError(str(error))
    return RuntimeError(f"{type(error).__name__}: {error}")


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(each)
        else:
            yield each


CATCHES = Declared.run.__code__
"""The code that makes a failure of what an effect raises."""


@overload
def effect(function: EffectFunction, /) -> Declared: ...
@overload
def effect(
    *, timeout: float = ..., retries: int = ..., wait: float = ...
) -> Callable[[EffectFunction], Declared]: ...
def effect(
    function: EffectFunction | None = None, /, *, timeout: float = 20.0, retries: int = 0, wait: float = 2.0
) -> Declared | Callable[[EffectFunction], Declared]:
    """Declare an async function of a flow as an effect: `async def lookup(call: Effect, order: str)`.

    `timeout` in seconds. One that fails is tried `retries` times more, with the same key: after `wait` seconds, then
    after twice as long, and so on. What it returns must be JSON. It has no `self`: the flow may have moved on.
    """

    def declare(function: EffectFunction) -> Declared:
        return _declared(function, timeout, retries, wait)

    return declare if function is None else declare(function)


def _declared(function: EffectFunction, timeout: float, retries: int, wait: float) -> Declared:
    signature = inspect.signature(function)
    first = next(iter(signature.parameters), "")
    wanted = f"write `async def {function.__name__}(call: Effect, …)`"
    if not inspect.iscoroutinefunction(function):
        raise FlowError(f"the effect {function.__name__} is not async: {wanted}")
    if first in ("", "self"):
        raise FlowError(f"the effect {function.__name__} takes no Effect first: {wanted}, without self")
    if timeout <= 0:
        raise FlowError(f"the effect {function.__name__} has no time: timeout is {timeout:g} seconds")
    if retries < 0 or wait <= 0:
        raise FlowError(f"the effect {function.__name__}: retries is 0 or more, wait more than 0 seconds")
    return Declared(function, timeout, signature, retries, wait)
