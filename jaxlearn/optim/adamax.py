"""Adamax."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import below_one, non_negative, one_element
from ._fused import FusedOptimizer
from ._rules import ascent, correction, number, plain

__all__ = ["Adamax", "adamax"]


class AdamaxState(NamedTuple):
    """State of :func:`adamax`: the running mean of the gradient and its decaying maximum."""

    step: Any
    exp_avg: Any
    exp_inf: Any


def adamax(
    learning_rate: Any, beta1: Any, beta2: Any, eps: Any, weight_decay: Any, *, maximize: bool, decay: bool
) -> optax.GradientTransformation:
    """The rule of :class:`Adamax` as an Optax transformation.

    Optax's own ``scale_by_adamax`` has another place for eps and divides the mean by its correction, torch the rate.

    Args:
        learning_rate, beta1, beta2, eps, weight_decay, maximize: as in :class:`Adamax`.
        decay: whether there is a weight decay.
    """

    def init(params: Any) -> AdamaxState:
        zeros = optax.tree.zeros_like(params)
        return AdamaxState(jnp.zeros((), jnp.float32), zeros, zeros)

    def update(updates: Any, state: AdamaxState, params: Any = None) -> tuple[Any, AdamaxState]:
        step = number(state.step) + 1
        grads = ascent(updates, params, maximize, weight_decay, decay)
        mean = jax.tree.map(lambda m, g: m + (1 - beta1) * (g - m), state.exp_avg, grads)
        largest = jax.tree.map(lambda u, g: jnp.maximum(u * beta2, jnp.abs(g) + eps), state.exp_inf, grads)
        rate = learning_rate / correction(beta1, step)
        steps = jax.tree.map(lambda m, u: -rate * (m / u), mean, largest)
        return steps, AdamaxState(plain(step, state.step), mean, largest)

    return optax.GradientTransformation(init, update)


class Adamax(FusedOptimizer):
    r"""Adamax: Adam with the maximum norm in place of the second moment.

    .. math::
        m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \quad u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon), \quad
        \theta_t = \theta_{t-1} - \frac{\gamma}{1-\beta_1^t} \frac{m_t}{u_t}

    Kingma and Ba, "Adam: A Method for Stochastic Optimization", https://arxiv.org/abs/1412.6980;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        betas: :math:`(\beta_1, \beta_2)`.
        eps: :math:`\epsilon`.
        weight_decay: L2 penalty, added to the gradient.
        foreach, capturable: accepted; every update here is one fused program.
        maximize: ascend instead of descending.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative rate, eps or weight decay, or a beta outside [0, 1).

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.Adamax([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.9000])
    """

    _rule = staticmethod(adamax)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        one_element(lr)
        non_negative("learning rate", lr)
        non_negative("epsilon value", eps)
        below_one("beta parameter", 0, betas[0])
        below_one("beta parameter", 1, betas[1])
        non_negative("weight_decay value", weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
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
        beta1, beta2 = group["betas"]
        return {
            "learning_rate": group["lr"],
            "beta1": beta1,
            "beta2": beta2,
            "eps": group["eps"],
            "weight_decay": group["weight_decay"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {"maximize": group["maximize"], "decay": bool(group["weight_decay"] != 0)}
