"""NAdam."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import below_one, non_negative, one_element
from ._fused import FusedOptimizer
from ._rules import ascent, correction, number, plain

__all__ = ["NAdam", "nadam"]


class NadamState(NamedTuple):
    """State of :func:`nadam`: Adam's means and the product of all momentum coefficients."""

    step: Any
    mu_product: Any
    exp_avg: Any
    exp_avg_sq: Any


def nadam(
    learning_rate: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    momentum_decay: Any,
    *,
    maximize: bool,
    decay: bool,
    decoupled: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`NAdam` as an Optax transformation; Optax's own has no schedule of the momentum.

    Args:
        learning_rate, beta1, beta2, eps, weight_decay, momentum_decay, maximize: as in :class:`NAdam`.
        decay: whether there is a weight decay.
        decoupled: whether it is AdamW's.
    """

    def init(params: Any) -> NadamState:
        zeros = optax.tree.zeros_like(params)
        return NadamState(jnp.zeros((), jnp.float32), jnp.ones((), jnp.float32), zeros, zeros)

    def update(updates: Any, state: NadamState, params: Any = None) -> tuple[Any, NadamState]:
        step = number(state.step) + 1
        grads = ascent(updates, params, maximize, weight_decay, decay and not decoupled)
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (step * momentum_decay))
        following = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1) * momentum_decay))
        kept = plain(number(state.mu_product) * mu, state.mu_product)
        product = number(kept)
        mean = jax.tree.map(lambda m, g: m + (1 - beta1) * (g - m), state.exp_avg, grads)
        square = jax.tree.map(lambda v, g: v * beta2 + (1 - beta2) * (g * g), state.exp_avg_sq, grads)
        second = correction(beta2, step)
        of_grad = -learning_rate * (1.0 - mu) / (1.0 - product)
        of_mean = -learning_rate * following / (1.0 - product * following)

        def stepped(g: Any, m: Any, v: Any) -> Any:
            denominator = jnp.sqrt(v / second) + eps
            return of_grad * (g / denominator) + of_mean * (m / denominator)

        steps = jax.tree.map(stepped, grads, mean, square)
        if decay and decoupled:
            keep = 1 - learning_rate * weight_decay
            steps = jax.tree.map(lambda p, s: (p * keep + s) - p, params, steps)
        return steps, NadamState(plain(step, state.step), kept, mean, square)

    return optax.GradientTransformation(init, update)


class NAdam(FusedOptimizer):
    r"""NAdam: Adam with Nesterov's momentum.

    .. math::
        \mu_t = \beta_1 (1 - \tfrac12 0.96^{t\psi}), \quad
        \hat m_t = \frac{\mu_{t+1} m_t}{1 - \prod_{i=1}^{t+1}\mu_i} + \frac{(1-\mu_t) g_t}{1 - \prod_{i=1}^t \mu_i},
        \quad \theta_t = \theta_{t-1} - \gamma \frac{\hat m_t}{\sqrt{v_t / (1-\beta_2^t)} + \epsilon}

    with Adam's :math:`m_t` and :math:`v_t`. Dozat, "Incorporating Nesterov Momentum into Adam",
    https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        betas: :math:`(\beta_1, \beta_2)`.
        eps: :math:`\epsilon`.
        weight_decay: L2 penalty, added to the gradient.
        momentum_decay: :math:`\psi`.
        decoupled_weight_decay: take the weight decay off the parameters, as AdamW does.
        foreach, capturable: accepted; every update here is one fused program.
        maximize: ascend instead of descending.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative rate, eps or decay, or a beta outside [0, 1).

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.NAdam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.8944])
    """

    _rule = staticmethod(nadam)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        one_element(lr)
        non_negative("learning rate", lr)
        non_negative("epsilon value", eps)
        below_one("beta parameter", 0, betas[0])
        below_one("beta parameter", 1, betas[1])
        non_negative("weight_decay value", weight_decay)
        non_negative("momentum_decay value", momentum_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
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
            group.setdefault("decoupled_weight_decay", False)

    def _start(self, name: str, p: Any, group: dict[str, Any]) -> Any:
        return 1.0 if name == "mu_product" else 0.0

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        return {
            "learning_rate": group["lr"],
            "beta1": beta1,
            "beta2": beta2,
            "eps": group["eps"],
            "weight_decay": group["weight_decay"],
            "momentum_decay": group["momentum_decay"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {
            "maximize": group["maximize"],
            "decay": bool(group["weight_decay"] != 0),
            "decoupled": group["decoupled_weight_decay"],
        }
