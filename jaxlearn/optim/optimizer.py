"""The base of all optimizers: parameter groups, state, and their dictionaries in torch's layout."""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable
from itertools import chain
from typing import Any

from .._autograd.modes import enable_grad
from .._engine.graph import flush
from .._engine.recorder import recorder
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.gradients import HookHandle
from .._tensor.typename import typename

__all__ = ["Optimizer", "required"]


class _Required:
    """Marks an option that has no default."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class Optimizer:
    """Base class of all optimizers.

    A subclass of the library says what one update is by :meth:`_update_group`; a subclass written for PyTorch
    overrides :meth:`step` and writes to the parameters in place.
    https://docs.pytorch.org/docs/stable/optim.html#torch.optim.Optimizer

    Args:
        params: tensors, or dictionaries with ``"params"`` and the options of that group, or ``named_parameters()``.
        defaults: options of groups that do not name their own.

    Raises:
        TypeError: ``params`` is one tensor, or holds something that is no tensor.
        ValueError: no parameters, a parameter twice, or one that is no leaf.
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._step_pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._step_post_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._plans: dict[int, Any] = {}
        if type(params) in TENSOR_TYPES:
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + params.type()
            )
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(dict(group))

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
        self.__dict__.setdefault("_step_pre_hooks", OrderedDict())
        self.__dict__.setdefault("_step_post_hooks", OrderedDict())
        self._plans = {}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters with options of its own, for instance to train layers that were frozen.

        Raises:
            TypeError: the group is no dictionary, or a parameter is no tensor.
            ValueError: a parameter is no leaf, is twice in the group or is in another group, or a required option is
                missing.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        group = dict(param_group)
        params = group["params"]
        if type(params) in TENSOR_TYPES:
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        params = list(params)
        if params and all(isinstance(p, tuple) and len(p) == 2 for p in params):
            group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        group["params"] = params
        for p in params:
            if type(p) not in TENSOR_TYPES:
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {typename(p)}"
                )
            if not self.defaults.get("differentiable") and not (p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter {name}"
                )
            group.setdefault(name, default)
        if len(params) != len({id(p) for p in params}):
            raise ValueError("optimizer contains a parameter group with duplicate parameters")
        known = {id(p) for g in self.param_groups for p in g["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(group)

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
        """Update the parameters by their gradients.

        The update is recorded behind forward and backward, and all three run as one program.

        Args:
            closure: computes the loss anew and returns it.

        Returns:
            What the closure returned.
        """
        for hook in self._step_pre_hooks.values():
            hook(self, (closure,), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            if recorder.capture is not None:
                for p in group["params"]:
                    recorder.capture.grad_read(p)
            self._update_group(group, [p for p in group["params"] if p._grad is not None])
        if recorder.capture is None:
            flush()
        else:
            recorder.capture.guard(self._unchanged())
        for hook in self._step_post_hooks.values():
            hook(self, (closure,), {})
        return loss

    def _update_group(self, group: dict[str, Any], params: list[Any]) -> None:
        """Record the update of the group's parameters that have a gradient."""
        raise NotImplementedError(f"{type(self).__name__} must define step()")

    def _static_options(self, group: dict[str, Any]) -> tuple[Any, ...]:
        """The group's options that choose the program rather than being numbers in it."""
        return ()

    def _unchanged(self) -> Callable[[], bool]:
        """A test whether the state and the static options are still those of now."""
        state, now = self.state, [(g, len(g["params"]), self._static_options(g)) for g in self.param_groups]
        replaced = self.__dict__.get("step")  # by a schedule, which wants to know that there was a step

        def holds() -> bool:
            return (
                self.state is state
                and self.__dict__.get("step") is replaced
                and len(self.param_groups) == len(now)
                and all(len(g["params"]) == n and self._static_options(g) == options for g, n, options in now)
            )

        return holds

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step."""
        return HookHandle(self._step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return HookHandle(self._step_post_hooks, hook)

    def state_dict(self) -> dict[str, Any]:
        """State and options in torch's layout: parameters are numbered through the groups.

        Example::

            >>> import jaxlearn as torch
            >>> p = torch.nn.Parameter(torch.ones(2))
            >>> torch.optim.SGD([p], lr=0.1).state_dict()["param_groups"][0]["params"]
            [0]
        """
        number = {id(p): i for i, p in enumerate(chain.from_iterable(g["params"] for g in self.param_groups))}
        groups = [
            {**{k: v for k, v in g.items() if k != "params"}, "params": [number[id(p)] for p in g["params"]]}
            for g in self.param_groups
        ]
        state = {(number[id(p)] if id(p) in number else p): _unshared(s) for p, s in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options that :meth:`state_dict` gave, here or in PyTorch.

        Raises:
            ValueError: the number of groups or their sizes differ; nothing is changed then.
        """
        groups, saved = self.param_groups, state_dict["param_groups"]
        if len(groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(g["params"]) != len(s["params"]) for g, s in zip(groups, saved, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        by_number: dict[Hashable, Any] = dict(
            zip(
                chain.from_iterable(g["params"] for g in saved),
                chain.from_iterable(g["params"] for g in groups),
                strict=True,
            )
        )
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            p = by_number.get(key)
            if p is None:
                state[key] = value
            else:
                state[p] = {name: self._adopt(name, item, p) for name, item in value.items()}
        self.state = state
        self._plans = {}
        for group, other in zip(groups, saved, strict=True):
            # The same dictionaries: schedulers and compiled steps hold them.
            params = group["params"]
            group.clear()
            group.update({k: copy.copy(v) for k, v in other.items() if k != "params"}, params=params)

    def _adopt(self, name: str, item: Any, p: Any) -> Any:
        """A loaded state entry as this optimizer keeps it: a copy, of the parameter's dtype but for the step."""
        if type(item) not in TENSOR_TYPES:
            return copy.copy(item)
        item = item.detach().clone()
        return item if name == "step" or not p.is_floating_point() else item.to(p.dtype)


def _unshared(entry: dict[str, Any]) -> dict[str, Any]:
    """A parameter's state with a step count of its own: in torch each adds to its own."""
    step = entry.get("step")
    return dict(entry) if type(step) not in TENSOR_TYPES else {**entry, "step": step.clone()}  # type: ignore[union-attr]
