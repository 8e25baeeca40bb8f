"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .._engine.value import concrete
from .._tensor.dispatch import wrap
from ._checks import below_one, non_negative
from ._fused import record_update, state_cells
from .optimizer import Optimizer

__all__ = ["Adam", "AdamW", "adam"]


class Adam(Optimizer):
    r"""Adam: steps scaled by running means of the gradient and of its square.

    .. math::
        m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2, \quad
        \theta_t = \theta_{t-1} - \gamma \frac{m_t / (1-\beta_1^t)}{\sqrt{v_t / (1-\beta_2^t)} + \epsilon}

    Kingma and Ba, "Adam: A Method for Stochastic Optimization", https://arxiv.org/abs/1412.6980;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        betas: :math:`(\beta_1, \beta_2)`.
        eps: :math:`\epsilon`.
        weight_decay: L2 penalty, added to the gradient (AdamW: taken off the parameters).
        amsgrad: divide by the largest :math:`v` so far (https://openreview.net/forum?id=ryQu7f-RZ).
        maximize: ascend instead of descending.
        decoupled_weight_decay: weight decay as AdamW has it.
        foreach, capturable, differentiable, fused: accepted; every update here is one fused program.

    Raises:
        ValueError: a negative rate, eps or weight decay, or a beta outside [0, 1).

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.9000])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        non_negative("learning rate", lr)
        non_negative("epsilon value", eps)
        for i, beta in enumerate(betas):
            below_one("beta parameter", i, beta)
        non_negative("weight_decay value", weight_decay)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def _static_options(self, group: dict[str, Any]) -> tuple[Any, ...]:
        return (
            group["amsgrad"],
            group["maximize"],
            group["weight_decay"] != 0,
            group["decoupled_weight_decay"],
        )

    def _update_group(self, group: dict[str, Any], params: list[Any]) -> None:
        amsgrad, maximize, decay, decoupled = options = self._static_options(group)
        names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if amsgrad else ("exp_avg", "exp_avg_sq")
        for steps, part in self._by_step(params):

            def numbers(steps: Any = steps) -> Sequence[float]:
                step = count(steps)
                beta1, beta2 = group["betas"]
                lr = float(group["lr"])
                return (
                    lr / (1 - beta1**step),
                    beta1,
                    beta2,
                    group["eps"],
                    math.sqrt(1 - beta2**step),
                    group["weight_decay"],
                    1 - lr * group["weight_decay"],
                )

            record_update(
                ("adam", *options),
                lambda *n: adam(*n, amsgrad=amsgrad, maximize=maximize, decay=decay, decoupled=decoupled),
                part,
                state_cells(self.state, part, names),
                numbers,
            )

    def _by_step(self, params: Sequence[Any]) -> list[tuple[list[Any], list[Any]]]:
        """The parameters by the number of steps they have made, with the step tensors of each group.

        Parameters that started together share one step tensor, so that counting costs the same for any number.
        """
        groups: dict[int, tuple[list[Any], list[Any]]] = {}
        fresh: Any = None
        shared: dict[float, Any] = {}
        for p in params:
            entry = self.state[p]
            step = entry.get("step")
            if step is None:
                if fresh is None:
                    fresh = wrap(concrete(np.zeros((), np.float32)))
                step = entry["step"] = fresh
            elif id(step) not in groups:
                # Loaded from a file: equal steps become one again.
                step = entry["step"] = shared.setdefault(float(step), step)
            groups.setdefault(id(step), ([step], []))[1].append(p)
        return list(groups.values())


class AdamW(Adam):
    r"""Adam whose weight decay is taken off the parameters instead of being added to the gradient.

    :math:`\theta \leftarrow \theta - \gamma\lambda\theta` before Adam's step.
    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", https://arxiv.org/abs/1711.05101;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        betas: decay of the two running means.
        eps: added to the denominator.
        weight_decay: :math:`\lambda`.
        amsgrad: divide by the largest second moment so far.
        maximize: ascend instead of descending.
        foreach, capturable, differentiable, fused: accepted; every update here is one fused program.

    Raises:
        ValueError: a negative rate, eps or weight decay, or a beta outside [0, 1).

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.8500])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )


def count(steps: Sequence[Any]) -> float:
    """Add one to each step tensor, on the host, and return the new number."""
    for tensor in steps:
        step = np.asarray(tensor._array() + np.float32(1), np.float32)
        tensor._cell.value = concrete(step, tensor._cell.value.aval)
    return float(step)


class AdamState(NamedTuple):
    """State of :func:`adam`: the running means and, with AMSGrad, the largest second moment."""

    exp_avg: Any
    exp_avg_sq: Any
    max_exp_avg_sq: Any = ()


def adam(
    step_size: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    root_correction: Any,
    weight_decay: Any,
    keep: Any,
    *,
    amsgrad: bool,
    maximize: bool,
    decay: bool,
    decoupled: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`Adam` as an Optax transformation, in torch's order of roundings.

    Optax's own ``scale_by_adam`` divides both moments by their corrections; torch scales the step and the root, which
    rounds differently.

    Args:
        step_size: rate over the first moment's correction, ``lr / (1 - beta1**t)``.
        beta1, beta2, eps: as in :class:`Adam`.
        root_correction: ``sqrt(1 - beta2**t)``.
        weight_decay: penalty added to the gradient.
        keep: what decoupled decay leaves of a parameter, ``1 - lr * weight_decay``.
        amsgrad, maximize, decay, decoupled: the static options.
    """

    def init(params: Any) -> AdamState:
        zeros = optax.tree.zeros_like(params)
        return AdamState(zeros, zeros, zeros if amsgrad else ())

    def update(updates: Any, state: AdamState, params: Any = None) -> tuple[Any, AdamState]:
        grads = jax.tree.map(jnp.negative, updates) if maximize else updates
        if decay and not decoupled:
            grads = jax.tree.map(lambda g, p: g + weight_decay * p, grads, params)
        mean = jax.tree.map(lambda m, g: m + (1 - beta1) * (g - m), state.exp_avg, grads)
        square = jax.tree.map(lambda v, g: v * beta2 + (1 - beta2) * (g * g), state.exp_avg_sq, grads)
        largest = jax.tree.map(jnp.maximum, state.max_exp_avg_sq, square) if amsgrad else square
        steps = jax.tree.map(
            lambda m, v: -step_size * (m / (jnp.sqrt(v) / root_correction + eps)), mean, largest
        )
        if decay and decoupled:
            steps = jax.tree.map(lambda p, s: (p * keep + s) - p, params, steps)
        return steps, AdamState(mean, square, largest if amsgrad else ())

    return optax.GradientTransformation(init, update)
