"""Values that come later: https://docs.pytorch.org/docs/stable/futures.html"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]

T = TypeVar("T")


class Future(Generic[T]):
    """A value that a thread gives later, and functions that are called with it then.

    https://docs.pytorch.org/docs/stable/futures.html#torch.futures.Future

    Args:
        devices: accepted; a value on a device is waited for when it is read.

    Example::

        >>> from jaxlearn.futures import Future
        >>> future = Future()
        >>> doubled = future.then(lambda f: 2 * f.value())
        >>> future.set_result(3)
        >>> doubled.wait()
        6
    """

    def __init__(self, *, devices: Any = None) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[Any], Any]] = []
        self._value: Any = None
        self._error: BaseException | None = None

    def done(self) -> bool:
        """Whether the value is there, or the exception in its place."""
        return self._event.is_set()

    def wait(self) -> T:
        """The value, when it is there; or its exception."""
        self._event.wait()
        return self.value()

    def value(self) -> T:
        """The value that is there.

        Raises:
            RuntimeError: there is none yet; what :meth:`set_exception` was given is raised as it is.
        """
        if not self.done():
            raise RuntimeError("Future has not been completed")
        if self._error is not None:
            raise self._error
        found: T = self._value
        return found

    def then(self, callback: Callable[[Any], Any]) -> Future[Any]:
        """The future of what a function makes of this one, when it is done.

        Args:
            callback: a function of the finished future.
        """
        following: Future[Any] = Future()

        def run(future: Any) -> None:
            try:
                result = callback(future)
            except Exception as error:
                following.set_exception(error)
            else:
                following.set_result(result)

        self.add_done_callback(run)
        return following

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Call a function when this future is done, at once if it is.

        Args:
            callback: a function of the finished future.
        """
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback(self)

    def set_result(self, result: T) -> None:
        """Give the value.

        Args:
            result: the value.

        Raises:
            RuntimeError: there is one already.
        """
        self._finish(result, None)

    def set_exception(self, result: BaseException) -> None:
        """Give an exception in place of the value.

        Args:
            result: the exception.
        """
        if not isinstance(result, Exception):
            raise AssertionError(f"{result} is of type {type(result)}, not an Exception.")
        self._finish(None, result)

    def _finish(self, value: Any, error: BaseException | None) -> None:
        with self._lock:
            if self._event.is_set():
                raise RuntimeError(
                    "Attempting to mark a completed Future as complete again. Note that a Future can only be marked "
                    "completed once."
                )
            self._value, self._error = value, error
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)


def collect_all(futures: Sequence[Future[Any]]) -> Future[list[Future[Any]]]:
    """The future that is done when all of them are; its value is their list.

    https://docs.pytorch.org/docs/stable/futures.html#torch.futures.collect_all

    Args:
        futures: which to wait for.
    """
    listed, collected = list(futures), Future[list[Future[Any]]]()
    missing, lock = [len(listed)], threading.Lock()

    def count(_: Any) -> None:
        with lock:
            missing[0] -= 1
            last = missing[0] == 0
        if last:
            collected.set_result(listed)

    for future in listed:
        future.add_done_callback(count)
    if not listed:
        collected.set_result(listed)
    return collected


def wait_all(futures: Sequence[Future[Any]]) -> list[Any]:
    """The values of all futures, when they are there.

    https://docs.pytorch.org/docs/stable/futures.html#torch.futures.wait_all

    Args:
        futures: which to wait for.

    Example::

        >>> from jaxlearn.futures import Future, wait_all
        >>> futures = [Future(), Future()]
        >>> for number, future in enumerate(futures):
        ...     future.set_result(number)
        >>> wait_all(futures)
        [0, 1]
    """
    return [future.wait() for future in collect_all(futures).wait()]
