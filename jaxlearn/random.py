"""The default generator's seed and state: https://docs.pytorch.org/docs/stable/random.html"""

from __future__ import annotations

import contextlib
from collections.abc import Generator as Iterator
from typing import Any

from ._tensor.generator import default_generator as default_generator
from ._tensor.generator import get_rng_state as get_rng_state
from ._tensor.generator import initial_seed as initial_seed
from ._tensor.generator import manual_seed as manual_seed
from ._tensor.generator import seed as seed
from ._tensor.generator import set_rng_state as set_rng_state

__all__ = [
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]


@contextlib.contextmanager
def fork_rng(
    devices: Any = None, enabled: bool = True, device_type: str = "cuda"
) -> Iterator[None, None, None]:
    """Leave the default generator at the block's end as it was at its beginning.

    https://docs.pytorch.org/docs/stable/random.html#torch.random.fork_rng

    Args:
        devices: accepted for torch's sake: one generator serves all devices.
        enabled: False does nothing.
        device_type: accepted for torch's sake.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(0)
        >>> with torch.random.fork_rng():
        ...     inside = torch.rand(1)
        >>> torch.equal(inside, torch.rand(1))
        True
    """
    before = get_rng_state() if enabled else None
    try:
        yield
    finally:
        if before is not None:
            set_rng_state(before)
