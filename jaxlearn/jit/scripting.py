"""Functions and modules that TorchScript would compile: they stay Python, and what they record is compiled anyway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._warnings import warn
from ..futures import Future
from ..nn.module import Module

__all__ = [
    "Error",
    "ScriptFunction",
    "ScriptModule",
    "TracerWarning",
    "fork",
    "freeze",
    "load",
    "optimize_for_inference",
    "save",
    "script",
    "script_method",
    "trace",
    "trace_module",
    "wait",
]

_NO_FILES = (
    "there is no TorchScript here, whose programs such a file holds: torch.save(model.state_dict(), path) and "
    "model.load_state_dict(torch.load(path)) keep a model"
)


class Error(RuntimeError):
    """What TorchScript's interpreter raises."""


class TracerWarning(Warning):
    """What torch's tracer warns of."""

    @staticmethod
    def ignore_lib_warnings() -> None:
        """Nothing: there are no such warnings."""


class ScriptFunction:
    """What ``isinstance`` may ask for; no function is one, as none is scripted."""


class ScriptModule(Module):
    """A module whose methods are marked by :func:`script_method`; it is a module as any other.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.ScriptModule.html
    """


def _deprecated(name: str, instead: str = "Please switch to `torch.compile` or `torch.export`.") -> None:
    warn(f"`torch.jit.{name}` is deprecated. {instead}", DeprecationWarning)


def script(
    obj: Any,
    optimize: None = None,
    _frames_up: int = 0,
    _rcb: Any = None,
    example_inputs: Any = None,
) -> Any:
    """The function, class or module itself: it runs as Python, and what it records becomes one XLA program.

    TorchScript's results are those of the Python that it compiles. To run a step without its Python, see
    :func:`jaxlearn.compile`.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.script.html

    Args:
        obj: a function, class, module, dictionary or list.
        optimize: accepted, as torch does.
        _frames_up: accepted.
        _rcb: accepted.
        example_inputs: accepted; nothing has to be known about types.

    Example::

        >>> import jaxlearn as torch
        >>> @torch.jit.script
        ... def scaled(x, factor: float):
        ...     if x.sum() > 0:
        ...         x = x * factor
        ...     return x
        >>> scaled(torch.ones(2), 3.0)
        tensor([3., 3.])
    """
    _deprecated("script")
    return obj


def script_method(fn: Any) -> Any:
    """The method itself; see :func:`script`.

    Args:
        fn: the method.
    """
    _deprecated("script_method")
    return fn


def _call(function: Any, inputs: Any, keywords: Any) -> None:
    if inputs is None and not isinstance(keywords, dict):
        raise RuntimeError("example_kwarg_inputs should be a dict")
    positional = () if inputs is None else inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    function(*positional, **(keywords or {}))


def trace(
    func: Any,
    example_inputs: Any = None,
    optimize: None = None,
    check_trace: bool = True,
    check_inputs: Any = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_kwarg_inputs: Any = None,
    _store_inputs: bool = True,
) -> Any:
    """The function or module itself, called once with the example: so that it fails here if it fails with that.

    torch would keep the branches that the example took; here each call takes its own.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.trace.html

    Args:
        func: the function or module.
        example_inputs: an argument, or the tuple of them.
        optimize: accepted, as torch does.
        check_trace: accepted: there is nothing recorded that could differ.
        check_inputs: accepted.
        check_tolerance: accepted.
        strict: accepted.
        _force_outplace: accepted.
        _module_class: accepted.
        _compilation_unit: accepted.
        example_kwarg_inputs: keyword arguments.
        _store_inputs: accepted.

    Raises:
        RuntimeError: there is no example.

    Example::

        >>> import jaxlearn as torch
        >>> model = torch.jit.trace(torch.nn.ReLU(), torch.ones(2))
        >>> model(torch.tensor([-1.0, 1.0]))
        tensor([0., 1.])
    """
    _deprecated("trace")
    _call(func, example_inputs, example_kwarg_inputs)
    return func


def trace_module(mod: Any, inputs: dict[str, Any], *options: Any, **named_options: Any) -> Any:
    """The module itself, whose methods are called once with an example each; see :func:`trace`.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.trace_module.html

    Args:
        mod: the module.
        inputs: an example by the method's name.
        options: accepted, as by :func:`trace`.
        named_options: the same.
    """
    _deprecated("trace_module")
    if not isinstance(inputs, dict):
        raise AttributeError("expected a dictionary of (method_name, input) pairs")
    for name, example in inputs.items():
        _call(mod if name == "forward" else getattr(mod, name), example, None)
    return mod


def freeze(mod: Any, preserved_attrs: Sequence[str] | None = None, optimize_numerics: bool = True) -> Any:
    """The module itself, which is in evaluation mode.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.freeze.html

    Args:
        mod: the module.
        preserved_attrs: accepted: all attributes stay.
        optimize_numerics: accepted: XLA compiles what it records.

    Raises:
        RuntimeError: it is in training mode.
    """
    _deprecated("freeze", "Please use `torch.compile` instead.")
    if mod.training:
        raise RuntimeError(
            "Freezing is currently only implemented for modules in eval mode. Please call .eval() on your module "
            "before freezing."
        )
    return mod


def optimize_for_inference(mod: Any, other_methods: Sequence[str] | None = None) -> Any:
    """The module itself: XLA compiles what it records.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.optimize_for_inference.html

    Args:
        mod: the module.
        other_methods: accepted.
    """
    _deprecated("optimize_for_inference", "Please use `torch.compile` instead.")
    return mod


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
    """A function's result as a :class:`jaxlearn.futures.Future`; it runs at once, as in torch outside TorchScript.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.fork.html

    Args:
        func: the function.
        args: its arguments.
        kwargs: its keyword arguments.

    Example::

        >>> import jaxlearn as torch
        >>> torch.jit.wait(torch.jit.fork(lambda x: x + 1, 2))
        3
    """
    _deprecated("fork", "Please use `torch.compile` instead.")
    future: Future[Any] = Future()
    future.set_result(func(*args, **kwargs))
    return future


def wait(future: Any) -> Any:
    """The result of :func:`fork`.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.wait.html

    Args:
        future: the future.
    """
    _deprecated("wait", "Please use `torch.compile` instead.")
    return future.wait()


def save(m: Any, f: Any, _extra_files: Any = None) -> None:
    """Refused: a TorchScript file holds a program.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.save.html

    Args:
        m: the module.
        f: the file.
        _extra_files: texts to go with it.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(f"torch.jit.save: {_NO_FILES}")


def load(f: Any, map_location: Any = None, _extra_files: Any = None, _restore_shapes: bool = False) -> Any:
    """Refused: a TorchScript file holds a program.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.load.html

    Args:
        f: the file.
        map_location: where its tensors go.
        _extra_files: texts that come with it.
        _restore_shapes: of its program.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(f"torch.jit.load: {_NO_FILES}")
