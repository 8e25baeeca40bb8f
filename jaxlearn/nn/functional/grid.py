"""Spatial transforms of images and volumes."""

from __future__ import annotations

import warnings
from typing import Any

from ...ops.nn_grid import grid_places, grid_samples

__all__ = ["affine_grid", "grid_sample"]


def _aligned(align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please "
            "specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for "
            "details.",
            stacklevel=3,
        )
        return False
    return align_corners


def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Any:
    r"""The input at given places, between its pixels too.

    Spatial transformer networks, https://arxiv.org/abs/1506.02025;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: (N, ..., 2) or (N, ..., 3), places x, y (, z) between -1 and 1.
        mode: ``"bilinear"``, ``"nearest"`` or, in two dimensions, ``"bicubic"``.
        padding_mode: what is outside: ``"zeros"``, the nearest pixel (``"border"``) or the reflected image.
        align_corners: whether -1 and 1 are the centres of the corner pixels rather than their edges.

    Returns:
        A tensor (N, C, ...).

    Raises:
        ValueError: a mode is unknown.
        RuntimeError: sizes or dtypes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
        >>> centre = torch.zeros(1, 1, 1, 2)
        >>> torch.nn.functional.grid_sample(image, centre, align_corners=False)
        tensor([[[[2.5000]]]])
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    return grid_samples(input, grid, mode, padding_mode, _aligned(align_corners))


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Any:
    r"""For each pixel of an image the place that an affine map takes it from, for :func:`grid_sample`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html

    Args:
        theta: (N, 2, 3), or (N, 3, 4) for volumes.
        size: of the image: (N, C, H, W) or (N, C, D, H, W).
        align_corners: whether -1 and 1 are the centres of the corner pixels rather than their edges.

    Returns:
        A tensor (N, H, W, 2) or (N, D, H, W, 3).

    Raises:
        ValueError: sizes do not fit, or theta is not floating.
        NotImplementedError: another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> same = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        >>> torch.nn.functional.affine_grid(same, (1, 1, 1, 2), align_corners=False)
        tensor([[[[-0.5000,  0.0000],
                  [ 0.5000,  0.0000]]]])
    """
    align_corners = _aligned(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    n = len(size) - 2
    if n not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{size}."
        )
    if theta.dim() != 3 or tuple(theta.shape[1:]) != (n, n + 1):
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}. Got {theta.shape}."
        )
    if align_corners and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This "
            "is not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=2,
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return grid_places(theta, tuple(int(s) for s in size), align_corners)
