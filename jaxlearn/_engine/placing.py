"""Host arrays made into arrays on a device."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .device import default_device, jax_device
from .outside import outside
from .signature import x64
from .value import Aval

__all__ = ["to_device"]


def to_device(array: np.ndarray[Any, Any], aval: Aval) -> Any:
    """The host array on its device; never an alias of the NumPy memory, which its owner may write to."""
    with x64(), outside():
        if aval.device is default_device():
            return jnp.array(array)
        return jax.device_put(array, jax_device(aval.device), may_alias=False)
