"""Pictures, and comparisons bit by bit, for the tests of transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

import jaxlearn

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)
RGB = Image.fromarray(PIXELS)
GREY = Image.fromarray(PIXELS[..., 0])


def equal(ours: Any, theirs: Any) -> None:
    """Assert the same dtype and bits of two tensors (of any library) or arrays."""
    ours, theirs = (np.asarray(x.numpy() if hasattr(x, "numpy") else x) for x in (ours, theirs))
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def tensor(array: Any) -> Any:
    """A jaxlearn tensor of an array."""
    return jaxlearn.from_numpy(np.ascontiguousarray(array))


def planes(pixels: np.ndarray[Any, Any]) -> Any:
    """uint8 (H, W, C) as torch's tensor (C, H, W)."""
    import torch

    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())
