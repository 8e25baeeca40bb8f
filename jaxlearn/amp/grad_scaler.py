"""Scaling the loss so that small gradients survive in float16."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._autograd.modes import no_grad
from .._engine.recorder import recorder
from .._engine.value import concrete
from .._tensor.dispatch import TENSOR_TYPES, wrap
from .._tensor.inplace import write
from ..ops.comparison import isfinite
from ..ops.pointwise_select import where
from ..optim._fused import FusedOptimizer
from ..optim.optimizer import running
from .autocast_mode import _cuda_missing

__all__ = ["GradScaler"]


def _tensor(number: float, dtype: type) -> Any:
    return wrap(concrete(np.asarray(number, dtype)))


class GradScaler:
    """Multiplies the loss by a scale, divides the gradients by it again, and leaves out a step whose gradients are
    not finite.

    Whether they are is decided inside the compiled program: parameters and state keep their values where they are not,
    and nothing is read on the host. (An optimizer of the user's own, whose state may be anything, and ``SparseAdam``,
    which counts its steps on the host, are stepped only after a look at the gradients, as in PyTorch.)

    https://docs.pytorch.org/docs/stable/amp.html#torch.amp.GradScaler

    Args:
        device: ``"cuda"``, ``"cpu"`` or another type; for ``"cuda"`` without a GPU the scaler is disabled.
        init_scale: the scale to begin with.
        growth_factor: what the scale is multiplied by after ``growth_interval`` steps without infinities.
        backoff_factor: what it is multiplied by after a step with some.
        growth_interval: see there.
        enabled: False for a scaler that changes nothing.

    Example::

        >>> import jaxlearn as torch
        >>> p = torch.ones(1, requires_grad=True)
        >>> optimizer, scaler = torch.optim.SGD([p], lr=0.5), torch.amp.GradScaler("cpu", init_scale=4.0)
        >>> scaler.scale(p.sum()).backward()
        >>> scaler.step(optimizer)
        >>> scaler.update()
        >>> p
        tensor([0.5000], requires_grad=True)
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled and device == "cuda" and _cuda_missing():
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2
            )
            enabled = False
        self._device = device
        self._enabled = enabled
        if not enabled:
            return
        assert growth_factor > 1.0, "The growth factor must be > 1.0."
        assert backoff_factor < 1.0, "The backoff factor must be < 1.0."
        self._init_scale = init_scale
        self._scale: Any = None
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._init_growth_tracker = 0
        self._growth_tracker: Any = None
        self._states: defaultdict[int, dict[str, Any]] = defaultdict(dict)

    def _begin(self) -> None:
        self._scale = _tensor(self._init_scale, np.float32)
        self._growth_tracker = _tensor(self._init_growth_tracker, np.int32)
        if recorder.capture is not None:
            recorder.capture.keep([self._scale._cell, self._growth_tracker._cell])

    def _check_begun(self, function: str) -> None:
        assert self._scale is not None, (
            f"Attempted {function} but _scale is None.  This may indicate your script did not use scaler.scale(loss or "
            "outputs) earlier in the iteration."
        )

    def scale(self, outputs: Any) -> Any:
        """The outputs times the scale.

        Args:
            outputs: a tensor, or a list, tuple or other iterable of them.

        Raises:
            ValueError: they are nothing of that kind.
        """
        if not self._enabled:
            return outputs
        if self._scale is None:
            self._begin()
        if type(outputs) in TENSOR_TYPES:
            return outputs * self._scale
        if isinstance(outputs, Iterable):
            scaled = map(self.scale, outputs)
            return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer's parameters by the scale, in place: before clipping them, say.

        Args:
            optimizer: the optimizer; once between two :meth:`update`.

        Raises:
            RuntimeError: it was called already, or after :meth:`step`.
            ValueError: a gradient is float16, so that the parameter is.
        """
        if not self._enabled:
            return
        self._check_begun("unscale_")
        state = self._states[id(optimizer)]
        if state.get("stage") == "unscaled":
            raise RuntimeError(
                "unscale_() has already been called on this optimizer since the last update()."
            )
        if state.get("stage") == "stepped":
            raise RuntimeError("unscale_() is being called after step().")
        self._unscale(optimizer, state)
        state["stage"] = "unscaled"

    def _unscale(self, optimizer: Any, state: dict[str, Any]) -> None:
        inverse = self._scale.double().reciprocal().float()
        found: Any = None
        with no_grad():
            for group in optimizer.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    if p.grad.dtype is dtypes.float16:
                        raise ValueError("Attempting to unscale FP16 gradients.")
                    bad = isfinite(p.grad).all().logical_not()
                    found = bad if found is None else found | bad
                    p.grad.mul_(inverse)
        state["found_inf"] = found

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Unscale the gradients unless that was done, and step the optimizer if all of them are finite.

        Args:
            optimizer: the optimizer.
            args: for its ``step``.
            kwargs: for its ``step``; no closure.

        Returns:
            What its ``step`` returned.

        Raises:
            RuntimeError: there is a closure, or the optimizer was stepped since the last :meth:`update`.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._check_begun("step")
        state = self._states[id(optimizer)]
        if state.get("stage") == "stepped":
            raise RuntimeError("step() has already been called since the last update().")
        if state.get("stage") is None:
            self.unscale_(optimizer)
        found = state["found_inf"]
        assert found is not None, "No inf checks were recorded for this optimizer."
        state["stage"] = "stepped"
        if not isinstance(optimizer, FusedOptimizer) or not optimizer._reusable:
            return None if found.item() else optimizer.step(*args, **kwargs)
        return _step_if(optimizer, found, args, kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Set the scale for the next iteration: smaller after infinities, larger after many steps without.

        Args:
            new_scale: set it to this number or tensor instead.

        Raises:
            AssertionError: no optimizer was unscaled or stepped.
        """
        if not self._enabled:
            return
        self._check_begun("update")
        if new_scale is not None:
            given = new_scale.detach().float() if type(new_scale) in TENSOR_TYPES else new_scale
            self._scale.fill_(given)
        else:
            found = [s["found_inf"] for s in self._states.values() if s.get("found_inf") is not None]
            assert found, "No inf checks were recorded prior to update."
            self._adapt(found)
        self._states.clear()

    def _adapt(self, found: list[Any]) -> None:
        bad = found[0]
        for other in found[1:]:
            bad = bad | other
        with no_grad():
            steps = self._growth_tracker + 1
            grown = self._scale * self._growth_factor
            grows = steps == self._growth_interval
            larger = where(grows & isfinite(grown), grown, self._scale)
            write(self._scale, where(bad, self._scale * self._backoff_factor, larger))
            write(self._growth_tracker, where(bad | grows, steps * 0, steps))

    def get_scale(self) -> float:
        """The scale as a number, which computes it; 1.0 if the scaler is disabled."""
        if not self._enabled:
            return 1.0
        return float(self._init_scale if self._scale is None else self._scale.item())

    def get_growth_factor(self) -> float:
        """What the scale is multiplied by to grow."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by to grow.

        Args:
            new_factor: the factor.
        """
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What the scale is multiplied by after infinities."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by after infinities.

        Args:
            new_factor: the factor.
        """
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many steps without infinities the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set after how many steps without infinities the scale grows.

        Args:
            new_interval: the number of steps.
        """
        self._growth_interval = new_interval

    def _get_growth_tracker(self) -> int:
        if not self._enabled:
            return 0
        return int(self._init_growth_tracker if self._growth_tracker is None else self._growth_tracker.item())

    def is_enabled(self) -> bool:
        """Whether the scaler does anything."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The scale, the factors and the number of steps since it changed; empty if the scaler is disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._get_growth_tracker(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state.

        Args:
            state_dict: as :meth:`state_dict` gave it.

        Raises:
            RuntimeError: it is a disabled scaler's.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._init_growth_tracker = state_dict["_growth_tracker"]
        if self._scale is not None:
            self._begin()


def _step_if(optimizer: FusedOptimizer, bad: Any, args: Any, kwargs: Any) -> Any:
    """Step, and put back what was before where the gradients were not finite."""
    params = [(p, group) for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    copies: dict[int, Any] = {}
    before = [_kept(p, copies) for p, _ in params]
    held = [optimizer.state.get(p, {}).items() for p, _ in params]
    states = [{k: _kept(v, copies) if type(v) in TENSOR_TYPES else v for k, v in entry} for entry in held]
    # While another step runs around it, the optimizer leaves the graph open for what follows.
    running.functions.append(_step_if)
    try:
        result = optimizer.step(*args, **kwargs)
        _restore(optimizer, bad, params, before, states)
        begun = [
            (p, [k for k in optimizer.state[p] if k not in kept])
            for (p, _), kept in zip(params, states, strict=True)
        ]
        if recorder.capture is None and any(names for _, names in begun):
            optimizer._doubt = bad, begun
    finally:
        running.functions.pop()
    if not running.functions:
        optimizer._finish_step()
    return result


def _kept(tensor: Any, copies: dict[int, Any]) -> Any:
    """What a tensor holds now, in a storage of its own.

    Args:
        tensor: the tensor.
        copies: those made by the values that they are of; a captured function tells its inputs apart by their values.
    """
    value = tensor._current()
    if recorder.capture is None:
        return wrap(value)
    if id(value) not in copies:
        with no_grad():
            copies[id(value)] = value, tensor.detach().clone()
    return copies[id(value)][1]


def _restore(optimizer: FusedOptimizer, bad: Any, params: Any, before: Any, states: Any) -> None:
    chosen: dict[Any, Any] = {}  # by name and value: step counts are the same for many parameters
    with no_grad():
        for (p, group), old, kept in zip(params, before, states, strict=True):
            write(p, where(bad, old, p.detach()))
            for name, new in optimizer.state[p].items():
                if type(new) not in TENSOR_TYPES:
                    continue
                start = kept.get(name)
                key = (name, id(new._current()), None if start is None else id(start._current()))
                if key not in chosen:
                    if start is None:
                        shared = p if new.shape == p.shape else None
                        start = wrap(
                            concrete(np.asarray(optimizer._start(name, shared, group), new.dtype._np))
                        )
                    after = new._current()  # stays alive with its id
                    chosen[key] = after, where(bad, start, wrap(after))
                write(new, chosen[key][1])
