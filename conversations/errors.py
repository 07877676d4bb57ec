"""What a bot author did wrong, told with the flow, the name and the remedy."""


class FlowError(Exception):
    """A flow that cannot work as it is written; most are told when its class is made."""


class FlowChanged(FlowError):
    """A conversation stands where its flow, as it is served now, has no place for it."""


class TooManySteps(FlowError):
    """One event led to more steps, or to more decisions, than a turn may take."""


class TooManyMessages(FlowError):
    """A flow said more to one customer than it may in a minute: mostly a machine answers it."""
