"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import implementations, one_element
from ._fused import FusedOptimizer

__all__ = ["SGD", "sgd"]


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
    counted: bool = False,
    detached: bool = False,
) -> optax.GradientTransformation:
    """The rule of :class:`SGD` as an Optax transformation; Optax's own parts but for dampening.

    Args:
        learning_rate, momentum, dampening, weight_decay, nesterov, maximize: as in :class:`SGD`.
        use_momentum: whether there is a momentum.
        dampen: whether gradients are damped.
        decay: whether there is a weight decay.
        counted: leave the first gradient undamped; the state then has a count beside torch's.
        detached: let no derivative flow into a momentum that begins: torch's begins with a copy of the gradient.
    """
    parts = []
    if maximize:
        parts.append(optax.scale(-1.0))
    if decay:
        parts.append(optax.add_decayed_weights(weight_decay))
    if use_momentum and dampen:
        parts.append(dampened_trace(momentum, dampening, counted))
    elif use_momentum:
        parts.append(first_trace(momentum, nesterov) if detached else optax.trace(momentum, nesterov))
    parts.append(optax.scale_by_learning_rate(learning_rate))
    return optax.chain(*parts)


class DampenedTraceState(NamedTuple):
    """State of :func:`dampened_trace`."""

    trace: Any
    count: Any = ()


def dampened_trace(decay: Any, dampening: Any, counted: bool) -> optax.GradientTransformation:
    """Momentum into which gradients enter damped, ``b = decay * b + (1 - dampening) * g``; the first one whole if
    steps are counted."""

    def init(params: Any) -> DampenedTraceState:
        return DampenedTraceState(optax.tree.zeros_like(params), jnp.zeros((), jnp.int32) if counted else ())

    def update(updates: Any, state: DampenedTraceState, params: Any = None) -> tuple[Any, DampenedTraceState]:
        share = jnp.where(state.count == 0, 1.0, 1 - dampening) if counted else 1 - dampening
        trace = jax.tree.map(lambda g, b: decay * b + share * g, updates, state.trace)
        return trace, DampenedTraceState(trace, state.count + 1 if counted else ())

    return optax.GradientTransformation(init, update)


def first_trace(decay: Any, nesterov: bool) -> optax.GradientTransformation:
    """The first step of Optax's ``trace``, through which no derivative flows into the momentum."""

    def update(updates: Any, state: optax.TraceState, params: Any = None) -> tuple[Any, optax.TraceState]:
        trace = jax.lax.stop_gradient(updates)
        if nesterov:
            updates = jax.tree.map(lambda g, b: g + decay * b, updates, trace)
        return updates if nesterov else trace, optax.TraceState(trace)

    return optax.GradientTransformation(optax.trace(decay, nesterov).init, update)


class SGD(FusedOptimizer):
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

    _rule = staticmethod(sgd)
    _completes_state = True
    _names = {"trace": "momentum_buffer"}  # noqa: RUF012

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
        one_element(lr)
        for what, value in (
            ("learning rate", lr),
            ("momentum value", momentum),
            ("weight_decay value", weight_decay),
        ):
            if value < 0.0:  # unlike the other optimizers, torch's lets NaN pass
                raise ValueError(f"Invalid {what}: {value}")
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
        implementations(fused, foreach, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("nesterov", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("differentiable", False)
            group.setdefault("fused", False)

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "learning_rate": group["lr"],
            "momentum": group["momentum"],
            "dampening": group["dampening"],
            "weight_decay": group["weight_decay"],
        }

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {
            "use_momentum": group["momentum"] != 0,
            "dampen": group["momentum"] != 0 and group["dampening"] != 0,
            "decay": bool(group["weight_decay"] != 0),
            "nesterov": group["nesterov"],
            "maximize": group["maximize"],
        }

    def _lasting_options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        options = self._options(group)
        return {**options, "counted": options["dampen"]}

    def _parts(
        self, group: dict[str, Any], members: Sequence[int], options: dict[str, Hashable]
    ) -> list[tuple[Sequence[int], dict[str, Hashable]]]:
        detached = options["use_momentum"] and self.defaults["differentiable"]
        if not options["dampen"] and not detached:
            return [(members, options)]
        # The first buffer is a copy of the gradient: damping begins with the second step.
        older = [i for i in members if self._buffer(group["params"][i]) is not None]
        fresh = [i for i in members if self._buffer(group["params"][i]) is None]
        return [
            part
            for part in ((older, options), (fresh, {**options, "dampen": False, "detached": detached}))
            if part[0]
        ]

    def _buffer(self, p: Any) -> Any:
        entry = self._state.get(p)
        return None if entry is None else entry.get("momentum_buffer")
