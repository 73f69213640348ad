"""Small answers that were given lately, by all that they follow from."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Recent"]

T = TypeVar("T")


class Recent(Generic[T]):
    """Remembers small answers by all that they follow from. Safe to share between threads."""

    def __init__(self, most: int = 2048) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, stamp: Hashable, make: Callable[[], T]) -> T:
        """Return the answer for `stamp`, which `make` gives where it is not remembered."""
        with self._lock:
            if stamp in self._answers:
                self._answers.move_to_end(stamp)
                return self._answers[stamp]
        answer = make()
        with self._lock:
            self._answers[stamp] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer
