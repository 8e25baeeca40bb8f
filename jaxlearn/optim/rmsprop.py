"""RMSprop."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import non_negative, one_element
from ._fused import FusedOptimizer
from ._rules import ascent, number, plain

__all__ = ["RMSprop", "rmsprop"]


class RmspropState(NamedTuple):
    """State of :func:`rmsprop`: the running mean of the squared gradient, and what the options add."""

    step: Any
    square_avg: Any
    momentum_buffer: Any = ()
    grad_avg: Any = ()


def rmsprop(
    learning_rate: Any,
    alpha: Any,
    eps: Any,
    weight_decay: Any,
    momentum: Any,
    *,
    centered: bool,
    use_momentum: bool,
    maximize: bool,
    decay: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`RMSprop` as an Optax transformation; Optax's own has eps inside the root.

    Args:
        learning_rate, alpha, eps, weight_decay, momentum, centered, maximize: as in :class:`RMSprop`.
        use_momentum: whether there is a momentum.
        decay: whether there is a weight decay.
    """

    def init(params: Any) -> RmspropState:
        zeros = optax.tree.zeros_like(params)
        return RmspropState(
            jnp.zeros((), jnp.float32), zeros, zeros if use_momentum else (), zeros if centered else ()
        )

    def update(updates: Any, state: RmspropState, params: Any = None) -> tuple[Any, RmspropState]:
        grads = ascent(updates, params, maximize, weight_decay, decay)
        square = jax.tree.map(lambda v, g: v * alpha + (1 - alpha) * (g * g), state.square_avg, grads)
        mean: Any = ()
        if centered:
            mean = jax.tree.map(lambda m, g: m + (1 - alpha) * (g - m), state.grad_avg, grads)
            root = jax.tree.map(lambda v, m: jnp.sqrt(v - m * m) + eps, square, mean)
        else:
            root = jax.tree.map(lambda v: jnp.sqrt(v) + eps, square)
        scaled = jax.tree.map(jnp.divide, grads, root)
        buffer: Any = ()
        if use_momentum:
            buffer = scaled = jax.tree.map(lambda b, s: b * momentum + s, state.momentum_buffer, scaled)
        steps = jax.tree.map(lambda s: -learning_rate * s, scaled)
        return steps, RmspropState(plain(number(state.step) + 1, state.step), square, buffer, mean)

    return optax.GradientTransformation(init, update)


class RMSprop(FusedOptimizer):
    r"""RMSprop: steps divided by the root of a running mean of the squared gradient.

    .. math::
        v_t = \alpha v_{t-1} + (1-\alpha) g_t^2, \quad
        b_t = \mu b_{t-1} + \frac{g_t}{\sqrt{v_t} + \epsilon}, \quad \theta_t = \theta_{t-1} - \gamma b_t

    centered, with :math:`v_t - \bar g_t^2` under the root.
    Tieleman and Hinton's lecture, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        alpha: decay :math:`\alpha` of the running means.
        eps: :math:`\epsilon`.
        weight_decay: L2 penalty, added to the gradient.
        momentum: :math:`\mu`.
        centered: divide by an estimate of the gradient's standard deviation.
        capturable, foreach: accepted; every update here is one fused program.
        maximize: ascend instead of descending.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative option.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.RMSprop([w], lr=0.05)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.5000])
    """

    _rule = staticmethod(rmsprop)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        one_element(lr)
        non_negative("learning rate", lr)
        non_negative("epsilon value", eps)
        non_negative("momentum value", momentum)
        non_negative("weight_decay value", weight_decay)
        non_negative("alpha value", alpha)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "capturable": capturable,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
            },
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("momentum", 0)
            group.setdefault("centered", False)
            group.setdefault("foreach", None)
            group.setdefault("maximize", False)
            group.setdefault("differentiable", False)
            group.setdefault("capturable", False)

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "learning_rate": group["lr"],
            "alpha": group["alpha"],
            "eps": group["eps"],
            "weight_decay": group["weight_decay"],
            "momentum": group["momentum"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {
            "centered": group["centered"],
            "use_momentum": group["momentum"] > 0,
            "maximize": group["maximize"],
            "decay": bool(group["weight_decay"] != 0),
        }
