"""The Wishart distribution."""

from __future__ import annotations

import math
import warnings
from typing import Any

from .. import linalg
from .._dtypes import finfo
from .._engine.outside import is_transformed
from .._engine.recorder import recorder
from .._size import Size
from .._tensor.core import TensorBase
from .._tensor.creation_constants import eye
from .._tensor.creation_data import tensor
from .._tensor.creation_ranges import arange
from .._tensor.random import randn
from ..ops.joining import broadcast_shapes
from ..ops.linalg_cholesky import cholesky_solve
from ..ops.pointwise_select import where
from . import constraints
from ._validation import violates
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .multivariate_normal import _scale_tril
from .utils import lazy_property, vec_to_tril_matrix

__all__ = ["Wishart"]

_LOG_2 = math.log(2)


def _mvdigamma(x: Any, p: int) -> Any:
    r"""The derivative of the logarithm of the multivariate gamma function, :math:`\sum_{i<p} \psi(x - i / 2)`."""
    if violates(lambda x: x > (p - 1) / 2, x):
        raise AssertionError("Wrong domain for multivariate digamma function.")
    return (x.unsqueeze(-1) - arange(p, dtype=x.dtype, device=x.device) / 2).digamma().sum(-1)


class Wishart(ExponentialFamily):
    r"""Scatter matrices :math:`\sum_{i=1}^\nu x_i x_i^\top` of normal vectors of mean 0 and covariance :math:`\Sigma`.

    .. math:: p(X) \propto \det(X)^{(\nu - n - 1) / 2} \exp\left(-\tfrac12 \operatorname{tr}(\Sigma^{-1} X)\right)

    One of the three matrices is given. All is computed with the lower triangle, so that giving it is cheapest.

    https://docs.pytorch.org/docs/stable/distributions.html#wishart

    Args:
        df: the degrees of freedom :math:`\nu`, more than n - 1; they need not be an integer.
        covariance_matrix: :math:`\Sigma`, positive definite, (..., n, n).
        precision_matrix: :math:`\Sigma^{-1}`.
        scale_tril: the lower triangle :math:`L` with a positive diagonal for which :math:`L L^\top = \Sigma`.
        validate_args: see :class:`Distribution`.

    Raises:
        AssertionError: not one matrix is given.
        ValueError: it has too few dimensions, or there are too few degrees of freedom.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.Wishart(torch.tensor(3.0), covariance_matrix=torch.eye(2)).mean
        tensor([[3., 0.],
                [0., 3.]])
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        matrices = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = {name: matrix for name, matrix in matrices.items() if matrix is not None}
        if len(given) != 1:
            raise AssertionError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
            )
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError(
                "scale_tril must be at least two-dimensional, with optional leading batch dimensions"
            )
        is_tensor = isinstance(df, TensorBase)
        if is_tensor:
            batch_shape = broadcast_shapes(matrix.shape[:-2], df.shape)
            self.df: Any = df.expand(batch_shape)
        else:
            batch_shape = matrix.shape[:-2]
            self.df = tensor(df, dtype=matrix.dtype, device=matrix.device)
        n = matrix.shape[-1]
        if violates(lambda df: df > n - 1, self.df):
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {n - 1}.")
        if violates(lambda df: df >= n, self.df):
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.",
                stacklevel=2,
            )
        self.__dict__[name] = matrix.expand((*batch_shape, -1, -1))
        super().__init__(batch_shape, matrix.shape[-2:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = _scale_tril(covariance_matrix, precision_matrix, scale_tril)
        self._dist_chi2 = self._squared_lengths()

    @property
    def arg_constraints(self) -> Any:
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(Wishart, _instance)
        new._event_shape = self._event_shape
        new = self._expanded(Wishart, batch_shape, new)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril.expand((*batch_shape, -1, -1))
        new._dist_chi2 = new._squared_lengths()
        return new

    def _squared_lengths(self) -> Any:
        """The distribution of the squared diagonal of Bartlett's triangle."""
        n, like = self._event_shape[-1], self._unbroadcasted_scale_tril
        return Chi2(self.df.unsqueeze(-1) - arange(n, dtype=like.dtype, device=like.device))

    def _broadcast(self, matrix: Any) -> Any:
        return matrix.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Any:
        """The lower triangle of the covariance."""
        return self._broadcast(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance of the normal vectors."""
        return self._broadcast(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        L = self._unbroadcasted_scale_tril
        return self._broadcast(cholesky_solve(eye(L.shape[-1], dtype=L.dtype, device=L.device), L))

    def _factors(self, df: Any) -> Any:
        """Numbers of the batch, to multiply matrices with."""
        return df.view(self._batch_shape + (1, 1))

    @property
    def mean(self) -> Any:
        return self._factors(self.df) * self.covariance_matrix

    @property
    def mode(self) -> Any:
        """The likeliest matrix, NaN where there is none."""
        factor = self.df - self._event_shape[-1] - 1
        return self._factors(factor.masked_fill(factor <= 0, math.nan)) * self.covariance_matrix

    @property
    def variance(self) -> Any:
        V = self.covariance_matrix
        diagonal = V.diagonal(dim1=-2, dim2=-1)
        return self._factors(self.df) * (V.pow(2) + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def _bartlett_sampling(self, sample_shape: Any = Size()) -> Any:
        """A sample by the decomposition of M. S. Bartlett, whose triangle has independent elements."""
        n = self._event_shape[-1]
        diagonal = self._dist_chi2.rsample(sample_shape).sqrt()
        diagonal = diagonal.clamp(min=finfo(diagonal.dtype).eps)
        below = randn(
            (*sample_shape, *self._batch_shape, n * (n - 1) // 2),
            dtype=diagonal.dtype,
            device=diagonal.device,
        )
        noise = diagonal.diag_embed() + (vec_to_tril_matrix(below, -1) if n > 1 else 0)
        triangle = self._unbroadcasted_scale_tril @ noise
        return triangle @ triangle.mT

    def rsample(self, sample_shape: Any = Size(), max_try_correction: int | None = None) -> Any:
        """A sample with a gradient.

        torch means to draw singular matrices anew, but draws those anew that are not, and warns of them; so that the
        same seed gives the same samples, this does too. A compiled step draws all of them anew, once.

        Args:
            sample_shape: the shape of the samples of each distribution.
            max_try_correction: how often at most to draw anew what is singular, by default 10 times.
        """
        sample_shape = Size(sample_shape)
        sample = self._bartlett_sampling(sample_shape)
        again = self._are_regular(sample)
        if recorder.capture is not None or is_transformed():
            return where(again[..., None, None], self._bartlett_sampling(sample_shape), sample)
        if not again.any():
            return sample
        warnings.warn("Singular sample detected.", stacklevel=2)
        for _ in range(10 if max_try_correction is None else max_try_correction):
            new = self._bartlett_sampling(again[again].shape)
            sample[again] = new
            again[again.clone()] = ~self._are_regular(new)
            if not again.any():
                break
        return sample

    def _are_regular(self, sample: Any) -> Any:
        """Which samples are positive definite, in some distribution of the batch."""
        regular = self.support.check(sample)
        return regular.amax(tuple(range(-len(self._batch_shape), 0))) if self._batch_shape else regular

    def _log_det(self) -> Any:
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        nu, n = self.df, self._event_shape[-1]
        trace = cholesky_solve(value, self._unbroadcasted_scale_tril).diagonal(dim1=-2, dim2=-1).sum(-1)
        normalizer = nu * (n * _LOG_2 / 2 + self._log_det()) + (nu / 2).mvlgamma(p=n)
        return (nu - n - 1) / 2 * linalg.slogdet(value).logabsdet - trace / 2 - normalizer

    def entropy(self) -> Any:
        nu, n = self.df, self._event_shape[-1]
        inner = (n + 1) * (n * _LOG_2 / 2 + self._log_det()) + (nu / 2).mvlgamma(p=n)
        return inner - (nu - n - 1) / 2 * _mvdigamma(nu / 2, p=n) + nu * n / 2

    @property
    def _natural_params(self) -> Any:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        n = self._event_shape[-1]
        half = y + (n + 1) / 2
        return half * (-linalg.slogdet(-2 * x).logabsdet + _LOG_2 * n) + half.mvlgamma(p=n)
