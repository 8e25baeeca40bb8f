"""Where torch's own answer is at fault: what it would be without the fault, which ours is held to."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import torch

from .helper import array
from .op_db_convert import fresh

__all__ = ["FAULTS", "without_fault"]

NAN = "torch's is NaN where the norm is 0: it multiplies 0 and 1 / 0; there ours has to be finite"
UNWRITTEN = "torch leaves its out= unwritten; ours is held to what torch returns without it"
INEXACT = "torch's values are wrong in the 7th digit; ours are held to the database's reference, SciPy's"

# key -> {part: what is wrong in torch's answer, and what ours is held to}.
FAULTS: dict[str, dict[str, str]] = {
    "fft.ihfft2": {"out": UNWRITTEN},
    "fft.ihfftn": {"out": UNWRITTEN},
    "linalg.norm": {"double backward": NAN},
    "linalg.norm subgradients_at_zero": {"double backward": NAN},
    "matrix_exp": {"bfloat16": "torch's is NaN for some matrices; ours is held to the float64 run"},
    "nn.functional.linear_cross_entropy chunked": {
        "double backward": "torch's gradient of a chunked loss has no history; ours is held to that of the whole loss"
    },
    "special.bessel_j0": {"float64": INEXACT},
    "special.bessel_y1": {"float64": INEXACT},
}


def without_fault(op: Any, key: str, part: str, sample: Any, got: Any, expected: Any, again: Any) -> Any:
    """torch's answer to a sample, mended where the table names the part.

    Args:
        got: ours, for the shape of what torch has nothing for.
        expected: torch's.
        again: runs torch on a sample, in the same way.
    """
    if part not in FAULTS.get(key, {}):
        return expected
    if part == "float64":
        return torch.from_numpy(np.asarray(op.ref(array(sample.input))))
    if part == "bfloat16":
        wide = copy.copy(sample)
        wide.input = sample.input.double()
        return again(wide).to(expected.dtype)
    if part == "out":
        return op.op(fresh(sample.input), *fresh(sample.args), **fresh(sample.kwargs))
    if "options" in sample.kwargs:
        whole = copy.copy(sample)
        whole.kwargs = {k: v for k, v in sample.kwargs.items() if k != "options"}
        return again(whole)
    return [number_for_nan(g, e) for g, e in itertools.zip_longest(got, expected)]


def number_for_nan(got: Any, expected: Any) -> Any:
    """torch's gradient with ours where torch's is NaN and ours is not."""
    if expected is None or not expected.isnan().any():
        return expected
    if got is None:
        return None if expected.isnan().all() else expected
    return torch.where(expected.isnan(), torch.from_numpy(array(got)), expected)
