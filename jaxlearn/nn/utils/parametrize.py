"""Parameters as functions of other parameters; names as in ``torch.nn.utils.parametrize``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from ..._autograd.modes import no_grad
from ..module import Module
from ..modules.container import ModuleDict, ModuleList
from ..parameter import Parameter, is_tensor

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


class _Cache:
    """What parametrized tensors are while :func:`cached` is in force."""

    def __init__(self) -> None:
        self.depth = 0
        self.values: dict[tuple[int, str], Any] = {}


_cache = _Cache()


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """A context in which each parametrized tensor is computed once, however often it is used.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.cached.html

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.utils import parametrize
        >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2))
        >>> with parametrize.cached():
        ...     layer.weight is layer.weight
        True
    """
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.values = {}


def _register(module: Module, name: str, tensor: Any) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _set(tensor: Any, value: Any) -> None:
    """Give a tensor another storage; what shared the old one keeps it."""
    with no_grad():
        tensor.set_(value.detach())


def _inverted(modules: Any, value: Any, required: bool = False) -> Any:
    """The value taken back through the parametrizations, the last one first."""
    for module in reversed(list(modules)):
        if hasattr(module, "right_inverse"):
            try:
                value = module.right_inverse(value)
            except NotImplementedError:
                if required:
                    raise
        elif required:
            raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
    return value


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor and the tensor, or the several ones, that it is computed from.

    They are ``original``, or ``original0``, ``original1``, ... where the ``right_inverse`` of the first parametrization
    gives several. :func:`register_parametrization` makes it.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.ParametrizationList.html

    Args:
        modules: the parametrizations, at least one.
        original: the tensor so far.
        unsafe: whether shape and dtype may change, and nothing is checked.

    Raises:
        ValueError: there is no parametrization, or shape, dtype or device change where they must not.
    """

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new = _inverted(self, original)
        if not is_tensor(new) and not isinstance(new, Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
                f"{type(new).__name__}"
            )
        self.is_tensor = is_tensor(new)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            for what in ("dtype", "device"):
                if getattr(original, what) != getattr(new, what):
                    raise ValueError(
                        f"When `right_inverse` outputs one tensor, it may not change the {what}.\n"
                        f"original.{what}: {getattr(original, what)}\n"
                        f"right_inverse(original).{what}: {getattr(new, what)}"
                    )
            _set(original, new)
            _register(self, "original", original)
        else:
            for i, part in enumerate(new):
                if not is_tensor(part):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element "
                        f"{i} of the sequence with type {type(part).__name__}."
                    )
                if isinstance(original, Parameter):
                    part = Parameter(part, original.requires_grad)
                part.requires_grad_(original.requires_grad)
                _register(self, f"original{i}", part)
        if not self.unsafe:
            self._check_result(shape, dtype)

    def _check_result(self, shape: Any, dtype: Any) -> None:
        result = self()
        if not is_tensor(result):
            raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
        for what, before, now in (("dtype", dtype, result.dtype), ("shape", shape, result.shape)):
            if before != now:
                raise ValueError(
                    f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag is "
                    f"enabled.\nunparametrized {what}: {before}\nparametrized {what}: {now}"
                )

    def right_inverse(self, value: Any) -> None:
        """Set the original tensors so that the parametrized one becomes ``value``, as far as it can.

        Args:
            value: a tensor.

        Raises:
            RuntimeError: a parametrization has no ``right_inverse``.
            ValueError: one returns something other than the original tensors' kind.
        """
        with no_grad():
            value = _inverted(self, value, required=True)
            if self.is_tensor:
                if not is_tensor(value):
                    raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
                if value.dtype != self.original.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has dtype "
                        f"{self.original.dtype}"
                    )
                _set(self.original, value)
                return
            if not isinstance(value, Sequence):
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors. Got {type(value).__name__}."
                )
            if len(value) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of "
                    f"length {len(value)}."
                )
            for i, part in enumerate(value):
                held = getattr(self, f"original{i}")
                if not is_tensor(part):
                    raise ValueError(
                        "'right_inverse' must return a sequence of tensors or reference-type opaques. Got element "
                        f"{i} of type {type(part).__name__}."
                    )
                if held.dtype != part.dtype:
                    raise ValueError(
                        f"Tensor {i} returned by `right_inverse` has dtype {part.dtype} while `original{i}` has dtype "
                        f"{held.dtype}"
                    )
                _set(held, part)

    def forward(self) -> Any:
        """The parametrized tensor."""
        given = (
            [self.original]
            if self.is_tensor
            else [getattr(self, f"original{i}") for i in range(self.ntensors)]
        )
        first, *others = list(self)
        result = first(*given)
        for parametrization in others:
            result = parametrization(result)
        return result


def _property(name: str) -> property:
    """The attribute of a module that is computed by its parametrizations."""

    def get(self: Any) -> Any:
        if not _cache.depth:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache.values:
            _cache.values[key] = self.parametrizations[name]()
        return _cache.values[key]

    def set_(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(get, set_)


def _refuse_pickling(self: Any) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). See:\n"
        "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
        "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
    )


