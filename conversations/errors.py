"""What a bot author did wrong, told with the flow, the name and the remedy."""


class FlowError(Exception):
    """A flow that cannot work as it is written; most are told when its class is made.

    `clue` is a word that its author wrote where it goes wrong, for an error that is found later than there; `place` are
    the file and the line, for one that is found when a bot is loaded.
    """

    def __init__(self, message: str = "", clue: str = "", place: tuple[str, int] = ("", 0)) -> None:
        super().__init__(message)
        self.clue, self.place = clue, place


class FlowChanged(FlowError):
    """A conversation stands where its flow, as it is served now, has no place for it."""


class TooManySteps(FlowError):
    """One event led to more steps, or to more decisions, than a turn may take."""


class TooManyMessages(FlowError):
    """A flow said more to one customer than it may in a minute: mostly a machine answers it."""
