"""Why a problem does not go on. Everything known about it is kept."""

from enum import StrEnum


class RejectReason(StrEnum):
    """Stable reasons, for filters, funnels and metrics."""

    UNREADABLE_PACKAGE = "UNREADABLE_PACKAGE"
    """The raw bytes are not what their format says (truncated, not an archive)."""
    UNSAFE_PACKAGE = "UNSAFE_PACKAGE"
    """The archive holds paths or links that leave it, or is larger than allowed."""
    NO_STATEMENT = "NO_STATEMENT"
    """No statement in a form that can be read."""
    BAD_ENCODING = "BAD_ENCODING"
    """A text is not valid UTF-8."""
    UNSUPPORTED_LANGUAGE = "UNSUPPORTED_LANGUAGE"
    """The statement is in a natural language that the policy leaves out."""
    UNSUPPORTED_MODE = "UNSUPPORTED_MODE"
    """The way of input and output (interactive, files) cannot be judged yet."""
    NO_TESTS = "NO_TESTS"
    """There is no test, or every test is larger than the policy allows."""
    DUPLICATE = "DUPLICATE"
    """The same problem is already there under another id."""
    NO_REFERENCE = "NO_REFERENCE"
    """No program that is known to be right came with it."""
    REFERENCE_FAILED = "REFERENCE_FAILED"
    """A program that should pass does not."""
    WRONG_ACCEPTED = "WRONG_ACCEPTED"
    """A program that should fail passes."""
    CONTAMINATED = "CONTAMINATED"
    """It shares text with an evaluation set."""
