"""The life of a suspension: which stage follows on what, as one `transitions` machine that all suspensions share."""

from typing import Literal, NamedTuple

from transitions import Machine, MachineError

Stage = Literal["clear", "noticed", "suspended", "lifting"]
"""`clear`: nothing is stopped (before and after); `noticed`: told to the team, not in force yet; `suspended`: in force;
`lifting`: in force still, while what is held is discarded or let expire."""
CLOSED: tuple[Stage, ...] = ("suspended", "lifting")
"""The stages in which the fence is closed."""


class Step(NamedTuple):
    """On a trigger, from a stage to a stage; `meaning` is for readers."""

    trigger: str
    before: Stage
    after: Stage
    meaning: str


STEPS: tuple[Step, ...] = (
    Step("notice", "clear", "noticed", "a hold is announced"),
    Step("withdraw", "noticed", "clear", "the notice is taken back"),
    Step("suspend", "clear", "suspended", "at once"),
    Step("suspend", "noticed", "suspended", "its time has come"),
    Step("ask", "suspended", "suspended", "the first of two asks to lift it"),
    Step("resume", "suspended", "clear", "lifted: what is held goes on"),
    Step("settle", "suspended", "lifting", "lifted: what is held is not to go"),
    Step("clear", "lifting", "clear", "all that was held is settled"),
)
"""The whole table; `docs/suspension.md` draws it."""


class NotPossible(Exception):
    """A trigger that means nothing in the stage it was given in."""


class _Model:
    """What the machine moves: a stage, and no more."""

    def __init__(self, state: str) -> None:
        self.state = state


def _machine() -> Machine:
    made = Machine(
        model=None,
        states=["clear", "noticed", "suspended", "lifting"],
        initial="clear",
        auto_transitions=False,
    )
    for step in STEPS:
        made.add_transition(step.trigger, step.before, step.after)
    return made


_MACHINE = _machine()


def after(stage: Stage, trigger: str) -> Stage:
    """The stage that follows; raises NotPossible."""
    model = _Model(stage)
    try:
        _MACHINE.events[trigger].trigger(model)
    except MachineError as error:
        raise NotPossible(f"it is {stage}") from error
    return model.state  # type: ignore[return-value]


def mermaid() -> str:
    """The table as a state diagram (Mermaid)."""
    lines = ["stateDiagram-v2", "    [*] --> clear", "    clear --> [*]"]
    lines += [f"    {each.before} --> {each.after}: {each.trigger}" for each in STEPS]
    return "\n".join(lines)
