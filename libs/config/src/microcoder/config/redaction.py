"""What must not be shown: values under telling names, and credentials inside URLs."""

import re

REDACTED = "**********"
"""What stands in the place of a secret."""

_SECRET_NAME = re.compile(
    r"(^|[_.-])(password|passwd|secret|token|api_?key|credentials?|authorization|private_?key)$", re.IGNORECASE
)
_URL_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}://)[^/\s?#\"']*@", re.IGNORECASE)
_URL_PARAMETER = re.compile(
    r"(?P<name>[?&](?:[\w.-]*(?:password|secret|token|key|signature)[\w.-]*)=)[^&\s#\"']+", re.IGNORECASE
)


def is_secret_name(name: str) -> bool:
    """Whether a value under `name` (a key of a log record, the last part of a setting) is a secret."""
    return _SECRET_NAME.search(name) is not None


def redact_text(text: str) -> str:
    """`text` with the user info and the telling parameters of every URL in it replaced.

    A password with a bare `/` in it is not a valid URL and is redacted only up to there: encode it as `%2F`.
    """
    if "://" not in text:
        return text
    text = _URL_USERINFO.sub(rf"\g<scheme>{REDACTED}@", text)
    return _URL_PARAMETER.sub(rf"\g<name>{REDACTED}", text)
