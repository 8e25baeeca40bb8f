"""Adadelta."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import non_negative, one_element
from ._fused import FusedOptimizer
from ._rules import ascent, number, plain

__all__ = ["Adadelta", "adadelta"]


class AdadeltaState(NamedTuple):
    """State of :func:`adadelta`: running means of the squared gradient and of the squared step."""

    step: Any
    square_avg: Any
    acc_delta: Any


def adadelta(
    learning_rate: Any, rho: Any, eps: Any, weight_decay: Any, *, maximize: bool, decay: bool
) -> optax.GradientTransformation:
    """The rule of :class:`Adadelta` as an Optax transformation.

    Optax's own ``scale_by_adadelta`` takes the root of the quotient, torch the quotient of the roots.

    Args:
        learning_rate, rho, eps, weight_decay, maximize: as in :class:`Adadelta`.
        decay: whether there is a weight decay.
    """

    def init(params: Any) -> AdadeltaState:
        zeros = optax.tree.zeros_like(params)
        return AdadeltaState(jnp.zeros((), jnp.float32), zeros, zeros)

    def update(updates: Any, state: AdadeltaState, params: Any = None) -> tuple[Any, AdadeltaState]:
        grads = ascent(updates, params, maximize, weight_decay, decay)
        square = jax.tree.map(lambda v, g: v * rho + (1 - rho) * (g * g), state.square_avg, grads)
        delta = jax.tree.map(
            lambda a, v, g: jnp.sqrt(a + eps) / jnp.sqrt(v + eps) * g, state.acc_delta, square, grads
        )
        accumulated = jax.tree.map(lambda a, d: a * rho + (1 - rho) * (d * d), state.acc_delta, delta)
        steps = jax.tree.map(lambda d: -learning_rate * d, delta)
        return steps, AdadeltaState(plain(number(state.step) + 1, state.step), square, accumulated)

    return optax.GradientTransformation(init, update)


class Adadelta(FusedOptimizer):
    r"""Adadelta: steps whose size follows from the running means of squared gradients and squared steps.

    .. math::
        v_t = \rho v_{t-1} + (1-\rho) g_t^2, \quad \Delta_t = \sqrt{\frac{u_{t-1} + \epsilon}{v_t + \epsilon}}\, g_t,
        \quad u_t = \rho u_{t-1} + (1-\rho) \Delta_t^2, \quad \theta_t = \theta_{t-1} - \gamma \Delta_t

    Zeiler, "ADADELTA: An Adaptive Learning Rate Method", https://arxiv.org/abs/1212.5701;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html

    Args:
        params: parameters or groups of them.
        lr: factor :math:`\gamma` of the step.
        rho: decay :math:`\rho` of both running means.
        eps: :math:`\epsilon`.
        weight_decay: L2 penalty, added to the gradient.
        foreach, capturable: accepted; every update here is one fused program.
        maximize: ascend instead of descending.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative rate, eps or weight decay, or ``rho`` outside [0, 1].

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.Adadelta([w], lr=10.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.9684])
    """

    _rule = staticmethod(adadelta)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        one_element(lr)
        non_negative("learning rate", lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        non_negative("epsilon value", eps)
        non_negative("weight_decay value", weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "rho": rho,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "capturable": capturable,
                "foreach": foreach,
                "differentiable": differentiable,
            },
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)
            group.setdefault("maximize", False)
            group.setdefault("differentiable", False)
            group.setdefault("capturable", False)

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "learning_rate": group["lr"],
            "rho": group["rho"],
            "eps": group["eps"],
            "weight_decay": group["weight_decay"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {"maximize": group["maximize"], "decay": bool(group["weight_decay"] != 0)}
