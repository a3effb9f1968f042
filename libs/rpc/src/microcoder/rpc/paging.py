"""Sizes of pages."""

from microcoder.core.errors import InvalidArgument

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 500


def page_size(requested: int) -> int:
    """The number of items of a page: `requested`, or 50 where it is 0.

    Raises:
        InvalidArgument: It is negative or more than 500.
    """
    if not 0 <= requested <= MAX_PAGE_SIZE:
        message = f"page_size is {requested}; it must be from 1 to {MAX_PAGE_SIZE}, or 0 for {DEFAULT_PAGE_SIZE}"
        raise InvalidArgument(message, fields={"page_size": f"must be from 0 to {MAX_PAGE_SIZE}"})
    return requested or DEFAULT_PAGE_SIZE
