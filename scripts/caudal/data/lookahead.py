"""Works on the next item of an iterator while the last one is used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the same items, each made in a thread while the one before is in use.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        waiting = thread.submit(_next, items)
        while found := waiting.result():
            waiting = thread.submit(_next, items)
            yield from found


def _next(items: Iterator[Item]) -> list[Item]:
    """The next item alone, or nothing at the end."""
    return list(islice(items, 1))
