"""``compile``, of functions and of modules."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, overload

from .._tensor.compile import compile_function
from .._tensor.compile_options import check_options
from ..nn.module import Module

__all__ = ["OptimizedModule", "compile"]

F = TypeVar("F", bound=Callable[..., Any])


@overload
def compile(
    model: F,
    *,
    fullgraph: bool = ...,
    dynamic: bool | None = ...,
    backend: Any = ...,
    mode: str | None = ...,
    options: dict[str, Any] | None = ...,
    name: str | None = ...,
    disable: bool = ...,
    recompile_limit: int | None = ...,
    isolate_recompiles: bool = ...,
) -> F: ...
@overload
def compile(
    model: None = None,
    *,
    fullgraph: bool = ...,
    dynamic: bool | None = ...,
    backend: Any = ...,
    mode: str | None = ...,
    options: dict[str, Any] | None = ...,
    name: str | None = ...,
    disable: bool = ...,
    recompile_limit: int | None = ...,
    isolate_recompiles: bool = ...,
) -> Callable[[F], F]: ...
def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
) -> Any:
    """Make one program of a function: of a whole training step with ``backward()`` and ``optimizer.step()`` too.

    The function is recorded at the first call with arguments of new types: shapes, dtypes, ``requires_grad``, the
    structure of lists, dictionaries and other containers, and other arguments' values. Later calls replay the program
    without running its Python. The program follows what is around it: parameters, buffers, hyperparameters and the
    generator are read anew in each call, and the function is recorded again when a module's training mode, a tensor's
    ``requires_grad``, or which gradients exist is another than before. Another value of a Python number among the
    arguments is recorded, not compiled: numbers become operands of the program.

    A function whose results still need a backward outside, as of ``model = compile(model)``, is one operation of the
    program of the step around it; a loss returned after the backward has a history that is used up. What cannot be one
    operation (a hook or an ``autograd.Function`` inside, a backward through what was computed outside) is called.

    :func:`jaxlearn.stats` tells how often something was recorded and compiled, and why.

    https://docs.pytorch.org/docs/stable/generated/torch.compile.html

    Args:
        model: the function or module; left out where ``compile`` is a decorator with options.
        fullgraph: accepted; a function is always one program, and what it does not allow is always an error.
        dynamic: accepted; each shape has its program, numbers are operands.
        backend: the name of one of torch's; all are XLA here.
        mode: the name of one of torch's; without effect.
        options: those of torch's compiler by name; without effect.
        name: accepted.
        disable: give the function back as it is.
        recompile_limit, isolate_recompiles: accepted; programs are bounded in number all together.

    Returns:
        The compiled function; of a module an :class:`OptimizedModule` around it.

    Raises:
        HostRead: at a call, if the function asks for a value on the host (``item()``, ``if`` on a tensor) that depends
            on its arguments. One of tensors from outside alone is read, and compared before each call.
        SideEffect: at a call, if the function changes a Python object: appends to a list, sets an attribute.
        RuntimeError: there is no such mode, backend or option, or both a mode and options are given.
        AssertionError: ``model`` cannot be called, or ``dynamic`` is no truth value.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.SGD([w], lr=0.1)
        >>> @torch.compile
        ... def step(x):
        ...     optimizer.zero_grad()
        ...     loss = (w * x).sum()
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss.detach()
        >>> [round(step(torch.tensor([1.0])).item(), 4) for _ in range(3)]
        [1.0, 0.9, 0.8]
    """
    check_options(backend, mode, options)
    if not isinstance(dynamic, (bool, type(None))):
        raise AssertionError(f"Expected enable to be a bool, got {type(dynamic)}")
    if model is None:
        return functools.partial(compile, backend=backend, mode=mode, options=options, disable=disable)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable:
        return model
    if isinstance(model, OptimizedModule):
        model = model._orig_mod
    return OptimizedModule(model) if isinstance(model, Module) else compile_function(model)


class OptimizedModule(Module):
    """A module whose calls are compiled: what ``compile(module)`` gives.

    It shares everything with the module inside, ``_orig_mod``, whose parameters it names ``_orig_mod.…`` as torch does.

    Args:
        module: the module.
    """

    def __init__(self, module: Module) -> None:
        super().__init__()
        del self.__dict__["training"]
        self.__dict__["_modules"]["_orig_mod"] = module
        self.__dict__["_compiled"] = compile_function(module)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the module as one program."""
        return self.__dict__["_compiled"](*args, **kwargs)

    @property
    def training(self) -> bool:
        """The module's."""
        mode: bool = self._orig_mod.training
        return mode

    @training.setter
    def training(self, mode: bool) -> None:
        self._orig_mod.training = mode

    def __getattr__(self, name: str) -> Any:
        module = self.__dict__["_modules"]["_orig_mod"]
        return module if name == "_orig_mod" else getattr(module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training":
            object.__setattr__(self, name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_compiled"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__["_compiled"] = compile_function(self._orig_mod)
