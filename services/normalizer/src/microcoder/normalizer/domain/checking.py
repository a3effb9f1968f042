"""How outputs are compared, from the flags of Kattis' default validator.

The flags: https://www.kattis.com/problem-package-format/spec/legacy.html#default-validator-capabilities
"""

from collections.abc import Sequence

from microcoder.core.problem import Checker, CheckerKind, Program
from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.numbers import finite
from microcoder.normalizer.domain.rejecting import Rejected

_SWITCHES = {"case_sensitive": "case_sensitive", "space_change_sensitive": "space_sensitive"}
_TOLERANCES = {
    "float_tolerance": ("float_absolute", "float_relative"),
    "float_absolute_tolerance": ("float_absolute",),
    "float_relative_tolerance": ("float_relative",),
}


def default_checker(flags: Sequence[str]) -> Checker:
    """The default comparison with `flags`.

    Raises:
        Rejected: A flag that it does not have, or a tolerance that is no number.
    """
    switches: dict[str, bool] = {}
    tolerances: dict[str, float] = {}
    rest = iter(flags)
    for flag in rest:
        if flag in _SWITCHES:
            switches[_SWITCHES[flag]] = True
        elif flag in _TOLERANCES:
            value = finite(next(rest, None))
            if value is None or value < 0:
                raise Rejected(
                    RejectReason.UNREADABLE_PACKAGE,
                    f"the validator flag {flag} is not followed by a number that is at least 0",
                )
            tolerances |= dict.fromkeys(_TOLERANCES[flag], value)
        else:
            message = f"the default validator has no flag {flag[:60]!r}"
            raise Rejected(RejectReason.UNREADABLE_PACKAGE, message)
    return Checker(
        kind=CheckerKind.TOKENS,
        case_sensitive=switches.get("case_sensitive", False),
        space_sensitive=switches.get("space_sensitive", False),
        float_absolute=tolerances.get("float_absolute"),
        float_relative=tolerances.get("float_relative"),
    )


def custom_checker(validators: Sequence[Program], flags: Sequence[str]) -> Checker:
    """The comparison by the package's own program.

    Raises:
        Rejected: There is none, or more than one.
    """
    if not validators:
        message = "the package says that it has its own output validator, and none in a known language is there"
        raise Rejected(RejectReason.UNSUPPORTED_MODE, message)
    if len(validators) > 1:
        names = ", ".join(program.name for program in validators)
        raise Rejected(RejectReason.UNSUPPORTED_MODE, f"more than one output validator: {names}")
    return Checker(kind=CheckerKind.CUSTOM, program=validators[0], flags=tuple(flags))
