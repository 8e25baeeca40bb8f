"""Resilient backpropagation."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import non_negative, one_element
from ._fused import FusedOptimizer
from ._rules import number, plain

__all__ = ["Rprop", "rprop"]


class RpropState(NamedTuple):
    """State of :func:`rprop`: the gradient before and the step size of each element."""

    step: Any
    prev: Any
    step_size: Any


def rprop(
    learning_rate: Any,
    etaminus: Any,
    etaplus: Any,
    smallest: Any,
    largest: Any,
    *,
    maximize: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`Rprop` as an Optax transformation; Optax's own reverts steps that changed a sign.

    Args:
        learning_rate: the first step size.
        etaminus, etaplus: factors of the step size.
        smallest, largest: its bounds.
        maximize: as in :class:`Rprop`.
    """

    def init(params: Any) -> RpropState:
        def first(p: Any) -> Any:
            both = jax.lax.complex(learning_rate, learning_rate) if jnp.iscomplexobj(p) else learning_rate
            return jnp.full(p.shape, both, p.dtype)

        zeros = optax.tree.zeros_like(params)
        return RpropState(jnp.zeros((), jnp.float32), zeros, jax.tree.map(first, params))

    def update(updates: Any, state: RpropState, params: Any = None) -> tuple[Any, RpropState]:
        grads = jax.tree.map(jnp.negative, updates) if maximize else updates
        turned = jax.tree.map(lambda g, b: g * b, grads, state.prev)

        def sized(s: Any, t: Any) -> Any:
            factor = jnp.where(t > 0, etaplus, jnp.where(t < 0, etaminus, 1.0)).astype(s.dtype)
            return jnp.clip(s * factor, smallest, largest)

        sizes = jax.tree.map(sized, state.step_size, turned)
        kept = jax.tree.map(lambda g, t: jnp.where(t < 0, 0, g), grads, turned)
        steps = jax.tree.map(lambda g, s: -jnp.sign(g) * s, kept, sizes)
        return steps, RpropState(plain(number(state.step) + 1, state.step), kept, sizes)

    return optax.GradientTransformation(init, update)


class Rprop(FusedOptimizer):
    r"""Resilient backpropagation: only the gradient's signs count, each element has a step size of its own.

    The size grows by :math:`\eta_+` while the sign stays and shrinks by :math:`\eta_-` when it turns; the element then
    waits for a step.
    Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm",
    https://doi.org/10.1109/ICNN.1993.298623;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Rprop.html

    Args:
        params: parameters or groups of them.
        lr: the first step size.
        etas: :math:`(\eta_-, \eta_+)`.
        step_sizes: the smallest and the largest step size.
        capturable, foreach: accepted; every update here is one fused program.
        maximize: ascend instead of descending.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative rate, or not :math:`0 < \eta_- < 1 < \eta_+`.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.Rprop([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.9000])
    """

    _rule = staticmethod(rprop)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        one_element(lr)
        non_negative("learning rate", lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(
            params,
            {
                "lr": lr,
                "etas": etas,
                "step_sizes": step_sizes,
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
        if name != "step_size":
            return 0.0
        lr = float(group["lr"])
        return complex(lr, lr) if p.is_complex() else lr

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        etaminus, etaplus = group["etas"]
        smallest, largest = group["step_sizes"]
        return {
            "learning_rate": group["lr"],
            "etaminus": etaminus,
            "etaplus": etaplus,
            "smallest": smallest,
            "largest": largest,
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {"maximize": group["maximize"]}
