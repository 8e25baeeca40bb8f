"""Adam that leaves the rows without gradient alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._checks import below_one, one_element
from ._fused import FusedOptimizer
from ._rules import correction, number

__all__ = ["SparseAdam", "sparse_adam"]


class SparseAdamState(NamedTuple):
    """State of :func:`sparse_adam`: the running means, and a count if it keeps its own."""

    exp_avg: Any
    exp_avg_sq: Any
    count: Any = ()


def sparse_adam(
    learning_rate: Any, beta1: Any, beta2: Any, eps: Any, step: Any, *, maximize: bool, counted: bool = False
) -> optax.GradientTransformation:
    """The rule of :class:`SparseAdam` as an Optax transformation; Optax has none.

    Args:
        learning_rate, beta1, beta2, eps, maximize: as in :class:`SparseAdam`.
        step: the number of this step.
        counted: count the steps in the state instead; the state then has a count beside torch's.
    """

    def init(params: Any) -> SparseAdamState:
        zeros = optax.tree.zeros_like(params)
        return SparseAdamState(zeros, zeros, jnp.zeros((), jnp.float32) if counted else ())

    def update(updates: Any, state: SparseAdamState, params: Any = None) -> tuple[Any, SparseAdamState]:
        t = number(state.count) + 1 if counted else step
        grads = jax.tree.map(jnp.negative, updates) if maximize else updates
        touched = jax.tree.map(_touched, grads)
        mean = jax.tree.map(
            lambda m, g, r: jnp.where(r, m + (g - m) * (1 - beta1), m), state.exp_avg, grads, touched
        )
        square = jax.tree.map(
            lambda v, g, r: jnp.where(r, v + (g * g - v) * (1 - beta2), v), state.exp_avg_sq, grads, touched
        )
        size = learning_rate * jnp.sqrt(correction(beta2, t)) / correction(beta1, t)
        steps = jax.tree.map(
            lambda m, v, r: jnp.where(r, -size * (m / (jnp.sqrt(v) + eps)), 0), mean, square, touched
        )
        count = (state.count + 1) if counted else ()
        return steps, SparseAdamState(mean, square, count)

    return optax.GradientTransformation(init, update)


def _touched(g: Any) -> Any:
    """The rows with a gradient; of a vector the elements."""
    return jnp.any(g != 0, axis=tuple(range(1, g.ndim)), keepdims=True)


class SparseAdam(FusedOptimizer):
    r"""Adam for embeddings: rows that a batch has not used keep their weights and their running means.

    A row without gradient is one whose gradient is zero. PyTorch's optimizer asks for sparse gradients, which hold
    the rows that were used; gradients are dense here, and the rule is the same.

    .. math::
        m \leftarrow m + (1-\beta_1)(g - m), \quad v \leftarrow v + (1-\beta_2)(g^2 - v), \quad
        \theta \leftarrow \theta - \gamma \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \frac{m}{\sqrt v + \epsilon}

    https://docs.pytorch.org/docs/stable/generated/torch.optim.SparseAdam.html

    Args:
        params: parameters or groups of them.
        lr: learning rate :math:`\gamma`.
        betas: :math:`(\beta_1, \beta_2)`.
        eps: :math:`\epsilon`.
        maximize: ascend instead of descending.

    Raises:
        ValueError: a rate or eps that is not positive, a beta outside [0, 1), or a complex parameter.

    Example::

        >>> import jaxlearn as torch
        >>> table = torch.nn.Embedding.from_pretrained(torch.ones(3, 2), freeze=False)
        >>> optimizer = torch.optim.SparseAdam(table.parameters(), lr=0.5)
        >>> table(torch.tensor([1])).sum().backward()
        >>> optimizer.step()
        >>> table.weight.data
        tensor([[1.0000, 1.0000],
                [0.5000, 0.5000],
                [1.0000, 1.0000]])
    """

    _rule = staticmethod(sparse_adam)
    _reusable = False  # the steps are Python numbers

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        one_element(lr)
        if not lr > 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        below_one("beta parameter", 0, betas[0])
        below_one("beta parameter", 1, betas[1])
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        complex_params = [
            [i, j]
            for i, group in enumerate(self.param_groups)
            for j, p in enumerate(group["params"])
            if p.is_complex()
        ]
        if complex_params:
            raise ValueError(
                f"Complex params at indices {complex_params}: SparseAdam does not support complex parameters"
            )

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        return {"learning_rate": group["lr"], "beta1": beta1, "beta2": beta2, "eps": group["eps"], "step": 1}

    def _next_numbers(self, group: dict[str, Any], params: Sequence[Any]) -> dict[str, Any]:
        # torch's step count is a Python number in this optimizer.
        step = 0
        for p in params:
            step = self._steps(p) + 1
            entry = self.state[p]
            kept = {name: value for name, value in entry.items() if name != "step"}
            entry.clear()
            entry.update({"step": step, **kept})
        return {**self._numbers(group), "step": step}

    def _steps(self, p: Any) -> int:
        entry = self.state.get(p)
        return 0 if entry is None else entry.get("step", 0)

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {"maximize": group.get("maximize", False)}

    def _lasting_options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {**self._options(group), "counted": True}

    def _parts(
        self, group: dict[str, Any], members: Sequence[int], options: dict[str, Hashable]
    ) -> list[tuple[Sequence[int], dict[str, Hashable]]]:
        parts: dict[int, list[int]] = {}
        for i in members:
            parts.setdefault(self._steps(group["params"][i]), []).append(i)
        return [(part, options) for part in parts.values()]
