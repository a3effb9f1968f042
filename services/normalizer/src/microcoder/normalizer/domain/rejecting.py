"""How a step of the domain says that a problem does not go on."""

from microcoder.core.rejection import RejectReason


class Rejected(Exception):
    """The problem does not go on. The message is shown to people."""

    def __init__(self, reason: RejectReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
