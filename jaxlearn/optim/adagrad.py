"""Adagrad."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .._engine.value import concrete, intern
from .._tensor.dispatch import wrap
from ._checks import implementations, non_negative, one_element
from ._fused import FusedOptimizer
from ._layout import state_dtype
from ._rules import ascent, number, plain

__all__ = ["Adagrad", "adagrad"]


class AdagradState(NamedTuple):
    """State of :func:`adagrad`: the sum of the squared gradients."""

    step: Any
    sum: Any


def adagrad(
    learning_rate: Any,
    lr_decay: Any,
    eps: Any,
    weight_decay: Any,
    initial_accumulator_value: Any,
    *,
    maximize: bool,
    decay: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`Adagrad` as an Optax transformation.

    Optax's own ``scale_by_rss`` adds eps inside the root, torch outside.

    Args:
        learning_rate, lr_decay, eps, weight_decay, initial_accumulator_value, maximize: as in :class:`Adagrad`.
        decay: whether there is a weight decay.
    """

    def init(params: Any) -> AdagradState:
        return AdagradState(
            jnp.zeros((), jnp.float32), jax.tree.map(lambda p: _filled(p, initial_accumulator_value), params)
        )

    def update(updates: Any, state: AdagradState, params: Any = None) -> tuple[Any, AdagradState]:
        step = number(state.step) + 1
        grads = ascent(updates, params, maximize, weight_decay, decay)
        rate = learning_rate / (1 + (step - 1) * lr_decay)
        total = jax.tree.map(lambda s, g: s + g * g, state.sum, grads)
        steps = jax.tree.map(lambda s, g: -rate * (g / (jnp.sqrt(s) + eps)), total, grads)
        return steps, AdagradState(plain(step, state.step), total)

    return optax.GradientTransformation(init, update)


def _filled(p: Any, value: Any) -> Any:
    """The first sum: in both parts of a complex parameter."""
    return jnp.full(p.shape, jax.lax.complex(value, value) if jnp.iscomplexobj(p) else value, p.dtype)


class Adagrad(FusedOptimizer):
    r"""Adagrad: steps divided by the root of the sum of all squared gradients.

    .. math::
        s_t = s_{t-1} + g_t^2, \quad
        \theta_t = \theta_{t-1} - \frac{\gamma}{1 + (t-1)\eta} \frac{g_t}{\sqrt{s_t} + \epsilon}

    Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
    https://jmlr.org/papers/v12/duchi11a.html;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        lr_decay: decay :math:`\eta` of the rate.
        weight_decay: L2 penalty, added to the gradient.
        initial_accumulator_value: :math:`s_0`.
        eps: :math:`\epsilon`.
        foreach, fused: accepted; every update here is one fused program.
        maximize: ascend instead of descending.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative option.
        RuntimeError: ``fused`` together with ``foreach`` or ``differentiable``.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.Adagrad([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.9000])
    """

    _rule = staticmethod(adagrad)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        one_element(lr)
        non_negative("learning rate", lr)
        non_negative("lr_decay value", lr_decay)
        non_negative("weight_decay value", weight_decay)
        non_negative("initial_accumulator_value value", initial_accumulator_value)
        non_negative("epsilon value", eps)
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
        implementations(fused, foreach, differentiable)
        # Unlike the others, torch's Adagrad has its state from the start.
        for group in self.param_groups:
            steps: dict[Any, Any] = {}
            for p in group["params"]:
                aval = p._current().aval
                if aval.device not in steps:
                    zero = np.zeros((), state_dtype())
                    steps[aval.device] = concrete(zero, intern((), zero.dtype, aval.device))
                total = np.full(aval.shape, self._start("sum", p, group), aval.dtype)
                self.state[p].update(step=wrap(steps[aval.device]), sum=wrap(concrete(total, aval)))

    def share_memory(self) -> None:
        """Put the sums into shared memory: nothing to do, as threads share it and processes are not used."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)
            group.setdefault("maximize", False)
            group.setdefault("differentiable", False)
            group.setdefault("fused", None)

    def _start(self, name: str, p: Any, group: dict[str, Any]) -> Any:
        value = self.defaults["initial_accumulator_value"] if name == "sum" else 0.0
        return complex(value, value) if p is not None and p.is_complex() else value

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "learning_rate": group["lr"],
            "lr_decay": group["lr_decay"],
            "eps": group["eps"],
            "weight_decay": group["weight_decay"],
            "initial_accumulator_value": self.defaults["initial_accumulator_value"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {"maximize": group["maximize"], "decay": bool(group["weight_decay"] != 0)}
