"""What passed between us and a provider, as it is kept beside the message: never a secret in it."""

from state.model.base import Value


class Exchange(Value, frozen=True, kw_only=True):
    """One call and its answer. `at` in milliseconds, UTC; sizes in bytes; `status` is 0 where no whole answer came.

    `fault` is then the name of what happened (`NeverSent`, `CutOff`, `Blocked`) and `answer` says it in words;
    otherwise `answer` is the start of the body. An answer of success that says nothing is `Unclear`: both.
    """

    name: str
    method: str
    url: str
    at: int
    took_ms: int
    status: int = 0
    sent: int = 0
    received: int = 0
    answer: str = ""
    fault: str = ""
