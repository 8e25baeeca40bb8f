"""Module: the base class of all layers and models."""

from __future__ import annotations

import types
from typing import Any

from flax import nnx
from flax.nnx import graphlib
from flax.nnx.module import ModuleMeta
from flax.nnx.pytreelib import Pytree

from .._engine.recorder import changes, recorder, unusual
from .._tensor.compile import compile_function
from .._tensor.compile_options import check_options
from .._tensor.typename import typename
from .conversion import Conversion
from .graph import NNX_METHODS, GraphNode, make_registries
from .hook_registration import HookRegistration
from .hooks import ALL_MODULES, call_with_hooks
from .parameter import Buffer, Parameter, UninitializedBuffer, is_tensor, type_name
from .registration_hooks import BUFFERS, MODULES, PARAMETERS, registered
from .state import StateSaving
from .state_loading import StateLoading
from .traversal import Traversal
from .variable import set_trace_state

__all__ = ["Module"]


class _ModuleMeta(ModuleMeta):
    """NNX's metaclass with Python's own instance creation and ``isinstance``, which are many times faster."""

    __call__ = type.__call__
    __instancecheck__ = type.__instancecheck__
    __subclasscheck__ = type.__subclasscheck__


class Module(  # type: ignore[misc]
    GraphNode,
    StateSaving,
    StateLoading,
    Conversion,
    HookRegistration,
    nnx.Module,
    metaclass=_ModuleMeta,
    pytree=False,
):
    """The base class of all neural network modules; it is a ``flax.nnx.Module`` as well.

    Parameters, buffers and modules assigned to attributes are registered under the attributes' names.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> class Net(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.hidden = nn.Linear(4, 8)
        ...         self.out = nn.Linear(8, 2)
        ...
        ...     def forward(self, x):
        ...         return self.out(self.hidden(x).relu())
        >>> net = Net()
        >>> net(torch.ones(3, 4)).shape
        torch.Size([3, 2])
        >>> [name for name, _ in net.named_parameters()]
        ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
        >>> net
        Net(
          (hidden): Linear(in_features=4, out_features=8, bias=True)
          (out): Linear(in_features=8, out_features=2, bias=True)
        )
    """

    # Whether __init__ also calls the next class's, for classes that inherit from others as well.
    call_super_init: bool = False
    dump_patches: bool = False
    _compiled_call_impl: Any = None  # of a module on which compile() was called

    def __init_subclass__(cls, *, pytree: bool = False, **kwargs: Any) -> None:
        # Instead of nnx.Pytree's, which evaluates the annotations of every class.
        super(Pytree, cls).__init_subclass__(**kwargs)
        cls._pytree__is_pytree = pytree
        graphlib.register_graph_node_type(
            type=cls,
            flatten=cls._graph_node_flatten,
            set_key=cls._graph_node_set_key,
            pop_key=cls._graph_node_pop_key,
            create_empty=cls._graph_node_create_empty,
            clear=cls._graph_node_clear,
            init=cls._graph_node_init,
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        make_registries(self)
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # -- calling ------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if unusual and recorder.capture is not None:
            recorder.capture.called(self)
        elif self._compiled_call_impl is not None:
            return self._compiled_call_impl(*args, **kwargs)
        if (
            self._backward_hooks
            or self._backward_pre_hooks
            or self._forward_hooks
            or self._forward_pre_hooks
            or ALL_MODULES
        ):
            return call_with_hooks(self, args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        """The call of a module that is not compiled."""
        if recorder.capture is not None:
            recorder.capture.called(self)
        return call_with_hooks(self, args, kwargs)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Make one program of this module's calls from now on; see :func:`jaxlearn.compile`.

        Args:
            args, kwargs: the options of :func:`jaxlearn.compile`.
        """
        check_options(**{k: v for k, v in kwargs.items() if k in ("backend", "mode", "options")})
        if not kwargs.get("disable"):
            self.__dict__["_compiled_call_impl"] = compile_function(self._call_impl, type(self).__name__)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation of the module; every subclass defines it."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # -- attributes ---------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Written out, not a loop: every layer's forward comes through here.
        own = self.__dict__
        table = own.get("_parameters")
        if table is not None and name in table:
            return table[name]
        table = own.get("_modules")
        if table is not None and name in table:
            return table[name]
        table = own.get("_buffers")
        if table is not None and name in table:
            return table[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        changes.modules += 1
        own = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in own:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self.__forget(name, "_parameters")
            self.register_parameter(name, value)
            return
        parameters = own.get("_parameters")
        if parameters is not None and name in parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type_name(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
            return
        if isinstance(value, Module):
            if "_modules" not in own:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self.__forget(name, "_modules")
            own["_modules"][name] = registered(MODULES, self, name, value) if MODULES else value
            return
        if name in own.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type_name(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            own["_modules"][name] = registered(MODULES, self, name, value) if MODULES else value
            return
        buffers = own.get("_buffers")
        if isinstance(value, (Buffer, UninitializedBuffer)) and value._origin is None:
            if buffers is None:
                raise AttributeError("cannot assign buffer before Module.__init__() call")
            if name not in buffers:
                self.__forget(name, "_buffers")
                self.register_buffer(name, value, value.persistent)
                return
        if buffers is not None and name in buffers:
            if value is not None and not is_tensor(value):
                raise TypeError(
                    f"cannot assign '{type_name(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None "
                    "expected)"
                )
            buffers[name] = registered(BUFFERS, self, name, value) if BUFFERS else value
            return
        object.__setattr__(self, name, value)

    def __forget(self, name: str, registry: str) -> None:
        """Take the name away from wherever else it is, before it is put into the registry."""
        own = self.__dict__
        own.pop(name, None)
        for other in ("_parameters", "_buffers", "_modules"):
            if other != registry:
                own[other].pop(name, None)
        own["_non_persistent_buffers_set"].discard(name)

    def __delattr__(self, name: str) -> None:
        changes.modules += 1
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._buffers, *self._modules}
        return sorted(name for name in names if not name[0].isdigit())

    # -- registration -------------------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None for one that this configuration does not have.

        Raises:
            TypeError: the name is no string, or ``param`` is no Parameter.
            KeyError: the name is taken, empty or has a dot.
            ValueError: ``param`` is the result of a computation.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self.__check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param._grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        changes.modules += 1
        if PARAMETERS and param is not None:
            param = registered(PARAMETERS, self, name, param)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a tensor that is part of the module's state but not trained, such as a running mean.

        Args:
            name: the attribute's name.
            tensor: any tensor, or None.
            persistent: whether the ``state_dict`` has it.

        Raises:
            TypeError: the name is no string, or ``tensor`` is no tensor.
            KeyError: the name is taken, empty or has a dot.
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self.__check_name("buffer", name, self._buffers)
        if tensor is not None and not is_tensor(tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        changes.modules += 1
        if tensor is not None:
            set_trace_state(tensor)
        self._buffers[name] = registered(BUFFERS, self, name, tensor) if BUFFERS else tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under a name.

        Raises:
            TypeError: the name is no string, or ``module`` is no Module.
            KeyError: the name is taken, empty or has a dot.
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {type_name(name)}")
        if hasattr(self, name) and name not in NNX_METHODS and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        changes.modules += 1
        self._modules[name] = registered(MODULES, self, name, module) if MODULES else module

    def register_module(self, name: str, module: Module | None) -> None:
        """As :meth:`add_module`."""
        self.add_module(name, module)

    def __check_name(self, kind: str, name: Any, registry: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type_name(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in registry and name not in NNX_METHODS and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    # -- copies and text ----------------------------------------------------------------------------------------

    # Python's own way, as for any object, rather than NNX's through a graph.
    __deepcopy__ = None  # type: ignore[assignment]
    __hash__ = object.__hash__

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_compiled_call_impl"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = self.__dict__
        make_registries(self)
        own.update(state)

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What ``repr`` shows of the module itself; for subclasses to define."""
        return ""

    def __repr__(self) -> str:
        own = self.extra_repr()
        lines = own.split("\n") if own else []
        for name, module in self._modules.items():
            lines.append(f"({name}): " + repr(module).replace("\n", "\n  "))
        if own and "\n" not in own and len(lines) == 1:
            return f"{self._get_name()}({own})"
        body = "\n  ".join(lines)
        return f"{self._get_name()}(\n  {body}\n)" if lines else f"{self._get_name()}()"

    def __str__(self) -> str:
        return repr(self)  # a subclass's own; nnx's Representable has another


# Its methods are Module's for whoever reads a message or prints one of them, whichever file they stand in.
for _part in (GraphNode, StateSaving, StateLoading, Conversion, Traversal, HookRegistration):
    for _name, _value in vars(_part).items():
        if isinstance(_value, types.FunctionType):
            _value.__qualname__ = f"Module.{_name}"
