"""Transforms of vectors and matrices as wholes."""

from __future__ import annotations

import math
from typing import Any

from ... import linalg
from ..._dtypes import finfo
from ..._size import Size
from ..._tensor.creation_constants import eye
from ...ops.nn_activation_smooth import logsigmoid, softplus
from ...ops.nn_pad import pad
from .. import constraints
from ..utils import tril_matrix_to_vec, vec_to_tril_matrix
from .base import Parameterless, Transform, check_dims
from .elementwise import within_unit_interval

__all__ = [
    "CorrCholeskyTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "ReshapeTransform",
    "SoftmaxTransform",
    "StickBreakingTransform",
]


class ReshapeTransform(Transform):
    """Events in another shape.

    Args:
        in_shape: the shape of an event.
        out_shape: its new shape.
        cache_size: see :class:`Transform`.

    Raises:
        ValueError: the shapes have different numbers of elements, or an argument's shape does not end in them.
    """

    bijective = True

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        self.in_shape = Size(in_shape)
        self.out_shape = Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size=cache_size)

    @constraints.dependent_property
    def domain(self) -> Any:
        """The constraint of arguments."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property
    def codomain(self) -> Any:
        """The constraint of results."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._recached(cache_size, ReshapeTransform, self.in_shape, self.out_shape)

    def _call(self, x: Any) -> Any:
        return x.reshape(x.shape[: x.dim() - len(self.in_shape)] + self.out_shape)

    def _inverse(self, y: Any) -> Any:
        return y.reshape(y.shape[: y.dim() - len(self.out_shape)] + self.in_shape)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x.new_zeros(x.shape[: x.dim() - len(self.in_shape)])

    def forward_shape(self, shape: Any) -> Any:
        return _with_end(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> Any:
        return _with_end(shape, self.out_shape, self.in_shape)


def _with_end(shape: Any, end: Any, other: Any) -> Any:
    check_dims(shape, len(end))
    cut = len(shape) - len(end)
    if shape[cut:] != end:
        raise ValueError(f"Shape mismatch: expected {shape[cut:]} but got {end}")
    return shape[:cut] + other


class CorrCholeskyTransform(Transform):
    r"""Vectors of :math:`D (D - 1) / 2` numbers as Cholesky factors of correlation matrices.

    The numbers, brought into (-1, 1) by :math:`\tanh`, fill the rows below the diagonal; each is then scaled by what
    the ones left of it leave of a row's length 1, and the diagonal takes the rest.
    https://mc-stan.org/docs/reference-manual/transforms.html

    Args:
        cache_size: see :class:`Transform`.

    Raises:
        ValueError: a vector of another size, or a matrix that is not square.
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Any) -> Any:
        eps = finfo(x.dtype).eps
        r = vec_to_tril_matrix(x.tanh().clamp(min=-1 + eps, max=1 - eps), diag=-1)
        left = (1 - r**2).sqrt().cumprod(-1)
        r = r + eye(r.shape[-1], dtype=r.dtype, device=r.device)
        return r * pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Any) -> Any:
        left = pad((1 - (y * y).cumsum(-1))[..., :-1], [1, 0], value=1)
        r = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(left, diag=-1).sqrt()
        return (r.log1p() - r.neg().log1p()) / 2

    def log_abs_det_jacobian(self, x: Any, y: Any, intermediates: Any = None) -> Any:
        """That of the map from ``x`` to the elements below the diagonal of ``y``.

        Args:
            x: an argument.
            y: its result.
            intermediates: not used.
        """
        left = tril_matrix_to_vec(1 - (y * y).cumsum(-1), diag=-2)
        of_tanh = -2 * (x + softplus(-2 * x) - math.log(2.0)).sum(-1)
        return 0.5 * left.log().sum(-1) + of_tanh

    def forward_shape(self, shape: Any) -> Any:
        check_dims(shape, 1)
        size = shape[-1]
        rows = round((0.25 + 2 * size) ** 0.5 + 0.5)
        if rows * (rows - 1) // 2 != size:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return shape[:-1] + (rows, rows)

    def inverse_shape(self, shape: Any) -> Any:
        check_dims(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return shape[:-2] + (shape[-1] * (shape[-1] - 1) // 2,)


class SoftmaxTransform(Parameterless):
    """Vectors as points of the simplex, by softmax; not one-to-one.

    Args:
        cache_size: see :class:`Transform`.

    Raises:
        ValueError: the shape of a number.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Any) -> Any:
        weights = (x - x.max(-1, True)[0]).exp()
        return weights / weights.sum(-1, True)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        check_dims(shape, 1)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        check_dims(shape, 1)
        return shape


class StickBreakingTransform(Parameterless):
    """Vectors as points of the simplex of one dimension more, by breaking pieces off a stick; one-to-one.

    Each number's sigmoid is the share that it takes of what the ones before it left; equal shares come of zeros.

    Args:
        cache_size: see :class:`Transform`.

    Raises:
        ValueError: the shape of a number.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    @staticmethod
    def _offset(like: Any, size: int) -> Any:
        """The logarithms of how many pieces are still to come."""
        return (size + 1 - like.new_ones(size).cumsum(-1)).log()

    def _call(self, x: Any) -> Any:
        share = within_unit_interval((x - self._offset(x, x.shape[-1])).sigmoid())
        return pad(share, [0, 1], value=1) * pad((1 - share).cumprod(-1), [1, 0], value=1)

    def _inverse(self, y: Any) -> Any:
        pieces = y[..., :-1]
        # Rounding may leave nothing, or less.
        left = (1 - pieces.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return pieces.log() - left.log() + self._offset(y, pieces.shape[-1])

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        x = x - self._offset(x, x.shape[-1])
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        check_dims(shape, 1)
        return shape[:-1] + (shape[-1] + 1,)

    def inverse_shape(self, shape: Any) -> Any:
        check_dims(shape, 1)
        return shape[:-1] + (shape[-1] - 1,)


class LowerCholeskyTransform(Parameterless):
    """Matrices as lower triangular ones of positive diagonal.

    Args:
        cache_size: see :class:`Transform`.
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Parameterless):
    """Matrices as positive definite ones, by way of their Cholesky factors.

    Args:
        cache_size: see :class:`Transform`.
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Any) -> Any:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(linalg.cholesky(y))
