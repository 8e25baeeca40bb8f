"""L-BFGS: a quasi-Newton method that evaluates the loss several times a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._autograd.modes import enable_grad, no_grad
from .._engine.value import concrete, intern
from .._tensor.dispatch import TENSOR_TYPES, wrap
from ..ops.joining import cat
from ..ops.op import op
from ..ops.shape_rearrange import view_as_complex, view_as_real
from ._checks import non_negative, one_element
from ._line_search import strong_wolfe
from .optimizer import Optimizer

__all__ = ["LBFGS"]


@op(name="lbfgs_direction", differentiable=False)
def _direction(flat_grad: Any, old_dirs: Any, old_stps: Any, ro: Any, scale: Any) -> Any:
    """The inverse Hessian's approximation times the negative gradient, by the two loops of Nocedal (1980)."""
    changes, steps, weights = jnp.stack(old_dirs), jnp.stack(old_stps), jnp.stack(ro)

    def backwards(q: Any, pair: Any) -> Any:
        y, s, r = pair
        al = jnp.dot(s, q) * r
        return q - al * y, al

    def forwards(d: Any, pair: Any) -> Any:
        y, s, r, al = pair
        return d + (al - jnp.dot(y, d) * r) * s, None

    q, al = jax.lax.scan(backwards, -flat_grad, (changes, steps, weights), reverse=True)
    d, _ = jax.lax.scan(forwards, q * scale, (changes, steps, weights, al))
    return d, al


