"""Muon."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import one_element
from ._fused import FusedOptimizer

__all__ = ["Muon", "muon"]


class MuonState(NamedTuple):
    """State of :func:`muon`: the running mean of the gradient."""

    momentum_buffer: Any


def muon(
    learning_rate: Any,
    weight_decay: Any,
    momentum: Any,
    a: Any,
    b: Any,
    c: Any,
    eps: Any,
    *,
    nesterov: bool,
    ns_steps: int,
    adjust_lr_fn: str | None,
) -> optax.GradientTransformation:
    """The rule of :class:`Muon` as an Optax transformation; Optax's own iterates in 32 bits, torch in bfloat16.

    Args:
        learning_rate, weight_decay, momentum, eps, nesterov, ns_steps, adjust_lr_fn: as in :class:`Muon`.
        a, b, c: the polynomial's coefficients.
    """

    def init(params: Any) -> MuonState:
        return MuonState(optax.tree.zeros_like(params))

    def update(updates: Any, state: MuonState, params: Any = None) -> tuple[Any, MuonState]:
        mean = jax.tree.map(lambda m, g: _lerp(m, g, 1 - momentum), state.momentum_buffer, updates)
        ahead = jax.tree.map(lambda g, m: _lerp(g, m, momentum), updates, mean) if nesterov else mean

        def stepped(p: Any, u: Any) -> Any:
            direction = orthogonalized(u, a, b, c, eps, ns_steps).astype(p.dtype)
            rate = learning_rate * _ratio(adjust_lr_fn, *p.shape)
            return (p * (1 - learning_rate * weight_decay) - rate * direction) - p

        return jax.tree.map(stepped, params, ahead), MuonState(mean)

    return optax.GradientTransformation(init, update)


def _lerp(start: Any, end: Any, weight: Any) -> Any:
    """Between the two, counted from the nearer one, as torch does for the sake of rounding."""
    return jnp.where(weight < 0.5, start + weight * (end - start), end - (end - start) * (1 - weight))


def _ratio(adjust_lr_fn: str | None, rows: int, columns: int) -> float:
    if adjust_lr_fn == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


def orthogonalized(matrix: Any, a: Any, b: Any, c: Any, eps: Any, steps: int) -> Any:
    """The matrix with singular values near 1, by Newton-Schulz iterations in bfloat16.

    Each result is rounded to bfloat16 explicitly: XLA may keep more digits between operations, torch never does.
    """

    def rounded(x: Any) -> Any:
        return jax.lax.reduce_precision(x, 8, 7)

    x = rounded(matrix.astype(jnp.float32))
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    norm = rounded(jnp.sqrt(jnp.sum(x * x)))
    x = rounded(x / jnp.maximum(norm, rounded(jnp.asarray(eps, jnp.float32))))
    highest = jax.lax.Precision.HIGHEST
    for _ in range(steps):
        gram = rounded(jnp.matmul(x, x.T, precision=highest))
        polynomial = rounded(b * gram + c * jnp.matmul(gram, gram, precision=highest))
        x = rounded(a * x + jnp.matmul(polynomial, x, precision=highest))
    return x.T if tall else x


class Muon(FusedOptimizer):
    r"""Muon: momentum whose matrix is orthogonalized, for the weight matrices of hidden layers.

    .. math::
        B_t = \mu B_{t-1} + (1-\mu) G_t, \quad
        \theta_t = (1 - \gamma\lambda)\,\theta_{t-1} - \gamma\, r\, \mathrm{NS}(B_t)

    with Nesterov's :math:`\mu B_t + (1-\mu) G_t` in place of :math:`B_t`, and :math:`\mathrm{NS}` some iterations of
    :math:`X \leftarrow aX + b(XX^\top)X + c(XX^\top)^2X`. The ratio :math:`r` of an :math:`A \times B` matrix is
    :math:`\sqrt{\max(1, A/B)}`, or :math:`0.2\sqrt{\max(A, B)}` to match AdamW.
    Jordan et al., https://kellerjordan.github.io/posts/muon/, and Liu et al., "Muon is Scalable for LLM Training",
    https://arxiv.org/abs/2502.16982;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Muon.html

    Args:
        params: matrices or groups of them.
        lr: learning rate :math:`\gamma`.
        weight_decay: decoupled weight decay :math:`\lambda`.
        momentum: :math:`\mu`.
        nesterov: Nesterov's momentum.
        ns_coefficients: :math:`(a, b, c)`.
        eps: the least norm to divide by.
        ns_steps: the number of iterations.
        adjust_lr_fn: ``"original"`` (also by default) or ``"match_rms_adamw"``.

    Raises:
        ValueError: a negative rate, momentum or weight decay, an unknown ``adjust_lr_fn``, a parameter that is no
            matrix; at a step, 100 iterations or more, or not three coefficients.
        RuntimeError: at a step, a complex parameter.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.zeros(2, 2))
        >>> optimizer = torch.optim.Muon([w], lr=0.1)
        >>> (w.sum() * 3).backward()
        >>> optimizer.step()
        >>> w.data.sign()
        tensor([[-1., -1.],
                [-1., -1.]])
    """

    _rule = staticmethod(muon)
    _completes_state = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        one_element(lr)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        super().__init__(
            params,
            {
                "lr": lr,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "nesterov": nesterov,
                "ns_coefficients": ns_coefficients,
                "eps": eps,
                "ns_steps": ns_steps,
                "adjust_lr_fn": adjust_lr_fn,
            },
        )
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                    )

    def _check(self, p: Any) -> None:
        if p.is_complex():
            raise RuntimeError("Muon does not support complex parameters")

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        if len(group["ns_coefficients"]) != 3:
            raise ValueError("Coefficients must be a tuple of exactly 3 values")
        a, b, c = group["ns_coefficients"]
        return {
            "learning_rate": group["lr"],
            "weight_decay": group["weight_decay"],
            "momentum": group["momentum"],
            "a": a,
            "b": b,
            "c": c,
            "eps": group["eps"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        if group["ns_steps"] >= 100:
            raise ValueError("Number of steps must be less than 100 for computational efficiency")
        return {
            "nesterov": group["nesterov"],
            "ns_steps": group["ns_steps"],
            "adjust_lr_fn": group["adjust_lr_fn"],
        }
