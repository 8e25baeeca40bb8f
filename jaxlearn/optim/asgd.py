"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import non_negative, one_element
from ._fused import FusedOptimizer
from ._rules import ascent, number, plain

__all__ = ["ASGD", "asgd"]


class AsgdState(NamedTuple):
    """State of :func:`asgd`: the rate and the averaging weight of the next step, and the average."""

    step: Any
    eta: Any
    mu: Any
    ax: Any


def asgd(
    learning_rate: Any,
    lambd: Any,
    alpha: Any,
    t0: Any,
    weight_decay: Any,
    *,
    maximize: bool,
    decay: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`ASGD` as an Optax transformation; Optax has none.

    Args:
        learning_rate, lambd, alpha, t0, weight_decay, maximize: as in :class:`ASGD`.
        decay: whether there is a weight decay.
    """

    def init(params: Any) -> AsgdState:
        zero = jnp.zeros((), jnp.float32)
        return AsgdState(zero, zero + learning_rate, zero + 1, optax.tree.zeros_like(params))

    def update(updates: Any, state: AsgdState, params: Any = None) -> tuple[Any, AsgdState]:
        step, eta, mu = number(state.step) + 1, number(state.eta), number(state.mu)
        grads = ascent(updates, params, maximize, weight_decay, decay)
        after = jax.tree.map(lambda p, g: p * (1 - lambd * eta) - eta * g, params, grads)
        average = jax.tree.map(lambda a, p: jnp.where(state.mu == 1, p, a + (p - a) * mu), state.ax, after)
        following = AsgdState(
            plain(step, state.step),
            plain(learning_rate / (1 + lambd * learning_rate * step) ** alpha, state.eta),
            plain(1 / jnp.maximum(1.0, step - t0), state.mu),
            average,
        )
        return jax.tree.map(jnp.subtract, after, params), following

    return optax.GradientTransformation(init, update)


class ASGD(FusedOptimizer):
    r"""Averaged stochastic gradient descent: a decaying rate, and the average of the parameters beside them.

    .. math::
        \theta_t = (1 - \lambda\eta_t)\,\theta_{t-1} - \eta_t g_t, \quad
        \eta_{t+1} = \frac{\gamma}{(1 + \lambda\gamma t)^\alpha}, \quad
        \bar\theta_t = \bar\theta_{t-1} + \mu_t (\theta_t - \bar\theta_{t-1}), \quad
        \mu_{t+1} = \frac{1}{\max(1, t - t_0)}

    The average is in ``state[p]["ax"]``.
    Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", https://doi.org/10.1137/0330046;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.ASGD.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        lambd: decay :math:`\lambda`.
        alpha: power :math:`\alpha` of the rate's decay.
        t0: step :math:`t_0` at which averaging begins.
        weight_decay: L2 penalty, added to the gradient.
        foreach, capturable: accepted; every update here is one fused program.
        maximize: ascend instead of descending.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative rate or weight decay.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.ASGD([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.8000])
    """

    _rule = staticmethod(asgd)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        one_element(lr)
        non_negative("learning rate", lr)
        non_negative("weight_decay value", weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "lambd": lambd,
                "alpha": alpha,
                "t0": t0,
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

    def _start(self, name: str, p: Any, group: dict[str, Any]) -> Any:
        return {"eta": float(group["lr"]), "mu": 1.0}.get(name, 0.0)

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "learning_rate": group["lr"],
            "lambd": group["lambd"],
            "alpha": group["alpha"],
            "t0": group["t0"],
            "weight_decay": group["weight_decay"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {"maximize": group["maximize"], "decay": bool(group["weight_decay"] != 0)}
