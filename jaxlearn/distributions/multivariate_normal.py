"""The multivariate normal distribution."""

from __future__ import annotations

import math
from typing import Any

from .. import linalg
from .._size import Size
from .._tensor.creation_constants import eye
from .._tensor.linalg_checked import cholesky_inverse
from ..ops.joining import broadcast_shapes
from . import constraints
from .distribution import Distribution
from .utils import _standard_normal, lazy_property

__all__ = ["MultivariateNormal"]


def _batch_mv(bmat: Any, bvec: Any) -> Any:
    """Products of matrices (..., m, n) and vectors (..., n), whose batches broadcast."""
    return (bmat @ bvec.unsqueeze(-1)).squeeze(-1)


def _batch_mahalanobis(bL: Any, bx: Any) -> Any:
    r"""The squared lengths :math:`x^\top (L L^\top)^{-1} x`.

    The vectors that share a triangle are solved together as the columns of a matrix.

    Args:
        bL: lower triangles (..., n, n), whose batch broadcasts to that of the vectors.
        bx: vectors (..., n).
    """
    n, shape = bx.size(-1), tuple(bx.shape[:-1])
    own = (1,) * (len(shape) + 2 - bL.dim()) + tuple(
        bL.shape[:-2]
    )  # the triangles' batch, as long as the vectors'
    rows = [d for d, size in enumerate(own) if size != 1]
    order = rows + [d for d, size in enumerate(own) if size == 1]
    columns = bx.permute([*order, len(shape)]).reshape(math.prod(shape[d] for d in rows), -1, n)
    solved = linalg.solve_triangular(bL.reshape(-1, n, n), columns.mT, upper=False)
    lengths = solved.pow(2).sum(-2).reshape([shape[d] for d in order])
    return lengths.permute([order.index(d) for d in range(len(shape))])


def _precision_to_scale_tril(P: Any) -> Any:
    """The lower triangle whose product with its transpose is the inverse of a matrix.

    The Cholesky factor of the matrix turned around is the inverse's own, transposed and turned around.
    """
    inverse = linalg.cholesky(P.flip((-2, -1))).flip((-2, -1)).mT
    return linalg.solve_triangular(inverse, eye(P.shape[-1], dtype=P.dtype, device=P.device), upper=False)


def _scale_tril(covariance_matrix: Any, precision_matrix: Any, scale_tril: Any) -> Any:
    """The lower triangle of the one matrix that is given."""
    if scale_tril is not None:
        return scale_tril
    if covariance_matrix is not None:
        return linalg.cholesky(covariance_matrix)
    return _precision_to_scale_tril(precision_matrix)


class MultivariateNormal(Distribution):
    r"""Normal vectors of mean :math:`\mu` and covariance :math:`\Sigma`.

    .. math:: p(x) = \det(2 \pi \Sigma)^{-1/2} \exp\left(-\tfrac12 (x - \mu)^\top \Sigma^{-1} (x - \mu)\right)

    One of the three matrices is given. All is computed with the lower triangle, so that giving it is cheapest.

    https://docs.pytorch.org/docs/stable/distributions.html#multivariatenormal

    Args:
        loc: the mean, (..., n).
        covariance_matrix: :math:`\Sigma`, positive definite, (..., n, n).
        precision_matrix: :math:`\Sigma^{-1}`.
        scale_tril: the lower triangle :math:`L` with a positive diagonal for which :math:`L L^\top = \Sigma`.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: not one matrix is given, or an argument has too few dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> d = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
        >>> d.log_prob(torch.ones(2))
        tensor(-2.8379)
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        matrices = {
            "scale_tril": scale_tril,
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
        }
        given = {name: matrix for name, matrix in matrices.items() if matrix is not None}
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
            )
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            shown = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(
                f"{shown} must be at least two-dimensional, with optional leading batch dimensions"
            )
        batch_shape = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.__dict__[name] = matrix.expand((*batch_shape, -1, -1))
        self.loc = loc.expand((*batch_shape, -1))
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = _scale_tril(covariance_matrix, precision_matrix, scale_tril)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(MultivariateNormal, batch_shape, _instance)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        return new

    def _broadcast(self, matrix: Any) -> Any:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Any:
        """The lower triangle of the covariance."""
        return self._broadcast(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance."""
        return self._broadcast(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        return self._broadcast(cholesky_inverse(self._unbroadcasted_scale_tril))

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        diagonal = self._unbroadcasted_scale_tril.pow(2).sum(-1)
        return diagonal.expand(self._batch_shape + self._event_shape)

    def _half_log_det(self) -> Any:
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def rsample(self, sample_shape: Any = Size()) -> Any:
        shape = self._extended_shape(sample_shape)
        noise = _standard_normal(shape, self.loc.dtype, self.loc.device)
        return self.loc + _batch_mv(self._unbroadcasted_scale_tril, noise)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        distance = _batch_mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - self._half_log_det()

    def entropy(self) -> Any:
        result = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._half_log_det()
        return result.expand(self._batch_shape) if self._batch_shape else result
