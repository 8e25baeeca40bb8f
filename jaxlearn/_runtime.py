"""Switches of the process that PyTorch programs set: determinism, threads, warnings.

Each does what it says where XLA has such a switch, and else says that it does not.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

from ._engine.device import backend_is_running, default_device
from ._naming import type_name

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_deterministic_debug_mode",
    "get_num_interop_threads",
    "get_num_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "set_deterministic_debug_mode",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_num_threads",
    "use_deterministic_algorithms",
]

_GPU_FLAG = "--xla_gpu_deterministic_ops=true"
_MODES = {"default": 0, "warn": 1, "error": 2}

_debug_mode = 0


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same results in every run.

    XLA's programs for CPU and TPU are deterministic anyway. For GPUs this sets XLA's flag, which is read when the first
    array is made, so call it before.

    https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html

    Args:
        mode: True to ask for it.
        warn_only: kept for :func:`is_deterministic_algorithms_warn_only_enabled`.

    Raises:
        TypeError: ``mode`` is no bool.

    Example::

        >>> import jaxlearn as torch
        >>> torch.use_deterministic_algorithms(True)
        >>> torch.are_deterministic_algorithms_enabled()
        True
        >>> torch.use_deterministic_algorithms(False)
    """
    if type(mode) is not bool:
        raise TypeError(
            "_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not "
            f"{type_name(mode)}"
        )
    global _debug_mode
    _debug_mode = (1 if warn_only else 2) if mode else 0
    flags = os.environ.get("XLA_FLAGS", "")
    if mode and _GPU_FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_GPU_FLAG}".strip()
        if backend_is_running() and default_device().type == "cuda":
            warnings.warn(
                "XLA is running already and does not read its flags again: call use_deterministic_algorithms(True) "
                f"before the first tensor is made, or start the program with XLA_FLAGS={_GPU_FLAG}",
                stacklevel=2,
            )


def are_deterministic_algorithms_enabled() -> bool:
    """Whether :func:`use_deterministic_algorithms` asked for determinism."""
    return _debug_mode > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was asked for with ``warn_only=True``."""
    return _debug_mode == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """:func:`use_deterministic_algorithms` by number or name.

    https://docs.pytorch.org/docs/stable/generated/torch.set_deterministic_debug_mode.html

    Args:
        debug_mode: 0 or ``"default"``, 1 or ``"warn"``, 2 or ``"error"``.

    Raises:
        RuntimeError: another value.
    """
    number = _MODES.get(debug_mode) if isinstance(debug_mode, str) else debug_mode
    if number not in (0, 1, 2):
        raise RuntimeError(
            "invalid value of debug_mode, expected one of `default`, `warn`, or `error`, or 0, 1, 2, but got "
            f"{debug_mode}"
        )
    use_deterministic_algorithms(number > 0, warn_only=number == 1)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2, see :func:`set_deterministic_debug_mode`."""
    return _debug_mode


def get_num_threads() -> int:
    """The threads that XLA computes with on the CPU: one for each core that the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_num_threads(int: int, /) -> None:
    """Choose how many threads compute on the CPU: XLA's are as many as the cores, which this cannot change.

    https://docs.pytorch.org/docs/stable/generated/torch.set_num_threads.html

    Args:
        int: the number.

    Raises:
        RuntimeError: it is no positive integer.
    """
    _threads("set_num_threads", int)


def get_num_interop_threads() -> int:
    """The threads that run independent operations side by side; XLA's are those of :func:`get_num_threads`."""
    return get_num_threads()


def set_num_interop_threads(int: int, /) -> None:
    """Choose how many operations run side by side: see :func:`set_num_threads`.

    Args:
        int: the number.

    Raises:
        RuntimeError: it is no positive integer.
    """
    _threads("set_num_interop_threads", int)


def _threads(function: str, number: Any) -> None:
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise RuntimeError(f"{function} expects an int, but got {type_name(number)}")
    if number <= 0:
        raise RuntimeError(f"{function} expects a positive integer")
    if number != get_num_threads():
        warnings.warn(
            f"XLA computes with {get_num_threads()} threads, one for each core that the process may use; to use "
            f"{number}, start the program with `taskset -c 0-{number - 1}`",
            stacklevel=3,
        )


def set_flush_denormal(mode: bool, /) -> bool:
    """Whether denormal numbers could be made zero: False, as XLA has no such switch.

    https://docs.pytorch.org/docs/stable/generated/torch.set_flush_denormal.html

    Args:
        mode: what is asked for.
    """
    return False
