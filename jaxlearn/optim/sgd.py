"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import optax

from ._checks import non_negative
from ._fused import record_update, state_cells
from .optimizer import Optimizer

__all__ = ["SGD", "sgd"]


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum if asked for.

    .. math:: b_t = \mu b_{t-1} + (1 - \tau) (g_t + \lambda\theta_{t-1}), \quad \theta_t = \theta_{t-1} - \gamma b_t

    with the first :math:`b` undamped; Nesterov's form steps along :math:`g_t + \mu b_t`.
    https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        momentum: :math:`\mu`.
        dampening: :math:`\tau`.
        weight_decay: L2 penalty :math:`\lambda`.
        nesterov: Nesterov's momentum; needs a momentum and no dampening.
        maximize: ascend instead of descending.
        foreach, differentiable, fused: accepted; every update here is one fused program.

    Raises:
        ValueError: a negative rate, momentum or weight decay, or Nesterov without momentum.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.8000])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        non_negative("learning rate", lr)
        non_negative("momentum value", momentum)
        non_negative("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )

    def _static_options(self, group: dict[str, Any]) -> tuple[Any, ...]:
        return (
            group["momentum"] != 0,
            group["dampening"] != 0,
            group["weight_decay"] != 0,
            group["nesterov"],
            group["maximize"],
        )

    def _update_group(self, group: dict[str, Any], params: list[Any]) -> None:
        momentum, dampened, decay, nesterov, maximize = options = self._static_options(group)
        names = ("momentum_buffer",) if momentum else ()
        # The first buffer is the gradient itself: damping begins with the second step.
        fresh = (
            [p for p in params if self.state[p].get("momentum_buffer") is None]
            if momentum and dampened
            else []
        )
        begun = {id(p) for p in fresh}
        older = [p for p in params if id(p) not in begun]
        for part, damping in ((older, None), (fresh, 0.0)):
            if part:
                record_update(
                    ("sgd", *options),
                    lambda *numbers: sgd(
                        *numbers,
                        use_momentum=momentum,
                        dampen=dampened,
                        decay=decay,
                        nesterov=nesterov,
                        maximize=maximize,
                    ),
                    part,
                    state_cells(self.state, part, names),
                    lambda damping=damping: (  # type: ignore[misc]
                        float(group["lr"]),
                        group["momentum"],
                        group["dampening"] if damping is None else damping,
                        group["weight_decay"],
                    ),
                )


def sgd(
    learning_rate: Any,
    momentum: Any = 0.0,
    dampening: Any = 0.0,
    weight_decay: Any = 0.0,
    *,
    use_momentum: bool,
    dampen: bool,
    decay: bool,
    nesterov: bool,
    maximize: bool,
) -> optax.GradientTransformation:
    """The rule of :class:`SGD` as an Optax transformation; Optax's own parts but for dampening."""
    parts = []
    if maximize:
        parts.append(optax.scale(-1.0))
    if decay:
        parts.append(optax.add_decayed_weights(weight_decay))
    if use_momentum:
        parts.append(dampened_trace(momentum, dampening) if dampen else optax.trace(momentum, nesterov))
    parts.append(optax.scale_by_learning_rate(learning_rate))
    return optax.chain(*parts)


class DampenedTraceState(NamedTuple):
    """State of :func:`dampened_trace`."""

    trace: Any


def dampened_trace(decay: Any, dampening: Any) -> optax.GradientTransformation:
    """Momentum into which gradients enter damped: ``b = decay * b + (1 - dampening) * g``."""

    def init(params: Any) -> DampenedTraceState:
        return DampenedTraceState(optax.tree.zeros_like(params))

    def update(updates: Any, state: DampenedTraceState, params: Any = None) -> tuple[Any, DampenedTraceState]:
        trace = jax.tree.map(lambda g, b: decay * b + (1 - dampening) * g, updates, state.trace)
        return trace, DampenedTraceState(trace)

    return optax.GradientTransformation(init, update)
