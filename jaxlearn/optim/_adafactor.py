"""Adafactor."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ._checks import one_element
from ._fused import FusedOptimizer
from ._rules import number, plain

__all__ = ["Adafactor", "adafactor"]


class AdafactorState(NamedTuple):
    """State of :func:`adafactor`: the second moment, of matrices as a column times a row. What a parameter does not
    have is None."""

    step: Any
    row_var: Any
    col_var: Any
    variance: Any


def adafactor(
    learning_rate: Any,
    beta2_decay: Any,
    eps1: Any,
    eps2: Any,
    d: Any,
    weight_decay: Any,
    *,
    machine_eps: bool,
    maximize: bool,
    decay: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`Adafactor` as an Optax transformation; Optax's own factors and clips differently.

    Args:
        learning_rate, beta2_decay, eps1, eps2, d, weight_decay, maximize: as in :class:`Adafactor`.
        machine_eps: take the first parameter's dtype's eps in place of ``eps1``.
        decay: whether there is a weight decay.
    """

    def init(params: Any) -> AdafactorState:
        def reduced(p: Any, axis: int) -> Any:
            shape = list(p.shape)
            shape[axis] = 1
            return jnp.zeros(shape, p.dtype)

        return AdafactorState(
            jnp.zeros((), jnp.float32),
            jax.tree.map(lambda p: reduced(p, -1) if p.ndim > 1 else None, params),
            jax.tree.map(lambda p: reduced(p, -2) if p.ndim > 1 else None, params),
            jax.tree.map(lambda p: None if p.ndim > 1 else jnp.zeros(p.shape, p.dtype), params),
        )

    def update(updates: Any, state: AdafactorState, params: Any = None) -> tuple[Any, AdafactorState]:
        step = number(state.step) + 1
        grads = jax.tree.map(jnp.negative, updates) if maximize else updates
        floor = float(jnp.finfo(jax.tree.leaves(params)[0].dtype).eps) if machine_eps else eps1
        weight = step**beta2_decay
        rho = jnp.minimum(learning_rate, 1 / jnp.sqrt(step))
        results = jax.tree.map(
            lambda p, g, row, col, variance: _stepped(p, g, row, col, variance, weight, rho, floor),
            params,
            grads,
            *state[1:],
        )
        steps, *after = (jax.tree.map(lambda p, r, i=i: r[i], params, results) for i in range(4))
        return steps, AdafactorState(plain(step, state.step), *after)

    def _stepped(
        p: Any, g: Any, row: Any, col: Any, variance: Any, weight: Any, rho: Any, floor: Any
    ) -> tuple[Any, Any, Any, Any]:
        alpha = jnp.maximum(eps2, number(_norm(p)) / p.size**0.5) * rho
        if g.ndim > 1:
            row = row + weight * (_norm(g, -1) ** 2 / g.shape[-1] - row)
            col = col + weight * (_norm(g, -2) ** 2 / g.shape[-2] - col)
            estimate = (row @ col) / jnp.maximum(jnp.mean(row, -2, keepdims=True), floor)
        else:
            estimate = variance = variance + weight * (g * g - variance)
        direction = jax.lax.rsqrt(jnp.maximum(estimate, floor * floor)) * g
        clipping = jnp.maximum(1.0, number(_norm(direction)) / (g.size**0.5 * d))
        moved = (p * (1 - learning_rate * weight_decay) if decay else p) - alpha / clipping * direction
        return moved - p, row, col, variance

    return optax.GradientTransformation(init, update)


def _norm(x: Any, axis: int | None = None) -> Any:
    """The 2-norm, of all elements or along one axis that stays with length 1."""
    return jnp.sqrt(jnp.sum(x * x, axis, keepdims=axis is not None))


class Adafactor(FusedOptimizer):
    r"""Adafactor: the second moment of a matrix is kept as the product of a column and a row.

    .. math::
        R_t = R_{t-1} + t^{\tau}\,(\mathrm{mean}_{\to} G_t^2 - R_{t-1}), \quad
        C_t = C_{t-1} + t^{\tau}\,(\mathrm{mean}_{\downarrow} G_t^2 - C_{t-1}), \quad
        U_t = G_t \Big/ \sqrt{\frac{R_t C_t}{\mathrm{mean}\,R_t}}

    .. math::
        \theta_t = \theta_{t-1} - \max(\epsilon_2, \mathrm{rms}\,\theta_{t-1}) \min(\gamma, 1/\sqrt t)\,
        \frac{U_t}{\max(1, \mathrm{rms}(U_t) / d)}

    Vectors have a full second moment. Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory
    Cost", https://arxiv.org/abs/1804.04235;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adafactor.html

    Args:
        params: parameters or groups of them.
        lr: the largest relative step :math:`\gamma`.
        beta2_decay: power :math:`\tau`, at most 0.
        eps: :math:`(\epsilon_1, \epsilon_2)`: the least second moment's root, None for the dtype's own eps, and the
            least scale of a parameter.
        d: threshold :math:`d` of clipping.
        weight_decay: decoupled weight decay.
        foreach: accepted; every update here is one fused program.
        maximize: ascend instead of descending.

    Raises:
        ValueError: an option out of its range.
        RuntimeError: at a step, a complex parameter.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.Adafactor([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.9000])
    """

    _rule = staticmethod(adafactor)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        one_element(lr)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        super().__init__(
            params,
            {
                "lr": lr,
                "beta2_decay": beta2_decay,
                "eps": eps,
                "d": d,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)

    def _check(self, p: Any) -> None:
        if p.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")

    def _start(self, name: str, p: Any, group: dict[str, Any]) -> Any:
        if name not in ("row_var", "col_var"):
            return 0.0
        aval = p._current().aval
        shape = list(aval.shape)
        shape[-1 if name == "row_var" else -2] = 1
        return np.zeros(shape, aval.dtype)

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        eps1, eps2 = group["eps"]
        return {
            "learning_rate": group["lr"],
            "beta2_decay": group["beta2_decay"],
            "eps1": 0.0 if eps1 is None else eps1,
            "eps2": eps2,
            "d": group["d"],
            "weight_decay": group["weight_decay"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {
            "machine_eps": group["eps"][0] is None,
            "maximize": group["maximize"],
            "decay": bool(group["weight_decay"] != 0),
        }
