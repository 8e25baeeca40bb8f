"""The generator object: seeding, state in torch's byte layout, and which generator a thread draws from."""

from __future__ import annotations

import operator
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from .._naming import type_name
from .mt19937 import MT19937, STATE_SIZE

__all__ = [
    "Generator",
    "current_generator",
    "default_generator",
    "use_generator",
]

# What torch.Generator() starts from before any manual_seed.
DEFAULT_SEED = 67280421310721

_STATE = np.dtype(
    {
        "names": [
            "seed",
            "left",
            "seeded",
            "next",
            "words",
            "normal_double",
            "has_normal_double",
            "normal_float",
            "has_normal_float",
        ],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", STATE_SIZE), "<f8", "<i4", "<f4", "u1"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040, 5048, 5052],
        "itemsize": 5056,
    }
)


class Generator:
    """A stream of random numbers equal to torch's CPU generator.

    The same host stream serves every device, so that a seed means the same numbers everywhere.

    Args:
        device: kept as given and shown as ``device``.

    Source: https://pytorch.org/docs/stable/generated/torch.Generator.html

    Example::

        >>> generator = Generator().manual_seed(1729)
        >>> generator.initial_seed()
        1729
    """

    def __init__(self, device: object = "cpu") -> None:
        self.device = device
        self._seed = DEFAULT_SEED
        self.engine = MT19937(self._seed)
        self.next_normal_double: float | None = None
        self.next_normal_float: float | None = None

    def manual_seed(self, seed: int) -> Generator:
        """Restart the stream.

        Args:
            seed: in [-2**63, 2**64); a negative seed stands for ``seed + 2**64``.

        Returns:
            This generator.

        Raises:
            RuntimeError: ``seed`` is not an integer.
            ValueError: ``seed`` does not fit in 64 bits.
        """
        try:
            value = None if isinstance(seed, bool) else operator.index(seed)
        except TypeError:
            value = None
        if value is None:
            raise RuntimeError(f"manual_seed expected a long, but got {type_name(seed)}")
        if not -(1 << 63) <= value < 1 << 64:
            raise ValueError("Overflow when unpacking long long")
        self._restart(value % (1 << 64))
        return self

    def seed(self) -> int:
        """Restart the stream from a seed of the operating system's entropy, and return that seed."""
        self._restart(secrets.randbits(64))
        return self._seed

    def initial_seed(self) -> int:
        """The seed the stream was last restarted from."""
        return self._seed

    def _restart(self, seed: int) -> None:
        self.engine.seed(seed)
        self._seed = seed
        self.next_normal_double = None
        self.next_normal_float = None

    def get_state(self) -> np.ndarray:
        """The state as 5056 bytes (``uint8``), byte for byte what ``torch.Generator.get_state`` returns."""
        words, position = self.engine.words()
        state = np.zeros((), _STATE)
        state["seed"] = self._seed
        state["left"] = 1 if self.engine.fresh else STATE_SIZE + 1 - position
        state["seeded"] = 1
        state["next"] = 0 if self.engine.fresh else position
        state["words"] = words
        if self.next_normal_double is not None:
            state["normal_double"] = self.next_normal_double
            state["has_normal_double"] = 1
        if self.next_normal_float is not None:
            state["normal_float"] = self.next_normal_float
            state["has_normal_float"] = 1
        return np.frombuffer(state.tobytes(), np.uint8).copy()

    def set_state(self, new_state: np.ndarray) -> Generator:
        """Continue from a state made here or by torch.

        Args:
            new_state: 5056 bytes (``uint8``), as returned by :meth:`get_state`.

        Returns:
            This generator.

        Raises:
            TypeError: ``new_state`` is not an array of bytes.
            RuntimeError: ``new_state`` has another size, or is not the state of a seeded engine.
        """
        if not isinstance(new_state, np.ndarray) or new_state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if new_state.size != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input RNG state size"
                f" to be {new_state.size}"
            )
        state = np.frombuffer(new_state.tobytes(), _STATE)[0]
        left, following = int(state["left"]), int(state["next"])
        if state["seeded"] != 1 or not 0 < left <= STATE_SIZE or following > STATE_SIZE:
            raise RuntimeError("Invalid mt19937 state")
        fresh = left == 1 and following == 0
        self.engine.set_words(state["words"].astype(np.uint32), STATE_SIZE + 1 - left, fresh)
        self._seed = int(state["seed"])
        self.next_normal_double = float(state["normal_double"]) if state["has_normal_double"] else None
        self.next_normal_float = float(state["normal_float"]) if state["has_normal_float"] else None
        return self

    def clone_state(self) -> Generator:
        """A new generator that continues as this one would; neither then moves the other."""
        return Generator(self.device).set_state(self.get_state())


def _make_default() -> Generator:
    generator = Generator()
    generator.seed()
    return generator


#: The process-wide generator, seeded from the operating system's entropy until ``manual_seed`` is called on it.
default_generator: Generator = _make_default()


class _Thread(threading.local):
    generator: Generator | None = None


_thread = _Thread()


def current_generator() -> Generator:
    """The generator a call without ``generator=`` draws from: the thread's own inside :func:`use_generator`, else
    :data:`default_generator`.

    Example::

        >>> current_generator() is default_generator
        True
    """
    own = _thread.generator
    return default_generator if own is None else own


@contextmanager
def use_generator(generator: Generator) -> Iterator[Generator]:
    """Make ``generator`` this thread's :func:`current_generator` inside the block; other threads see no change.

    Args:
        generator: the stream to draw from, such as a DataLoader worker's own.

    Example::

        >>> with use_generator(Generator().manual_seed(3)) as mine:
        ...     current_generator() is mine
        True
    """
    before = _thread.generator
    _thread.generator = generator
    try:
        yield generator
    finally:
        _thread.generator = before
