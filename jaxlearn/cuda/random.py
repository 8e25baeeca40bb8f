"""The generator of GPU numbers, which is the default one: numbers are the same on every device here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._tensor import generator as numbers
from ._gpus import gpus, ordinal

__all__ = [
    "get_rng_state",
    "get_rng_state_all",
    "initial_seed",
    "manual_seed",
    "manual_seed_all",
    "seed",
    "seed_all",
    "set_rng_state",
    "set_rng_state_all",
]


def manual_seed(seed: int) -> None:
    """Seed the generator of GPU numbers: here all devices share the default generator, which is left as it is.

    ``torch.manual_seed`` seeds all devices; a program that calls both means the same seed for both.

    Args:
        seed: accepted.
    """
    int(seed)


def manual_seed_all(seed: int) -> None:
    """See :func:`manual_seed`.

    Args:
        seed: accepted.
    """
    int(seed)


def seed() -> None:
    """Seed GPUs with a number of the system's: nothing to do, see :func:`manual_seed`."""


def seed_all() -> None:
    """Seed all GPUs with a number of the system's: nothing to do, see :func:`manual_seed`."""


def initial_seed() -> int:
    """The seed of the default generator.

    Raises:
        RuntimeError: there is no GPU.
    """
    ordinal()
    return numbers.initial_seed()


def get_rng_state(device: Any = "cuda") -> Any:
    """The default generator's state.

    Args:
        device: a GPU.

    Raises:
        RuntimeError: there is no such GPU.
    """
    ordinal(device)
    return numbers.get_rng_state()


def get_rng_state_all() -> list[Any]:
    """The default generator's state, once for each GPU."""
    return [numbers.get_rng_state() for _ in gpus()]


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Set the default generator's state.

    Args:
        new_state: from :func:`get_rng_state`.
        device: a GPU.

    Raises:
        RuntimeError: there is no such GPU.
    """
    ordinal(device)
    numbers.set_rng_state(new_state)


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """Set the default generator's state to the first one.

    Args:
        new_states: from :func:`get_rng_state_all`.
    """
    for state in list(new_states)[:1]:
        set_rng_state(state)
