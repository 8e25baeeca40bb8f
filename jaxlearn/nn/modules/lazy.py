"""Modules that learn the sizes of their parameters from their first input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import is_lazy

if TYPE_CHECKING:
    from ..module import Module as _Base
else:
    # Mixed into a Module, it needs no base of its own; a type checker wants to see what it is mixed into.
    _Base = object

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin(_Base):
    """For a Module that has parameters of unknown shape until it is first called.

    The class that mixes it in has ``UninitializedParameter`` attributes and defines ``initialize_parameters``, which is
    given the arguments of the first call and makes parameters of them.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.lazy.LazyModuleMixin.html

    Args:
        args: of the next class's constructor.
        kwargs: the same by name.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.factor = nn.UninitializedParameter()
        ...
        ...     def initialize_parameters(self, x):
        ...         self.factor.materialize(x.shape[-1:])
        ...         nn.init.ones_(self.factor)
        ...
        ...     def forward(self, x):
        ...         return x * self.factor
        >>> Scale()(torch.ones(3)).detach()
        tensor([1., 1., 1.])
    """

    # The class of the module once its parameters are known; None for the same.
    cls_to_become: type | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(_materialize_from_state, with_module=True)
        self._initialize_hook = self.register_forward_pre_hook(_initialize, with_kwargs=True)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        kept = {k: v for k, v in self._buffers.items() if k not in self._non_persistent_buffers_set}
        for name, value in {**self._parameters, **kept}.items():
            if value is not None:
                destination[prefix + name] = value if keep_vars or is_lazy(value) else value.detach()

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give every parameter its shape and values; to be defined by the class.

        Args:
            args: of the module's first call.
            kwargs: the same by name.
        """
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer still has no shape."""
        return any(is_lazy(value) for value in (*self._parameters.values(), *self._buffers.values()))


def _materialize_from_state(module: Any, state_dict: Any, prefix: str, *rest: Any) -> None:
    """Take the shapes from a state dictionary."""
    for name, value in (*module._parameters.items(), *module._buffers.items()):
        given = state_dict.get(prefix + name)
        if is_lazy(value) and given is not None and not is_lazy(given):
            value.materialize(given.shape)


def _initialize(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Initialise the parameters before the first call, and become an ordinary module."""
    module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
    module._initialize_hook.remove()
    module._load_hook.remove()
    del module._initialize_hook, module._load_hook
    if module.cls_to_become is not None:
        module.__class__ = module.cls_to_become