def _copied(self: Any, memo: dict[int, Any]) -> Any:
    replica = object.__new__(type(self))
    memo[id(self)] = replica
    own = {name: value for name, value in self.__dict__.items() if name != "_compiled_call_impl"}
    replica.__dict__.update(deepcopy(own, memo))
    return replica


def _parametrized_class(base: type, names: Sequence[str]) -> type:
    """A subclass in which these names are computed. Copies of a module share it, so it is never changed."""
    own: dict[str, Any] = {name: _property(name) for name in names}
    own["__getstate__"] = _refuse_pickling
    own["__module__"] = __name__
    if getattr(base, "__deepcopy__", None) is None:
        own["__deepcopy__"] = _copied
    return type(base)(f"Parametrized{base.__name__}", (base,), own)


def _check_change(module: Module, name: str, parametrization: Any) -> None:
    """Refuse a further parametrization that changes the tensor's kind.

    Raises:
        ValueError: it does, or its inverse does.
    """
    before = getattr(module, name)
    after = parametrization(before)
    if not is_tensor(after):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for what in ("dtype", "shape"):
        if getattr(after, what) != getattr(before, what):
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless the `unsafe` flag is "
                f"enabled.\nmodule.{name}.{what}: {getattr(before, what)}\n"
                f"parametrization(module.{name}).{what}: {getattr(after, what)}"
            )
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    if not is_tensor(back):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(back).__name__}")
    for what in ("dtype", "shape"):
        if getattr(back, what) != getattr(before, what):
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} as module.{name}, "
                f"unless the `unsafe` flag is enabled.\nmodule.{name}.{what}: {getattr(before, what)}\n"
                f"returned {what}: {getattr(back, what)}"
            )


def register_parametrization(
    module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False
) -> Any:
    """Let a parameter or buffer be computed by a module from another tensor, which is trained in its stead.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html

    Args:
        module: whose tensor it is.
        tensor_name: the tensor's name; if it is parametrized already, the new parametrization comes after those.
        parametrization: its forward gives the tensor; ``right_inverse``, if it has one, the tensor (or the sequence of
            tensors) to start from, and makes assignments to the tensor possible.
        unsafe: whether shape and dtype may change; nothing is checked then.

    Returns:
        The module.

    Raises:
        ValueError: there is no such tensor, or shape or dtype change.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.utils import parametrize
        >>> class Symmetric(torch.nn.Module):
        ...     def forward(self, x):
        ...         return x.triu() + x.triu(1).T
        >>> layer = parametrize.register_parametrization(torch.nn.Linear(3, 3), "weight", Symmetric())
        >>> torch.equal(layer.weight, layer.weight.T), list(layer.state_dict())
        (True, ['bias', 'parametrizations.weight.original'])
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_change(module, tensor_name, parametrization)
        module.parametrizations[tensor_name].append(parametrization)
        module.parametrizations[tensor_name].unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        base = type_before_parametrizations(module)
        if not is_parametrized(module):
            module.parametrizations = ModuleDict()
        module.__class__ = _parametrized_class(base, [*module.parametrizations, tensor_name])
        module.parametrizations[tensor_name] = parametrizations
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrizations, or a tensor of it has.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.is_parametrized.html

    Args:
        module: the module.
        tensor_name: of the tensor; None for any.
    """
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Make a parametrized tensor an ordinary one again.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.remove_parametrizations.html

    Args:
        module: whose tensor it is.
        tensor_name: of the tensor.
        leave_parametrized: whether it keeps its present value; False for that of the original tensor.

    Returns:
        The module.

    Raises:
        ValueError: the tensor is not parametrized, or is to be given the value of several originals.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        tensor = parametrizations.original
        if leave_parametrized:
            with no_grad():
                value = getattr(module, tensor_name)
            _set(tensor, value)
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        tensor = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    base = type_before_parametrizations(module)
    del module.parametrizations[tensor_name]
    names = list(module.parametrizations)
    module.__class__ = _parametrized_class(base, names) if names else base
    _register(module, tensor_name, tensor)
    if not names:
        del module.parametrizations
    return module


def type_before_parametrizations(module: Any) -> type:
    """The class that a module had before parametrizations gave it another one.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.type_before_parametrizations.html

    Args:
        module: the module.
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Any, to_module: Any, tensor_name: str | None = None
) -> Any:
    """Parametrize a module as another one is, from the same original tensors.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.transfer_parametrizations_and_params.html

    Args:
        from_module: the one with parametrizations; nothing happens without.
        to_module: the other; a tensor that it lacks is made.
        tensor_name: of the tensor; None for all that are parametrized.

    Returns:
        ``to_module``.
    """
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            to_module.register_parameter(name, Parameter(getattr(from_module, name)))
        for parametrization in list(source):
            register_parametrization(to_module, name, parametrization)
        target = to_module.parametrizations[name]
        held = {**source._parameters, **source._buffers}
        for original, tensor in held.items():
            setattr(target, original, tensor)
    return to_module
