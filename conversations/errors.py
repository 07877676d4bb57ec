"""What a bot author did wrong, told when the flow is made: the flow, the name, and the remedy."""


class FlowError(TypeError):
    """A flow that cannot work as it is written."""


class TooManySteps(RuntimeError):
    """One turn asked for more steps than a turn may take."""
