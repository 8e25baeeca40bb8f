"""Generators: the state of torch's random numbers, the default one and one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _random as streams
from .._engine.device import Device
from .._engine.recorder import recorder, unusual
from .._engine.value import concrete
from .._naming import type_name
from .dispatch import TENSOR_TYPES, wrap
from .step_key import forget_key

__all__ = [
    "Generator",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
    "stream_of",
]


class Generator:
    """A stream of random numbers equal to torch's CPU generator; the same on every device.

    https://docs.pytorch.org/docs/stable/generated/torch.Generator.html

    Args:
        device: shown as :attr:`device`; the numbers do not depend on it.

    Example::

        >>> import jaxlearn as torch
        >>> g = torch.Generator().manual_seed(1729)
        >>> torch.rand(2, generator=g)
        tensor([0.3126, 0.3791])
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = device if type(device) is Device else Device(device)
        self.stream = streams.Generator(self.device)

    def manual_seed(self, seed: int) -> Generator:
        """Restart the stream from a seed and return the generator.

        Raises:
            RuntimeError: the seed is not an integer.
            ValueError: it does not fit in 64 bits.
        """
        _not_in_a_program()
        self.stream.manual_seed(seed)
        if self.stream is streams.current_generator():
            forget_key()
        return self

    def seed(self) -> int:
        """Restart the stream from the operating system's entropy and return the seed."""
        _not_in_a_program()
        return self.stream.seed()

    def initial_seed(self) -> int:
        """The seed the stream was last restarted from."""
        return self.stream.initial_seed()

    def get_state(self) -> Any:
        """The state as a tensor of bytes, equal to torch's."""
        _not_in_a_program()
        return wrap(concrete(self.stream.get_state()))

    def set_state(self, new_state: Any) -> Generator:
        """Continue from a state made here or by torch.

        Raises:
            TypeError: the state is not a tensor of bytes.
            RuntimeError: it is not the state of a generator.
        """
        _not_in_a_program()
        self.stream.set_state(_state_bytes(new_state))
        if self.stream is streams.current_generator():
            forget_key()
        return self

    def clone_state(self) -> Generator:
        """Another generator that continues as this one would."""
        return Generator(self.device).set_state(self.get_state())

    def __deepcopy__(self, memo: dict[int, Any]) -> Generator:
        memo[id(self)] = copy = self.clone_state()
        return copy

    def __reduce__(self) -> Any:
        return _generator_of, (self.device, self.get_state())


def _generator_of(device: Device, state: Any) -> Generator:
    """The generator that was pickled."""
    return Generator(device).set_state(state)


def _not_in_a_program() -> None:
    """Make a compiled function that looks at a generator's state an ordinary call: a program only draws."""
    if recorder.capture is not None:
        recorder.capture.give_up("a generator is seeded or its state is read")


def _state_bytes(state: Any) -> np.ndarray[Any, Any]:
    if type(state) not in TENSOR_TYPES:
        raise TypeError(f"RNG state must be a torch.ByteTensor, not {type_name(state)}")
    return np.asarray(state.detach()._array())


def _default() -> Generator:
    generator = Generator()
    generator.stream = streams.default_generator
    return generator


#: The generator that everything draws from which is given no other.
default_generator: Generator = _default()


def _own() -> Generator:
    """The generator of this thread: a DataLoader's worker has one of its own, all others share the default."""
    stream = streams.current_generator()
    if stream is streams.default_generator:
        return default_generator
    generator = Generator(stream.device)
    generator.stream = stream
    return generator


def stream_of(generator: Any) -> streams.Generator:
    """The stream to draw from: a generator's, or this thread's own.

    Raises:
        TypeError: it is no generator.
    """
    if generator is None:
        stream = streams.current_generator()
    elif isinstance(generator, Generator):
        stream = generator.stream
    elif isinstance(generator, streams.Generator):
        stream = generator
    else:
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type_name(generator)}")
    if unusual and recorder.capture is not None:
        recorder.capture.draws_from(stream)
    return stream


def manual_seed(seed: int) -> Generator:
    """Restart the default generator from a seed.

    https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html

    Args:
        seed: in [-2**63, 2**64).

    Returns:
        The default generator.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(1729)
        >>> torch.rand(2, 2)
        tensor([[0.3126, 0.3791],
                [0.3087, 0.0736]])
    """
    return _own().manual_seed(int(seed))


def seed() -> int:
    """Restart the default generator from the operating system's entropy and return the seed."""
    return _own().seed()


def initial_seed() -> int:
    """The seed the default generator was last restarted from."""
    return _own().initial_seed()


def get_rng_state() -> Any:
    """The default generator's state as a tensor of bytes.

    https://docs.pytorch.org/docs/stable/generated/torch.get_rng_state.html
    """
    return _own().get_state()


def set_rng_state(new_state: Any) -> None:
    """Set the default generator's state.

    https://docs.pytorch.org/docs/stable/generated/torch.set_rng_state.html

    Args:
        new_state: (5056,) bytes (``uint8``), as :func:`get_rng_state` returns them.

    Raises:
        TypeError: the state is not a tensor of bytes.
        RuntimeError: it is not the state of a generator.

    Example::

        >>> import jaxlearn as torch
        >>> state = torch.get_rng_state()
        >>> numbers = torch.rand(2)
        >>> torch.set_rng_state(state)
        >>> torch.equal(torch.rand(2), numbers)
        True
    """
    _own().set_state(new_state)
