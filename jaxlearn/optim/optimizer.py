"""The base of all optimizers: parameter groups, state, and their dictionaries in torch's layout."""

from __future__ import annotations

import functools
import threading
import warnings
import weakref
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from .._engine.graph import flush
from .._engine.recorder import recorder
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.typename import typename
from ._hooks import (
    HookMethods,
    global_post_hooks,
    global_pre_hooks,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from ._seen import Seen, same
from ._step_numbers import StepNumbers

__all__ = [
    "Optimizer",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "required",
    "running",
]


class _Required:
    """Marks an option that has no default."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class _Running(threading.local):
    """The steps that are running in this thread, one inside the other: an optimizer around another calls its step."""

    def __init__(self) -> None:
        self.functions: list[Callable[..., Any]] = []

    def ends_with(self, function: Callable[..., Any]) -> bool:
        """Whether the running step is this method and nothing else, neither around it nor behind it."""
        return len(self.functions) == 1 and self.functions[0] is function


running = _Running()


class Optimizer(HookMethods):
    """Base class of all optimizers.

    A subclass overrides :meth:`step` and writes to the parameters in place under ``no_grad()``, with what it
    remembers in ``self.state[p]``. What it does is recorded behind forward and backward and runs in their program.
    https://docs.pytorch.org/docs/stable/optim.html#torch.optim.Optimizer

    Args:
        params: tensors, or dictionaries with ``"params"`` and the options of that group, or ``named_parameters()``.
        defaults: options of groups that do not name their own.

    Raises:
        TypeError: ``params`` is one tensor, or holds something that is no tensor.
        ValueError: no parameters, one in two groups, one that is no leaf, or names for some of them only.

    Example::

        >>> import jaxlearn as torch
        >>> class SignDescent(torch.optim.Optimizer):
        ...     def __init__(self, params, lr=0.1):
        ...         super().__init__(params, {"lr": lr})
        ...     @torch.no_grad()
        ...     def step(self, closure=None):
        ...         for group in self.param_groups:
        ...             for p in group["params"]:
        ...                 if p.grad is not None:
        ...                     p.add_(p.grad.sign(), alpha=-group["lr"])
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -3.0]))
        >>> optimizer = SignDescent([w])
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.9000, -2.9000])
    """

    # Whether :meth:`step` puts numbers into the graph that change from step to step: a rate, a bias correction.
    _made_in: weakref.ref[Any] | None = None  # the capture that it was made in, if one
    _numbers_vary = True
    # Whether a compiled function that steps may be replayed without running :meth:`step` again.
    _replayable = False

    state: defaultdict[Any, Any]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        if recorder.capture is not None:
            self._made_in = weakref.ref(recorder.capture)
        self._make_hooks()
        self._patch_step_function()
        if type(params) in TENSOR_TYPES:
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + params.type()
            )
        self.state = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __repr__(self) -> str:
        text = self.__class__.__name__ + " ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._make_hooks()
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)

    @staticmethod
    def profile_hook_step(func: Callable[..., Any]) -> Callable[..., Any]:
        """Surround a ``step`` with the hooks and with what makes it part of the step's program.

        Every class of optimizers gets its ``step`` wrapped this way as its first instance is made.

        Args:
            func: the method.

        Returns:
            The method with hooks.
        """

        @functools.wraps(func)
        def step(*args: Any, **kwargs: Any) -> Any:
            self = args[0]
            for hook in chain(global_pre_hooks.values(), self._optimizer_step_pre_hooks.values()):
                result = hook(self, args, kwargs)
                if result is not None:
                    if not (isinstance(result, tuple) and len(result) == 2):
                        raise RuntimeError(
                            f"{func} must return None or a tuple of (new_args, new_kwargs), but got {result}."
                        )
                    args, kwargs = result
            if recorder.capture is not None and not self._replayable:
                recorder.capture.give_up("an optimizer steps in it whose Python computes with numbers")
            recording = None
            if self._numbers_vary:
                recording = StepNumbers()
                args, kwargs = recording.around_closure(args, kwargs)
            running.functions.append(func)
            try:
                out = func(*args, **kwargs)
            finally:
                running.functions.pop()
            if recording is not None:
                recording.mark()
            if not running.functions:
                self._finish_step()
            for hook in chain(self._optimizer_step_post_hooks.values(), global_post_hooks.values()):
                hook(self, args, kwargs)
            return out

        return step

    def _patch_step_function(self) -> None:
        cls = type(self)
        if not hasattr(cls.step, "hooked"):
            step = self.profile_hook_step(cls.step)
            step.hooked = True  # type: ignore[attr-defined]
            cls.step = step  # type: ignore[method-assign]

    def _finish_step(self) -> None:
        """Have everything recorded so far computed as one program."""
        capture = recorder.capture
        if capture is None:
            flush()
        elif not self._is_made_by(capture):
            capture.guard(self._unchanged())

    def _is_made_by(self, capture: Any) -> bool:
        """Whether the function being captured has made this optimizer, so that replays know nothing of it."""
        return self._made_in is not None and self._made_in() is capture

    def _static_options(self, group: dict[str, Any]) -> Any:
        """The group's options that choose the program rather than being numbers in it: here all, as nothing is known
        of what :meth:`step` does with them."""
        return {k: v for k, v in group.items() if k not in ("params", "param_names")}

    def _identity(self) -> Any:
        """What is another object once the state has been replaced."""
        return vars(self)["state"]

    def _unchanged(self) -> Callable[[], bool]:
        """A test whether the state and the static options are still those of now."""
        kept = self._identity()
        now = [(g, Seen(g), list(g["params"]), self._static_options(g)) for g in self.param_groups]
        replaced = self.__dict__.get("step")  # by a schedule, which wants to know that there was a step

        def holds() -> bool:
            if self._identity() is not kept or vars(self).get("step") is not replaced:
                return False
            if len(self.param_groups) != len(now):
                return False
            for group, seen, params, options in now:
                if len(group["params"]) != len(params) or not same(group["params"], params):
                    return False
                if not (seen.holds() or self._static_options(group) == options):
                    return False
            return True

        return holds

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters with options of its own, for instance to train layers that were frozen.

        Args:
            param_group: ``"params"`` and options; the defaults are filled in.

        Raises:
            TypeError: the group is no dictionary, or a parameter is no tensor.
            ValueError: a parameter is no leaf or is in another group, a required option is missing, or some
                parameters have names and others have none.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if type(params) in TENSOR_TYPES:
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                "sets will change between runs. Please use a list instead."
            )
        params = list(params)
        names = [p[0] for p in params if isinstance(p, tuple)]
        params = [p[1] if isinstance(p, tuple) else p for p in params]
        if names and len(names) != len(params):
            raise ValueError(
                "all optimizer params should be with/without names. Some param names are missing"
            )
        for p in params:
            if type(p) not in TENSOR_TYPES:
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {typename(p)}"
                )
            if not self.defaults.get("differentiable") and not (p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter {name}"
                )
        own = {id(p) for p in params}
        if len(own) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an "
                "error; see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        named = bool(names) or "param_names" in param_group
        if any(("param_names" in group) != named for group in self.param_groups):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if named else 'without'} names to the optimizer"
            )
        if any(id(p) in own for group in self.param_groups for p in group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        # The caller's dictionary itself becomes the group, as in torch.
        param_group["params"] = params
        if names:
            param_group["param_names"] = names
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters.

        Args:
            set_to_none: set ``grad`` to None; otherwise write zeros into it.
        """
        capture = recorder.capture
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    if capture is not None:
                        capture.grad_written(p)
                    p._grad = None
                    continue
                if capture is not None:
                    capture.grad_read(p)
                if p._grad is not None:
                    if p._grad._grad_fn is not None:
                        p.grad = p._grad.detach()
                    p._grad._requires_grad = False
                    p._grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters by their gradients; for subclasses to define.

        Args:
            closure: computes the loss anew and returns it.
        """
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """State and options in torch's layout: parameters are numbered through the groups.

        Example::

            >>> import jaxlearn as torch
            >>> p = torch.nn.Parameter(torch.ones(2))
            >>> torch.optim.SGD([p], lr=0.1).state_dict()["param_groups"][0]["params"]
            [0]
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        number: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            for i, p in enumerate(group["params"], start):
                number.setdefault(id(p), i)
            start += len(group["params"])
            packed = {k: v for k, v in group.items() if k != "params"}
            packed["params"] = [number[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {(number[id(p)] if type(p) in TENSOR_TYPES else p): entry for p, entry in self.state.items()}
        result = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            given = hook(self, result)
            if given is not None:
                result = given
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options that :meth:`state_dict` gave, here or in PyTorch.

        Args:
            state_dict: what was saved; it is not changed.

        Raises:
            ValueError: the number of groups or their sizes differ; nothing is changed then.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            given = hook(self, state_dict)
            if given is not None:
                state_dict = given
        groups, saved = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(g["params"]) != len(s["params"]) for g, s in zip(groups, saved, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        by_number: dict[Hashable, Any] = {}
        for group, other in zip(groups, saved, strict=True):
            for key, p in zip(other["params"], group["params"], strict=True):
                by_number[key] = (p, other)
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in by_number:
                p, other = by_number[key]
                state[p] = _adopted(value, p, other)
            else:
                state[key] = value
        for group, other in zip(groups, saved, strict=True):
            # The same dictionaries: schedules and compiled steps hold them.
            if "param_names" in group:
                other.setdefault("param_names", group["param_names"])
            other["params"] = group["params"]
            group.clear()
            group.update(other)
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)


def _adopted(item: Any, p: Any, group: dict[str, Any], key: Hashable = None) -> Any:
    """A loaded state entry as an optimizer keeps it: tensors of the parameter's dtype and device, which are the loaded
    ones themselves if they have them already, as in torch.

    The step count keeps its own dtype, unless the group says that it lives beside the parameter.
    """
    if type(item) in TENSOR_TYPES:
        if key == "step":
            return item.to(p.device).float() if group.get("capturable") or group.get("fused") else item
        return item.to(p.device, p.dtype) if p.is_floating_point() else item.to(p.device)
    if isinstance(item, dict):
        return {k: _adopted(v, p, group, k) for k, v in item.items()}
    if isinstance(item, Iterable) and not isinstance(item, str):
        return type(item)(_adopted(v, p, group) for v in item)  # type: ignore[call-arg]
    return item
