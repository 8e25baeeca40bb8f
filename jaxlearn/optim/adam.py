"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from .._tensor.dispatch import TENSOR_TYPES
from ._checks import below_one, implementations, non_negative, one_element
from ._fused import FusedOptimizer
from ._rules import ascent, correction, number, plain

__all__ = ["Adam", "AdamW", "adam"]


class AdamState(NamedTuple):
    """State of :func:`adam`: the running means and, with AMSGrad, the largest second moment."""

    step: Any
    exp_avg: Any
    exp_avg_sq: Any
    max_exp_avg_sq: Any = ()


def adam(
    learning_rate: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
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
        learning_rate, beta1, beta2, eps, weight_decay: as in :class:`Adam`.
        amsgrad, maximize: as in :class:`Adam`.
        decay: whether there is a weight decay.
        decoupled: whether it is AdamW's.
    """

    def init(params: Any) -> AdamState:
        zeros = optax.tree.zeros_like(params)
        return AdamState(jnp.zeros((), jnp.float32), zeros, zeros, zeros if amsgrad else ())

    def update(updates: Any, state: AdamState, params: Any = None) -> tuple[Any, AdamState]:
        step = number(state.step) + 1
        grads = ascent(updates, params, maximize, weight_decay, decay and not decoupled)
        mean = jax.tree.map(lambda m, g: m + (1 - beta1) * (g - m), state.exp_avg, grads)
        square = jax.tree.map(lambda v, g: v * beta2 + (1 - beta2) * (g * g), state.exp_avg_sq, grads)
        largest = jax.tree.map(jnp.maximum, state.max_exp_avg_sq, square) if amsgrad else square
        size = learning_rate / correction(beta1, step)
        root = jnp.sqrt(correction(beta2, step))
        steps = jax.tree.map(lambda m, v: -size * (m / (jnp.sqrt(v) / root + eps)), mean, largest)
        if decay and decoupled:
            keep = 1 - learning_rate * weight_decay
            steps = jax.tree.map(lambda p, s: (p * keep + s) - p, params, steps)
        return steps, AdamState(plain(step, state.step), mean, square, largest if amsgrad else ())

    return optax.GradientTransformation(init, update)


class Adam(FusedOptimizer):
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
        foreach, capturable, fused: accepted; every update here is one fused program.
        differentiable: let gradients flow through the step.

    Raises:
        ValueError: a negative rate, eps or weight decay, a beta outside [0, 1), or one beta a tensor and one not.
        RuntimeError: ``fused`` together with ``foreach`` or ``differentiable``.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.9000])
    """

    _rule = staticmethod(adam)

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
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
        if foreach and not capturable and type(lr) in TENSOR_TYPES:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        one_element(lr)
        non_negative("learning rate", lr)
        non_negative("epsilon value", eps)
        below_one("beta parameter", 0, betas[0])
        below_one("beta parameter", 1, betas[1])
        non_negative("weight_decay value", weight_decay)
        tensors = [type(beta) in TENSOR_TYPES for beta in betas]
        if not (all(tensors) or all(isinstance(beta, float) for beta in betas)):
            raise ValueError("betas must be either both floats or both Tensors")
        if all(tensors):
            for i, beta in enumerate(betas):
                if foreach and not capturable:
                    raise ValueError(
                        f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True"
                    )
                if beta.numel() != 1:
                    raise ValueError(f"Tensor betas[{i}] must be 1-element")
            betas = tuple(beta.squeeze() if beta.dim() else beta for beta in betas)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": tuple(betas),
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
        implementations(fused, foreach, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("amsgrad", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("capturable", False)
            group.setdefault("differentiable", False)
            group.setdefault("decoupled_weight_decay", False)
            group.setdefault("fused", None)

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
            "amsgrad": group["amsgrad"],
            "maximize": group["maximize"],
            "decay": bool(group["weight_decay"] != 0),
            "decoupled": group["decoupled_weight_decay"],
        }


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
        foreach, capturable, fused: accepted; every update here is one fused program.
        differentiable: let gradients flow through the step.

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
        betas: tuple[Any, Any] = (0.9, 0.999),
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

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
