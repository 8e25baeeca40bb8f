r"""Divergences between multivariate normal distributions.

.. math:: \tfrac12 \left(\ln\frac{\det \Sigma_q}{\det \Sigma_p} + \operatorname{tr} \Sigma_q^{-1} \Sigma_p
    + (\mu_q - \mu_p)^\top \Sigma_q^{-1} (\mu_q - \mu_p) - n\right)

The trace is a sum of squared lengths, as :math:`\Sigma_p` is a product of a factor and its transpose.
"""

from __future__ import annotations

from typing import Any

from .. import linalg
from .kl import register_kl
from .lowrank_multivariate_normal import (
    LowRankMultivariateNormal,
    _batch_lowrank_logdet,
    _batch_lowrank_mahalanobis,
)
from .multivariate_normal import MultivariateNormal, _batch_mahalanobis

__all__: list[str] = []


def _same_events(p: Any, q: Any, names: str) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence between two {names} with                          different event shapes cannot be computed"
        )


def _squared(matrix: Any) -> Any:
    return matrix.pow(2).sum((-2, -1))


def _log_det(d: Any) -> Any:
    if isinstance(d, MultivariateNormal):
        return 2 * d._half_log_det()
    return _batch_lowrank_logdet(d._unbroadcasted_cov_factor, d._unbroadcasted_cov_diag, d._capacitance_tril)


def _distance(q: Any, x: Any) -> Any:
    if isinstance(q, MultivariateNormal):
        return _batch_mahalanobis(q._unbroadcasted_scale_tril, x)
    return _batch_lowrank_mahalanobis(
        q._unbroadcasted_cov_factor, q._unbroadcasted_cov_diag, x, q._capacitance_tril
    )


def _divergence(p: Any, q: Any, trace: Any) -> Any:
    return 0.5 * (_log_det(q) - _log_det(p) + trace + _distance(q, q.loc - p.loc) - p.event_shape[0])


def _solve(q: Any, factor: Any) -> Any:
    return linalg.solve_triangular(q._unbroadcasted_scale_tril, factor, upper=False)


@register_kl(MultivariateNormal, MultivariateNormal)
def _full_full(p: Any, q: Any) -> Any:
    _same_events(p, q, "Multivariate Normals")
    trace = _squared(_solve(q, p._unbroadcasted_scale_tril))
    rest = 0.5 * (trace + _distance(q, q.loc - p.loc) - p.event_shape[0])
    return q._half_log_det() - p._half_log_det() + rest


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _low_full(p: Any, q: Any) -> Any:
    _same_events(p, q, "(Low Rank) Multivariate Normals")
    diagonal = p._unbroadcasted_cov_diag.sqrt().diag_embed()
    trace = _squared(_solve(q, p._unbroadcasted_cov_factor)) + _squared(_solve(q, diagonal))
    return _divergence(p, q, trace)


def _reduction(q: Any) -> Any:
    r""":math:`A` such that :math:`\Sigma_q^{-1} = D^{-1} - A^\top A`."""
    scaled = q._unbroadcasted_cov_factor.mT / q._unbroadcasted_cov_diag.unsqueeze(-2)
    return linalg.solve_triangular(q._capacitance_tril, scaled, upper=False)


def _low_trace(q: Any, reduction: Any, factor: Any) -> Any:
    scaled = factor * q._unbroadcasted_cov_diag.rsqrt().unsqueeze(-1)
    return _squared(scaled) - _squared(reduction @ factor)


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _full_low(p: Any, q: Any) -> Any:
    _same_events(p, q, "(Low Rank) Multivariate Normals")
    return _divergence(p, q, _low_trace(q, _reduction(q), p._unbroadcasted_scale_tril))


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_low(p: Any, q: Any) -> Any:
    _same_events(p, q, "Low Rank Multivariate Normals")
    diagonal, reduction = p._unbroadcasted_cov_diag, _reduction(q)
    trace = (diagonal / q._unbroadcasted_cov_diag).sum(-1) - _squared(
        reduction * diagonal.sqrt().unsqueeze(-2)
    )
    return _divergence(p, q, trace + _low_trace(q, reduction, p._unbroadcasted_cov_factor))
