"""Python's :mod:`multiprocessing` under torch's name, and :func:`spawn`.

Tensors are sent by value: XLA's arrays are in one process's memory. A process that was forked after JAX's threads have
begun may hang, so start processes with ``"spawn"``, which :func:`spawn` does.

https://docs.pytorch.org/docs/stable/multiprocessing.html
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import tempfile
import time
import traceback
from collections.abc import Callable
from multiprocessing import Array as Array
from multiprocessing import AuthenticationError as AuthenticationError
from multiprocessing import Barrier as Barrier
from multiprocessing import BoundedSemaphore as BoundedSemaphore
from multiprocessing import BufferTooShort as BufferTooShort
from multiprocessing import Condition as Condition
from multiprocessing import Event as Event
from multiprocessing import JoinableQueue as JoinableQueue
from multiprocessing import Lock as Lock
from multiprocessing import Manager as Manager
from multiprocessing import Pipe as Pipe
from multiprocessing import Pool as Pool
from multiprocessing import Process as Process
from multiprocessing import ProcessError as ProcessError
from multiprocessing import Queue as Queue
from multiprocessing import RLock as RLock
from multiprocessing import Semaphore as Semaphore
from multiprocessing import SimpleQueue as SimpleQueue
from multiprocessing import TimeoutError as TimeoutError
from multiprocessing import Value as Value
from multiprocessing import active_children as active_children
from multiprocessing import cpu_count as cpu_count
from multiprocessing import current_process as current_process
from multiprocessing import freeze_support as freeze_support
from multiprocessing import get_all_start_methods as get_all_start_methods
from multiprocessing import get_context as get_context
from multiprocessing import get_logger as get_logger
from multiprocessing import get_start_method as get_start_method
from multiprocessing import log_to_stderr as log_to_stderr
from multiprocessing import parent_process as parent_process
from multiprocessing import set_executable as set_executable
from multiprocessing import set_start_method as set_start_method
from typing import Any

__all__ = [
    "Array",
    "AuthenticationError",
    "Barrier",
    "BoundedSemaphore",
    "BufferTooShort",
    "Condition",
    "Event",
    "JoinableQueue",
    "Lock",
    "Manager",
    "Pipe",
    "Pool",
    "Process",
    "ProcessContext",
    "ProcessError",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "Queue",
    "RLock",
    "Semaphore",
    "SimpleQueue",
    "SpawnContext",
    "TimeoutError",
    "Value",
    "active_children",
    "cpu_count",
    "current_process",
    "freeze_support",
    "get_all_sharing_strategies",
    "get_all_start_methods",
    "get_context",
    "get_logger",
    "get_sharing_strategy",
    "get_start_method",
    "log_to_stderr",
    "parent_process",
    "set_executable",
    "set_sharing_strategy",
    "set_start_method",
    "spawn",
    "start_processes",
]

_STRATEGIES = {"file_descriptor", "file_system"}


class _Strategy:
    chosen = "file_descriptor"


def get_all_sharing_strategies() -> set[str]:
    """The names that :func:`set_sharing_strategy` takes."""
    return set(_STRATEGIES)


def get_sharing_strategy() -> str:
    """The name that :func:`set_sharing_strategy` was given; tensors are sent by value whichever it is."""
    return _Strategy.chosen


def set_sharing_strategy(new_strategy: str) -> None:
    """Choose how torch would share tensors' memory; here they are sent by value.

    https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.set_sharing_strategy

    Args:
        new_strategy: ``"file_descriptor"`` or ``"file_system"``.

    Raises:
        AssertionError: there is no such strategy.
    """
    if new_strategy not in _STRATEGIES:
        raise AssertionError(f"invalid strategy '{new_strategy}', expected one of {sorted(_STRATEGIES)}")
    _Strategy.chosen = new_strategy


class ProcessException(Exception):
    """A process that :func:`spawn` started has failed.

    Args:
        msg: how.
        error_index: the number of the process.
        pid: its id.
    """

    def __init__(self, msg: str, error_index: int, pid: int) -> None:
        super().__init__(msg)
        self.msg = msg
        self.error_index = error_index
        self.pid = pid


class ProcessRaisedException(ProcessException):
    """A process raised an exception."""


class ProcessExitedException(ProcessException):
    """A process ended by a signal or with an exit code.

    Args:
        msg: how.
        error_index: the number of the process.
        error_pid: its id.
        exit_code: its exit code.
        signal_name: the signal's name.
    """

    def __init__(
        self, msg: str, error_index: int, error_pid: int, exit_code: int, signal_name: str | None = None
    ) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code = exit_code
        self.signal_name = signal_name


def _wrap(fn: Callable[..., Any], number: int, args: tuple[Any, ...], error_file: str) -> None:
    """A process's life: it tells how it failed in a file."""
    try:
        fn(number, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        with open(error_file, "wb") as file:
            pickle.dump(traceback.format_exc(), file)
        os._exit(1)


class ProcessContext:
    """The processes that :func:`start_processes` started.

    Args:
        processes: as :mod:`multiprocessing` has them.
        error_files: where each tells how it failed.
    """

    def __init__(self, processes: list[Any], error_files: list[str]) -> None:
        self.processes = processes
        self.error_files = error_files
        self.sentinels = {process.sentinel: number for number, process in enumerate(processes)}

    def pids(self) -> list[int | None]:
        """The processes' ids."""
        return [process.pid for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait for some process to end; if one has failed, end the others and raise.

        Args:
            timeout: how long, in seconds.
            grace_period: how long the others may take to end before they are killed.

        Returns:
            Whether all have ended.

        Raises:
            ProcessRaisedException: one raised an exception.
            ProcessExitedException: one ended otherwise.
        """
        if not self.sentinels:
            return True
        failed = None
        for sentinel in multiprocessing.connection.wait(list(self.sentinels), timeout):
            number = self.sentinels.pop(sentinel)
            process = self.processes[number]
            process.join()
            if process.exitcode:
                failed = number
                break
        if failed is None:
            return not self.sentinels
        self._end_others(grace_period)
        self._raise(failed)
        raise AssertionError("a failed process raises")

    def _end_others(self, grace_period: float | None) -> None:
        alive = [process for process in self.processes if process.is_alive()]
        for process in alive:
            process.terminate()
        end = None if grace_period is None else time.monotonic() + grace_period
        for process in alive:
            process.join(None if end is None else max(0.0, end - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()

    def _raise(self, number: int) -> None:
        process, file = self.processes[number], self.error_files[number]
        if os.path.exists(file) and os.path.getsize(file):
            with open(file, "rb") as opened:
                text = pickle.load(opened)
            raise ProcessRaisedException(
                f"\n\n-- Process {number} terminated with the following error:\n{text}", number, process.pid
            )
        code = process.exitcode
        if code < 0:
            name = signal.Signals(-code).name
            raise ProcessExitedException(
                f"process {number} terminated with signal {name}", number, process.pid, code, name
            )
        raise ProcessExitedException(
            f"process {number} terminated with exit code {code}", number, process.pid, code
        )


SpawnContext = ProcessContext


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Run ``fn(number, *args)`` in processes.

    Args:
        fn: a function of a module, so that other processes find it.
        args: its further arguments.
        nprocs: how many processes.
        join: wait for all of them.
        daemon: end them with this process.
        start_method: of :mod:`multiprocessing`.

    Returns:
        What waits for them, with ``join=False``.
    """
    context = multiprocessing.get_context(start_method)
    processes, error_files = [], []
    for number in range(nprocs):
        handle, error_file = tempfile.mkstemp(prefix="jaxlearn-process-", suffix=".pickle")
        os.close(handle)
        process = context.Process(  # type: ignore[attr-defined]
            target=_wrap, args=(fn, number, args, error_file), daemon=daemon
        )
        process.start()
        processes.append(process)
        error_files.append(error_file)
    waiting = ProcessContext(processes, error_files)
    if not join:
        return waiting
    try:
        while not waiting.join():
            pass
    finally:
        for file in error_files:
            os.unlink(file)
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Run ``fn(number, *args)`` in new processes, each of which imports the program anew.

    One process drives all devices, so a training program needs one; several suit work on the CPU.

    https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.spawn

    Args:
        fn: a function of a module, so that other processes find it.
        args: its further arguments.
        nprocs: how many processes.
        join: wait for all of them.
        daemon: end them with this process.
        start_method: always ``"spawn"``; see :func:`start_processes`.

    Returns:
        What waits for them, with ``join=False``.

    Raises:
        ProcessRaisedException: one raised an exception; the others are ended.
        ProcessExitedException: one ended otherwise.
    """
    return start_processes(fn, args, nprocs, join, daemon, "spawn")
