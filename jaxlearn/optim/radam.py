"""RAdam."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import below_one, non_negative, one_element
from ._fused import FusedOptimizer
from ._rules import ascent, correction, number, plain

__all__ = ["RAdam", "radam"]


class RadamState(NamedTuple):
    """State of :func:`radam`: Adam's means."""

    step: Any
    exp_avg: Any
    exp_avg_sq: Any


def radam(
    learning_rate: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    *,
    maximize: bool,
    decay: bool,
    decoupled: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`RAdam` as an Optax transformation; Optax's own divides both moments by their corrections.

    Args:
        learning_rate, beta1, beta2, eps, weight_decay, maximize: as in :class:`RAdam`.
        decay: whether there is a weight decay.
        decoupled: whether it is AdamW's.
    """

    def init(params: Any) -> RadamState:
        zeros = optax.tree.zeros_like(params)
        return RadamState(jnp.zeros((), jnp.float32), zeros, zeros)

    def update(updates: Any, state: RadamState, params: Any = None) -> tuple[Any, RadamState]:
        step = number(state.step) + 1
        grads = ascent(updates, params, maximize, weight_decay, decay and not decoupled)
        mean = jax.tree.map(lambda m, g: m + (1 - beta1) * (g - m), state.exp_avg, grads)
        square = jax.tree.map(lambda v, g: v * beta2 + (1 - beta2) * (g * g), state.exp_avg_sq, grads)
        first, second = correction(beta1, step), correction(beta2, step)
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * step * beta2**step / second
        rectified = length > 5.0
        safe = jnp.where(rectified, length, 6.0)  # no root of a negative number, in the gradient neither
        rectification = jnp.sqrt((safe - 4) * (safe - 2) * longest / ((longest - 4) * (longest - 2) * safe))
        root = jnp.sqrt(second)

        def stepped(m: Any, v: Any) -> Any:
            momentum = m / first * learning_rate
            adapted = momentum * (root / (jnp.sqrt(v) + eps)) * number(rectification)
            return -jnp.where(rectified, adapted, momentum)

        steps = jax.tree.map(stepped, mean, square)
        if decay and decoupled:
            keep = 1 - learning_rate * weight_decay
            steps = jax.tree.map(lambda p, s: (p * keep + s) - p, params, steps)
        return steps, RadamState(plain(step, state.step), mean, square)

    return optax.GradientTransformation(init, update)


class RAdam(FusedOptimizer):
    r"""RAdam: Adam whose step is corrected for the variance that its second moment has in the first steps.

    With Adam's :math:`m_t`, :math:`v_t` and :math:`\rho_\infty = 2/(1-\beta_2) - 1`,
    :math:`\rho_t = \rho_\infty - 2 t \beta_2^t / (1-\beta_2^t)`:

    .. math::
        \theta_t = \theta_{t-1} - \gamma \frac{m_t}{1-\beta_1^t} \cdot
        \begin{cases} r_t \frac{\sqrt{1-\beta_2^t}}{\sqrt{v_t} + \epsilon} & \rho_t > 5 \\ 1 & \text{else} \end{cases}
        \qquad r_t = \sqrt{\frac{(\rho_t-4)(\rho_t-2)\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\rho_t}}

    Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", https://arxiv.org/abs/1908.03265;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        betas: :math:`(\beta_1, \beta_2)`.
        eps: :math:`\epsilon`.
        weight_decay: L2 penalty, added to the gradient.
        decoupled_weight_decay: take the weight decay off the parameters, as AdamW does.
        foreach, capturable: accepted; every update here is one fused program.
        maximize: ascend instead of descending.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative rate, eps or weight decay, or a beta outside [0, 1).

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.RAdam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.8000])
    """

    _rule = staticmethod(radam)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "decoupled_weight_decay": decoupled_weight_decay,
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
        return {
            "maximize": group["maximize"],
            "decay": bool(group["weight_decay"] != 0),
            "decoupled": group["decoupled_weight_decay"],
        }
