"""The functions that torch defines in Python: the same as in :mod:`jaxlearn`."""

from __future__ import annotations

from ._tensor.linalg_checked import lu as lu
from ._tensor.linalg_finite import norm as norm
from ._tensor.linalg_lowrank import pca_lowrank as pca_lowrank
from ._tensor.linalg_lowrank import svd_lowrank as svd_lowrank
from ._tensor.searching import unique as unique
from ._tensor.searching import unique_consecutive as unique_consecutive
from ._tensor.spectral import istft as istft
from ._tensor.spectral import stft as stft
from .ops.distances import cdist as cdist
from .ops.indexing_places import unravel_index as unravel_index
from .ops.joining import block_diag as block_diag
from .ops.joining import broadcast_shapes as broadcast_shapes
from .ops.joining import broadcast_tensors as broadcast_tensors
from .ops.joining import cartesian_prod as cartesian_prod
from .ops.joining import meshgrid as meshgrid
from .ops.linalg_solve import chain_matmul as chain_matmul
from .ops.linalg_tensor import einsum as einsum
from .ops.linalg_tensor import tensordot as tensordot
from .ops.shape import atleast_1d as atleast_1d
from .ops.shape import atleast_2d as atleast_2d
from .ops.shape import atleast_3d as atleast_3d
from .ops.shape_parts import split as split

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "cartesian_prod",
    "cdist",
    "chain_matmul",
    "einsum",
    "istft",
    "lu",
    "meshgrid",
    "norm",
    "pca_lowrank",
    "split",
    "stft",
    "svd_lowrank",
    "tensordot",
    "unique",
    "unique_consecutive",
    "unravel_index",
]
