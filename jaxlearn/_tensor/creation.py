"""All functions that make tensors without random numbers, by the names they are public under."""

from __future__ import annotations

from .creation_constants import constant_like as constant_like
from .creation_constants import empty as empty
from .creation_constants import empty_like as empty_like
from .creation_constants import empty_permuted as empty_permuted
from .creation_constants import empty_strided as empty_strided
from .creation_constants import eye as eye
from .creation_constants import full as full
from .creation_constants import full_like as full_like
from .creation_constants import ones as ones
from .creation_constants import ones_like as ones_like
from .creation_constants import scalar_tensor as scalar_tensor
from .creation_constants import zeros as zeros
from .creation_constants import zeros_like as zeros_like
from .creation_data import as_tensor as as_tensor
from .creation_data import asarray as asarray
from .creation_data import from_dlpack as from_dlpack
from .creation_data import from_numpy as from_numpy
from .creation_data import frombuffer as frombuffer
from .creation_data import tensor as tensor
from .creation_ranges import arange as arange
from .creation_ranges import linspace as linspace
from .creation_ranges import logspace as logspace
from .creation_ranges import range_ as range_
from .creation_ranges import tril_indices as tril_indices
from .creation_ranges import triu_indices as triu_indices

__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "constant_like",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eye",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "range_",
    "scalar_tensor",
    "tensor",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]
