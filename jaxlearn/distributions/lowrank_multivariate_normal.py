"""The multivariate normal distribution whose covariance is a product of low rank and a diagonal."""

from __future__ import annotations

import math
from typing import Any

from .. import linalg
from .._size import Size
from .._tensor.creation_constants import eye
from ..ops.joining import broadcast_tensors
from . import constraints
from .distribution import Distribution
from .multivariate_normal import _batch_mahalanobis, _batch_mv
from .utils import _standard_normal, lazy_property

__all__ = ["LowRankMultivariateNormal"]


def _with_identity(matrix: Any) -> Any:
    return matrix + eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)


def _batch_capacitance_tril(W: Any, D: Any) -> Any:
    r"""The Cholesky factor of the capacitance :math:`C = I + W^\top D^{-1} W`."""
    return linalg.cholesky(_with_identity((W.mT / D.unsqueeze(-2)) @ W))


def _batch_lowrank_logdet(W: Any, D: Any, capacitance_tril: Any) -> Any:
    r""":math:`\ln\det(W W^\top + D) = \ln\det C + \ln\det D`."""
    return 2 * capacitance_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1) + D.log().sum(-1)


def _batch_lowrank_mahalanobis(W: Any, D: Any, x: Any, capacitance_tril: Any) -> Any:
    r""":math:`x^\top (W W^\top + D)^{-1} x`, the inverse being :math:`D^{-1} - D^{-1} W C^{-1} W^\top D^{-1}`."""
    inner = _batch_mv(W.mT / D.unsqueeze(-2), x)
    return (x.pow(2) / D).sum(-1) - _batch_mahalanobis(capacitance_tril, inner)


class LowRankMultivariateNormal(Distribution):
    r"""Normal vectors of mean :math:`\mu` and covariance :math:`W W^\top + D`, :math:`D` diagonal.

    With :math:`W` of n rows and m columns, determinant and inverse are those of an m x m matrix (the matrix determinant
    lemma and Woodbury's identity).

    https://docs.pytorch.org/docs/stable/distributions.html#lowrankmultivariatenormal

    Args:
        loc: the mean, (..., n).
        cov_factor: :math:`W`, (..., n, m).
        cov_diag: the diagonal of :math:`D`, positive, (..., n).
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: the shapes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> W, D = torch.tensor([[1.0], [2.0]]), torch.ones(2)
        >>> torch.distributions.LowRankMultivariateNormal(torch.zeros(2), W, D).covariance_matrix
        tensor([[2., 2.],
                [2., 5.]])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event_shape = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError(
                "cov_factor must be at least two-dimensional, with optional leading batch dimensions"
            )
        if cov_factor.shape[-2:-1] != event_shape:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {event_shape[0]} x m")
        if cov_diag.shape[-1:] != event_shape:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event_shape}")
        try:
            centers, self.cov_factor, diagonals = broadcast_tensors(
                loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1)
            )
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc, self.cov_diag = centers[..., 0], diagonals[..., 0]
        self._unbroadcasted_cov_factor = cov_factor
        self._unbroadcasted_cov_diag = cov_diag
        self._capacitance_tril = _batch_capacitance_tril(cov_factor, cov_diag)
        super().__init__(self.loc.shape[:-1], event_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(LowRankMultivariateNormal, batch_shape, _instance)
        new._unbroadcasted_cov_factor = self._unbroadcasted_cov_factor
        new._unbroadcasted_cov_diag = self._unbroadcasted_cov_diag
        new._capacitance_tril = self._capacitance_tril
        return new

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @lazy_property
    def variance(self) -> Any:
        """The diagonal of the covariance."""
        diagonal = self._unbroadcasted_cov_factor.pow(2).sum(-1) + self._unbroadcasted_cov_diag
        return diagonal.expand(self._batch_shape + self._event_shape)

    def _broadcast(self, matrix: Any) -> Any:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Any:
        """The lower triangle of the covariance."""
        # Of I + S W (S W)^T with S = D^(-1/2), whose eigenvalues are at least 1 (Rasmussen, Williams, "Gaussian
        # Processes for Machine Learning", section 3.4.3).
        scale = self._unbroadcasted_cov_diag.sqrt().unsqueeze(-1)
        scaled = self._unbroadcasted_cov_factor / scale
        return self._broadcast(scale * linalg.cholesky(_with_identity(scaled @ scaled.mT)))

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance."""
        W, D = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag
        return self._broadcast(W @ W.mT + D.diag_embed())

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        W, D = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag
        A = linalg.solve_triangular(self._capacitance_tril, W.mT / D.unsqueeze(-2), upper=False)
        return self._broadcast(D.reciprocal().diag_embed() - A.mT @ A)

    def rsample(self, sample_shape: Any = Size()) -> Any:
        W, D = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag
        shape, like = self._extended_shape(sample_shape), (self.loc.dtype, self.loc.device)
        shared = _standard_normal(shape[:-1] + W.shape[-1:], *like)
        own = _standard_normal(shape, *like)
        return self.loc + _batch_mv(W, shared) + D.sqrt() * own

    def _log_det(self) -> Any:
        return _batch_lowrank_logdet(
            self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag, self._capacitance_tril
        )

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        W, D = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag
        distance = _batch_lowrank_mahalanobis(W, D, value - self.loc, self._capacitance_tril)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + distance)

    def entropy(self) -> Any:
        result = 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())
        return result.expand(self._batch_shape) if self._batch_shape else result