class LBFGS(Optimizer):
    r"""L-BFGS: steps along :math:`-H_t g_t`, with the inverse Hessian's approximation from the last changes.

    The closure is called several times a step. What decides how to go on is read on the host, as in PyTorch; vectors
    stay on the device. Nocedal, "Updating Quasi-Newton Matrices with Limited Storage",
    https://doi.org/10.1090/S0025-5718-1980-0572855-7;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.LBFGS.html

    Args:
        params: parameters; there can be one group only.
        lr: the step length, with a line search its first guess.
        max_iter: iterations in a step.
        max_eval: evaluations of the closure in a step; 1.25 times ``max_iter`` if not given.
        tolerance_grad: stop when no gradient is larger.
        tolerance_change: stop when parameters or loss change less.
        history_size: how many changes are remembered.
        line_search_fn: ``"strong_wolfe"`` or None.

    Raises:
        ValueError: a negative rate, or several groups.
        RuntimeError: at a step, another line search.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
        >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = ((w - torch.tensor([3.0, 5.0])) ** 2).sum()
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(closure).item()
        13.0
        >>> [round(x, 4) for x in w.tolist()]
        [3.0, 5.0]
    """

    # Its numbers are step lengths, read on the host: nothing of them is in the closure's program.
    _numbers_vary = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        one_element(lr)
        non_negative("learning rate", lr)
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @property
    def _params(self) -> list[Any]:
        params: list[Any] = self.param_groups[0]["params"]
        return params

    def _flat_gradient(self) -> Any:
        """All gradients as one vector, zeros where there is none."""
        parts = []
        for p in self._params:
            grad = p.new_zeros(p.shape) if p.grad is None else p.grad
            parts.append((view_as_real(grad) if grad.is_complex() else grad).reshape(-1))
        return cat(parts)

    def _move(self, length: Any, direction: Any) -> None:
        """Add a multiple of the direction to the parameters."""
        offset = 0
        for p in self._params:
            complex_ = p.is_complex()
            count = p.numel() * (2 if complex_ else 1)
            part = direction[offset : offset + count]
            part = view_as_complex(part.reshape(*p.shape, 2)) if complex_ else part.reshape(p.shape)
            p.add_(part, alpha=float(length))
            offset += count

    @no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Minimize for a while.

        Args:
            closure: clears the gradients, computes the loss, calls ``backward()`` and returns the loss.

        Returns:
            The loss at the start.

        Raises:
            TypeError: the closure returned no number.
            RuntimeError: the line search is unknown.
        """
        closure = enable_grad()(closure)
        group = self.param_groups[0]
        line_search = group["line_search_fn"]
        orig_loss = closure()
        loss = float(orig_loss)
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        state["func_evals"] += 1
        gradient = self._flat_gradient()
        if _number(gradient.abs().max()) <= group["tolerance_grad"]:
            return orig_loss
        lr = group["lr"]
        run = _Run(state, gradient, loss, lr, group["history_size"])
        evaluations, iterations = 1, 0
        while iterations < group["max_iter"]:
            iterations += 1
            run.turn()
            if run.slope > -group["tolerance_change"]:
                break
            spent = 0
            if line_search is not None:
                if line_search != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                spent = self._search(run, closure, group["max_eval"] - evaluations)
                self._move(run.length, run.direction)
            else:
                self._move(run.length, run.direction)
                if iterations != group["max_iter"]:
                    run.loss = float(closure())
                    run.gradient = self._flat_gradient()
                    spent = 1
            evaluations += spent
            state["func_evals"] += spent
            if iterations == group["max_iter"] or evaluations >= group["max_eval"]:
                break
            if _number(run.gradient.abs().max()) <= group["tolerance_grad"]:
                break
            if _number((run.direction * float(run.length)).abs().max()) <= group["tolerance_change"]:
                break
            if abs(run.loss - run.loss_before) < group["tolerance_change"]:
                break
        run.save(state)
        return orig_loss

    def _search(self, run: _Run, closure: Callable[[], Any], most: int) -> int:
        """Find the step length; the parameters are where they were afterwards."""
        here = [p.clone() for p in self._params]
        direction = run.direction

        def evaluate(length: Any) -> tuple[float, Any, Any]:
            self._move(length, direction)
            loss = float(closure())
            gradient = self._flat_gradient()
            for p, value in zip(self._params, here, strict=True):
                p.copy_(value)
            return loss, gradient, _number(gradient.dot(direction))

        start = (0, run.loss, run.gradient, run.slope)
        largest = _number(direction.abs().max())
        run.loss, run.gradient, run.length, spent = strong_wolfe(evaluate, run.length, largest, start, most)
        return spent


class _Run:
    """The quantities of one step, from the optimizer's state and back into it.

    Args:
        state: the state, in torch's layout.
        gradient: the gradient at the start.
        loss: the loss there.
        lr: the step length.
        history_size: how many changes to remember.
    """

    def __init__(self, state: dict[str, Any], gradient: Any, loss: float, lr: Any, history_size: int) -> None:
        self.gradient = gradient
        self.loss = self.loss_before = loss
        self.slope: Any = None
        self.full = False  # whether the last length is the rate itself
        self.rate = lr
        self.lr = _number(lr.squeeze()) if type(lr) in TENSOR_TYPES else lr
        self.history_size = history_size
        self.n_iter: int = state["n_iter"]
        self.direction: Any = state.get("d")
        self.length: Any = state.get("t")
        if type(self.length) in TENSOR_TYPES:
            self.length = _number(self.length)
        self.dirs: list[Any] = list(state.get("old_dirs") or [])
        self.steps: list[Any] = list(state.get("old_stps") or [])
        self.ro: list[Any] = list(state.get("ro") or [])
        self.scale = state.get("H_diag", 1)
        self.al: Any = None
        self.gradient_before: Any = state.get("prev_flat_grad")

    def turn(self) -> None:
        """Compute the direction, the first step length and the slope."""
        self.n_iter += 1
        gradient = self.gradient
        if self.n_iter == 1:
            self.direction = gradient.neg()
            self.dirs, self.steps, self.ro, self.scale = [], [], [], 1
            self.full = False
            self.length = min(1.0, 1.0 / _number(gradient.abs().sum())) * self.lr
        else:
            self._remember()
            self.direction, self.al = self._turned()
            self.length = self.lr
            self.full = True
        self.gradient_before = gradient
        self.loss_before = self.loss
        self.slope = _number(gradient.dot(self.direction))

    def _remember(self) -> None:
        """Take the last change of parameters and gradient into the history, unless it is too flat."""
        change = self.gradient - self.gradient_before
        moved = self.direction * float(self.length)
        product = change.dot(moved)
        if _number(product) > 1e-10:
            for kept, new in ((self.dirs, change), (self.steps, moved), (self.ro, 1.0 / product)):
                if len(kept) == self.history_size:
                    kept.pop(0)
                kept.append(new)
            self.scale = product / change.dot(change)

    def _turned(self) -> tuple[Any, Any]:
        gradient = self.gradient
        if not self.dirs:
            return gradient.neg() * self.scale, None
        # Entries of zeros change nothing; with their number a power of two there are few programs.
        padding = (1 << (len(self.dirs) - 1).bit_length()) - len(self.dirs)
        nothing, none = _zeros(gradient, gradient.shape), _zeros(gradient, ())
        scale = self.scale if type(self.scale) in TENSOR_TYPES else _zeros(gradient, ()) + self.scale
        direction, al = _direction(
            gradient,
            [*self.dirs, *[nothing] * padding],
            [*self.steps, *[nothing] * padding],
            [*self.ro, *[none] * padding],
            scale,
        )
        return direction, al

    def save(self, state: dict[str, Any]) -> None:
        """Write into the optimizer's state, under torch's names."""
        state["n_iter"] = self.n_iter
        if self.n_iter > 1:
            al = [None] * self.history_size if self.al is None else list(self.al[: len(self.dirs)])
            state["al"] = al + [None] * (self.history_size - len(al))
        length = self.length
        if self.full and length is self.lr:
            length = (
                self.rate
            )  # the tensor itself, as in torch: to change a rate in place changes the last step's length
        elif isinstance(length, np.generic):
            length = wrap(concrete(np.asarray(length)))
        state.update(
            d=self.direction,
            t=length,
            old_dirs=self.dirs,
            old_stps=self.steps,
            ro=self.ro,
            H_diag=self.scale,
            prev_flat_grad=self.gradient_before,
            prev_loss=self.loss_before,
        )


def _zeros(like: Any, shape: Any) -> Any:
    """Zeros on the host, which are an operand of the program rather than an operation in it."""
    aval = like._current().aval
    return wrap(concrete(np.zeros(tuple(shape), aval.dtype), intern(tuple(shape), aval.dtype, aval.device)))


def _number(tensor: Any) -> Any:
    """The value of a tensor of one element, as a NumPy number: it keeps the tensor's precision."""
    return np.asarray(tensor.detach()._array())[()]
