"""Messages of ours that the SMSC has not answered: a PDU of each at a time, so that a refused part costs no more."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from connectors.smpp.pdu import SubmitSm

_REMEMBERED: Final = 1000
"""Submits without an answer whose answer, should it come late, is still understood."""


@dataclass(slots=True)
class Job:
    """A message on its way: its PDUs, the ids of those the SMSC took, and how often the next was refused."""

    message: str
    bodies: tuple[SubmitSm, ...]
    attempt: int
    ids: list[str] = field(default_factory=list)
    refused: int = 0
    not_before: float = 0.0

    @property
    def next(self) -> SubmitSm:
        """The PDU that is to go next, or is under way."""
        return self.bodies[len(self.ids)]

    @property
    def done(self) -> bool:
        """Whether the SMSC took all of it."""
        return len(self.ids) == len(self.bodies)


class UnderWay:
    """The window: submits that wait for an answer, and jobs whose next part waits for its turn."""

    def __init__(self) -> None:
        self._flying: dict[int, tuple[Job, float]] = {}
        self._waiting: deque[Job] = deque()
        self._late: OrderedDict[int, Job] = OrderedDict()

    def __len__(self) -> int:
        """How many messages are under way."""
        return len(self._flying) + len(self._waiting)

    def flies(self, sequence: int, job: Job, deadline: float) -> None:
        """A part has left; its answer is due until then."""
        self._flying[sequence] = (job, deadline)

    def lands(self, sequence: int) -> Job | None:
        """The job whose part is answered; None where it waits for no answer."""
        return self._flying.pop(sequence, (None,))[0]

    def waits(self, job: Job) -> None:
        """A job's next part is to go when it can."""
        self._waiting.append(job)

    def startable(self, now: float) -> Job | None:
        """The first job whose next part may go."""
        for n, job in enumerate(self._waiting):
            if job.not_before <= now:
                del self._waiting[n]
                return job
        return None

    def overdue(self, now: float) -> list[Job]:
        """The jobs whose answer is missing; an answer that comes later is still understood."""
        found: list[Job] = []
        while self._flying:
            sequence, (job, deadline) = next(iter(self._flying.items()))
            if deadline > now:
                break
            del self._flying[sequence]
            self._late[sequence] = job
            found.append(job)
        while len(self._late) > _REMEMBERED:
            self._late.popitem(last=False)
        return found

    def late(self, sequence: int) -> Job | None:
        """The job whose answer was missing, and has come."""
        return self._late.pop(sequence, None)

    def clear(self) -> list[Job]:
        """All that is under way; the connection is gone."""
        found = [job for job, _ in self._flying.values()] + list(self._waiting)
        self._flying.clear()
        self._waiting.clear()
        self._late.clear()
        return found

    def due(self, earliest: float) -> list[float]:
        """When an answer is overdue, and when a job that waits may go, where nothing may before `earliest`."""
        answer = [deadline for _, deadline in islice(self._flying.values(), 1)]
        return answer + [max(job.not_before, earliest) for job in self._waiting]
