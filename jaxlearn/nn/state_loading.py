"""Loading a state dictionary into a module: all of it, or nothing."""

from __future__ import annotations

import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .._autograd.handles import RemovableHandle, add_hook
from .._autograd.modes import no_grad
from .._engine.value import concrete
from .._tensor.dispatch import wrap
from .._tensor.swapping import swap_tensors
from .._tensor.views import assign
from ..ops.conversion import convert
from .conversion_choices import get_swap_module_params_on_conversion
from .parameter import Parameter, is_lazy, is_tensor
from .state import EXTRA, UNREACHABLE

__all__ = ["StateLoading"]


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What ``load_state_dict`` did not find and what it did not need."""

    __slots__ = ()

    def __repr__(self) -> str:
        return (
            super().__repr__()
            if self.missing_keys or self.unexpected_keys
            else "<All keys matched successfully>"
        )

    __str__ = __repr__


_IncompatibleKeys.__name__ = "_IncompatibleKeys"


class StateLoading:
    """The loading of :class:`jaxlearn.nn.Module`."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _load_state_dict_pre_hooks: Any
    _load_state_dict_post_hooks: Any

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Copy parameters and buffers from a state dictionary.

        https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict

        Args:
            state_dict: tensors by dotted name.
            strict: whether its names must be exactly the module's.
            assign: take the tensors themselves instead of copying their values.

        Returns:
            The missing and the unexpected names, as ``missing_keys`` and ``unexpected_keys``.

        Raises:
            TypeError: ``state_dict`` is not a mapping.
            RuntimeError: names or shapes do not fit; all of them are listed, and the module is as it was.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        metadata = getattr(state_dict, "_metadata", None)
        contents: Any = OrderedDict(state_dict)
        if metadata is not None:
            contents._metadata = metadata

        def load(module: Any, local: Any, prefix: str) -> None:
            local_metadata = {} if metadata is None else dict(metadata.get(prefix[:-1], {}))
            if assign:
                local_metadata["assign_to_params_buffers"] = assign
            module._load_from_state_dict(local, prefix, local_metadata, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    below = prefix + name + "."
                    load(child, {k: v for k, v in local.items() if k.startswith(below)}, below)
            incompatible = _IncompatibleKeys(missing, unexpected)
            for hook in module._load_state_dict_post_hooks.values():
                if hook(module, incompatible) is not None:
                    raise AssertionError(
                        "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                        "values, if incompatible_keys need to be modified, it should be done inplace."
                    )

        before = _Snapshot(self)
        try:
            load(self, contents, "")
            if strict:
                if unexpected:
                    errors.insert(0, f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
                if missing:
                    errors.insert(0, f"Missing key(s) in state_dict: {_quoted(missing)}. ")
            if errors:
                listed = "\n\t".join(errors)
                raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        except BaseException:
            before.restore()
            raise
        return _IncompatibleKeys(missing, unexpected)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load this module's own parameters and buffers; what does not fit is added to the three lists."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        persistent = {k: v for k, v in self._buffers.items() if k not in self._non_persistent_buffers_set}
        local_state = {k: v for k, v in {**self._parameters, **persistent}.items() if v is not None}
        take = local_metadata.get("assign_to_params_buffers", False)
        for name, held in local_state.items():
            key = prefix + name
            if key not in state_dict:
                if strict:
                    missing_keys.append(key)
                continue
            source = state_dict[key]
            if not is_tensor(source):
                error_msgs.append(
                    f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                    f"checkpoint but received {type(source)}"
                )
                continue
            if is_lazy(held) and is_lazy(source):
                continue
            if held.dim() == 0 and source.dim() == 1 and len(source) == 1:
                source = source[0]  # how torch 0.3 wrote scalars
            if source.shape != held.shape:
                error_msgs.append(
                    f"size mismatch for {key}: copying a param with shape {source.shape} from checkpoint, the shape in "
                    f"current model is {held.shape}."
                )
                continue
            try:
                if take:
                    self.__take(name, held, source)
                elif held.is_meta:
                    warnings.warn(
                        f"for {key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the "
                        "current model, which is a no-op. (Did you mean to pass `assign=True` to assign items in the "
                        "state dictionary to their corresponding key in the module instead of copying them in place?)",
                        stacklevel=2,
                    )
                else:
                    _copy(held, source)
            except Exception as error:
                error_msgs.append(
                    f'While copying the parameter named "{key}", whose dimensions in the model are {held.size()} and '
                    f"whose dimensions in the checkpoint are {source.size()}, an exception occurred : {error.args}."
                )
        extra = prefix + EXTRA
        if type(self).set_extra_state is not StateLoading.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra:
                    name, dot, _ = key[len(prefix) :].partition(".")
                    if name not in (self._modules if dot else local_state):
                        unexpected_keys.append(key)

    def __take(self, name: str, held: Any, source: Any) -> None:
        if isinstance(held, Parameter):
            if not isinstance(source, Parameter):
                source = Parameter(source, requires_grad=held.requires_grad)
            elif source.requires_grad != held.requires_grad:
                source.requires_grad_(held.requires_grad)
        if get_swap_module_params_on_conversion():
            swap_tensors(held, source)
        else:
            setattr(self, name, source)

    def set_extra_state(self, state: Any) -> None:
        """Take in what :meth:`get_extra_state` returned; to be overridden together with it."""
        raise RuntimeError(UNREACHABLE.format("set_extra_state"))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)``
        before this module's own state is loaded.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., None], with_module: bool = False
    ) -> RemovableHandle:
        """As :meth:`register_load_state_dict_pre_hook`, the module as first argument only ``with_module``."""
        return add_hook(self._load_state_dict_pre_hooks, _BoundHook(hook, self) if with_module else hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after this module and those in it are loaded."""
        return add_hook(self._load_state_dict_post_hooks, hook)


class _BoundHook:
    """A hook with the module as its first argument; a copy of the module has a copy bound to it."""

    def __init__(self, hook: Callable[..., None], module: Any) -> None:
        self.hook = hook
        self.module = module

    def __call__(self, *args: Any) -> None:
        self.hook(self.module, *args)


class _Snapshot:
    """What a module holds: its tables and the tensors' values; cheap, as values never change."""

    def __init__(self, module: Any) -> None:
        self.tables: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.values: list[tuple[Any, Any, int]] = []
        self.lazy: list[tuple[Any, type]] = []
        for part in module.modules():
            for table in (part._parameters, part._buffers):
                self.tables.append((table, dict(table)))
                for t in table.values():
                    if is_lazy(t):
                        self.lazy.append((t, type(t)))
                    elif t is not None:
                        self.values.append((t._cell, t._cell.value, t._cell.version))

    def restore(self) -> None:
        """Put everything back."""
        for table, contents in self.tables:
            table.clear()
            table.update(contents)
        for tensor, kind in self.lazy:
            if type(tensor) is not kind:
                kind.dematerialize(tensor, kind)  # type: ignore[attr-defined]
        for cell, value, version in self.values:
            if cell.version != version:
                cell.value, cell.version = value, version


def _copy(target: Any, source: Any) -> None:
    """Write the values of ``source`` into ``target``, in its dtype and on its device."""
    with no_grad():
        if source.device != target.device:
            source = source.to(target.device)
        if source.dtype != target.dtype:
            source = convert(source.detach(), target.dtype)
        value = source._current()
        if type(value.array) is np.ndarray:
            # The array may be the user's own, whose later changes are not the module's.
            value = concrete(value.array.copy(), value.aval)
        assign(target, wrap(value))


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
