"""What an operation is: a pure function on jax arrays and what the library must know of it.

Every operation of the library is defined once, by decorating such a function with :func:`op`. The function has
torch's argument names and semantics and raises torch's errors; because shapes and dtypes are known while it is
traced, its checks run when the operation is recorded, at the user's line. The decorated function is the public one,
and a method where a class lists it: called with Tensors it records (see :mod:`jaxlearn._tensor.dispatch`), called
with jax arrays it computes at once. Its properties are in its attribute ``op``.
"""

from __future__ import annotations

import functools
import inspect
import types
import warnings
from collections.abc import Callable, Collection, Sequence
from typing import Any

from .._dtype_promotion import on_default_change

__all__ = [
    "ARGUMENT_ERRORS",
    "Again",
    "Op",
    "Operand",
    "ViewFunction",
    "explained",
    "makes_views",
    "op",
    "with_out",
]

# What a call may fail with because of its arguments: then torch's own words about them are looked for.
ARGUMENT_ERRORS = (AttributeError, IndexError, MemoryError, RuntimeError, TypeError, ValueError)
# A tensor, or a number in its place: the annotation of a first operand that need not be a tensor.
Operand = Any
# Above this many elements a compiled program is worth its call; below, NumPy has finished before.
HOST_ELEMENTS = 65536


class Again(TypeError):
    """An argument has a ``__torch_function__``, which was not known: the call is to be made again.

    Args:
        function: what is to be called.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__("an argument overrides the function")
        self.function = function


class Op:
    """A pure function on jax arrays together with its properties; see :func:`op`."""

    instances: list[Op] = []  # noqa: RUF012
    # Installed by jaxlearn._tensor.dispatch, which knows Tensors; this package knows arrays only.
    dispatch: Callable[..., Any]
    call_on_host: Callable[[Op, tuple[Any, ...], dict[str, Any]], Any]
    refuse_out: Callable[[str, tuple[Any, ...], dict[str, Any]], None]
    write_out: Callable[..., Any]
    # By jaxlearn._tensor.call_errors, which knows torch's signatures.
    explain: Callable[..., Exception | None]
    warned_of_older = False  # torch warns once

    def __init__(
        self,
        fn: Callable[..., Any],
        *,
        name: str | None = None,
        numbers: Sequence[str] = (),
        differentiable: bool = True,
        view: bool = False,
        undefined: Callable[..., Sequence[str]] | None = None,
        grad_name: str | Callable[..., str] | None = None,
        saves: Sequence[str] | Callable[..., Sequence[str]] = (),
        keeps: Sequence[str] | Callable[..., Sequence[str]] = (),
        selects: Sequence[str] = (),
        fused: bool = False,
        host: Callable[..., Any] | None = None,
        host_limit: int = HOST_ELEMENTS,
        direct: Callable[[Sequence[Any], Sequence[Any]], Callable[..., Any] | None] | None = None,
        variadic: str | None = None,
        alone: bool = False,
        older: Sequence[str] = (),
        refuses: bool = False,
        arrival: Callable[[Sequence[Any]], Sequence[int]] | None = None,
    ) -> None:
        self.fn = fn
        self.name = name or fn.__name__
        self.parameters, self.defaults, self.keyword_only = parameters_of(fn)
        self.index = {p: i for i, p in enumerate(self.parameters)}
        self.required = max(
            (i + 1 for i, d in enumerate(self.defaults) if d is inspect.Parameter.empty), default=0
        )
        self.positional = len(self.parameters) - self.keyword_only
        self.numbers = frozenset(self.index[n] for n in numbers)
        self.second_is_number = 1 in self.numbers
        self.differentiable = differentiable
        self.undefined = undefined
        self.refuses = refuses
        self.arrival = arrival
        self.view = view
        self.saves = saves if callable(saves) else tuple(saves)
        self.keeps = keeps if callable(keeps) else tuple(keeps)
        self.selects = tuple(selects)
        self.fused = fused
        self.host = host
        taken = set() if host is None else set(parameters_of(host)[0]) - set(self.parameters)
        self.host_takes_dtype = "dtype" in taken
        self.host_takes_shape = "shape" in taken
        self.host_limit = host_limit
        self.direct = direct
        self.at_once = host is not None or direct is not None
        self.alone = alone
        self.older = [order.split() for order in older]
        self.variadic = None if variadic is None else self.index[variadic]
        self.grad_name = grad_name or camel(self.name) + "Backward0"
        self.signatures: dict[Any, Any] = {}  # filled by the engine: argument types -> Signature
        self.known: dict[Any, Any] = {}  # and the same for calls on the host
        Op.instances.append(self)

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def _reordered(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call in an order of old, with the numbers ahead of the tensors that they multiply."""
        names = self.parameters[: self.positional]
        for order in self.older:
            given = dict(zip(order, args, strict=False))
            scalars = {name: value for name, value in given.items() if name not in names}
            if len(order) == len(args) and all(getattr(x, "shape", ()) == () for x in scalars.values()):
                if not Op.warned_of_older:
                    Op.warned_of_older = True
                    kinds = [f"{'Tensor' if name in names else 'Number'} {name}" for name in order[1:]]
                    tensors = ", ".join(f"Tensor {name}" for name in names[1:])
                    options = ", ".join(f"Number {name} = 1" for name in scalars)
                    warnings.warn(
                        f"This overload of {self.name} is deprecated:\n\t{self.name}({', '.join(kinds)})\n"
                        "Consider using one of the following signatures instead:\n"
                        f"\t{self.name}({tensors}, *, {options})",
                        stacklevel=4,
                    )
                return tuple([given[name] for name in names]), {**scalars, **kwargs}
        raise TypeError(
            f"{self.name}() takes {self.positional} positional arguments but {len(args)} were given"
        )

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Arguments in the order of the parameters, defaults filled in.

        Raises:
            TypeError: an argument is missing, unknown, given twice, or there are too many.
        """
        v = self.variadic
        if v is not None and len(args) > v and not isinstance(args[v], (tuple, list)):
            # x.view(2, 3) and x.view((2, 3)) are the same call
            args = (*args[:v], args[v:])
        if len(args) > self.positional:
            args, kwargs = self._reordered(args, kwargs)
        n = len(args)
        bound = list(args)
        bound.extend(self.defaults[n:])
        for key, value in kwargs.items():
            i = self.index.get(ALIASES.get(key, key)) if key not in self.index else self.index[key]
            if i is None:
                raise TypeError(f"{self.name}() got an unexpected keyword argument '{key}'")
            if i < n:
                raise TypeError(f"{self.name}() got multiple values for argument '{key}'")
            bound[i] = value
        for name, value in zip(self.parameters, bound, strict=True):
            if value is inspect.Parameter.empty:
                raise TypeError(f'{self.name}() missing 1 required positional arguments: "{name}"')
        return tuple(bound)


def _forget_signatures() -> None:
    """Results' types may depend on the default dtype."""
    for instance in Op.instances:
        instance.signatures.clear()
        instance.known.clear()


on_default_change.append(_forget_signatures)

# NumPy's spelling, which torch accepts everywhere.
ALIASES = {
    "axis": "dim", "axes": "dim", "axis0": "dim0", "axis1": "dim1", "keepdims": "keepdim", "x": "input", "x1": "input",
    "x2": "other", "self": "input", "input": "A", "split_size": "split_size_or_sections",
    "tensor_indices_or_sections": "indices_or_sections", "sections": "indices_or_sections",
    "indices": "indices_or_sections",
}  # fmt: skip


def parameters_of(fn: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[Any, ...], int]:
    """The names of a function's parameters, their defaults, and how many can be given by keyword only."""
    if type(fn) is not types.FunctionType or "__wrapped__" in fn.__dict__ or fn.__code__.co_flags & _STARRED:
        found = inspect.signature(fn).parameters.values()
        keyword_only = sum(p.kind is p.KEYWORD_ONLY for p in found)
        return tuple([p.name for p in found]), tuple([p.default for p in found]), keyword_only
    # of a plain function the same, in a tenth of the time: the import has nearly a thousand of them
    code, empty = fn.__code__, inspect.Parameter.empty
    first, more = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames[: first + more]
    given, by_keyword = fn.__defaults__ or (), fn.__kwdefaults__ or {}
    defaults = (empty,) * (first - len(given)) + given
    return names, (*defaults, *[by_keyword.get(name, empty) for name in names[first:]]), more


_STARRED = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def camel(name: str) -> str:
    """``log_softmax`` -> ``LogSoftmax``, as in torch's ``grad_fn`` names."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def op(fn: Callable[..., Any] | None = None, /, **properties: Any) -> Any:
    """Make an operation of a pure function on jax arrays.

    Args:
        fn: the function; its parameters have torch's names, its gradient is ``jax.vjp`` of it.
        name: torch's name, where Python forbids it as a function's name.
        numbers: parameters whose Python numbers may become operands of a compiled program when they change
            from call to call (``x + c``, ``x[i]``); any other plain argument is part of the program.
        differentiable: False for results that carry no gradient (comparisons, argmax).
        view: True if torch returns an alias of the first argument's memory; such an operation has ``host``.
        undefined: tells of the bound arguments (arrays replaced by their avals) for which parameters torch's formula
            has no gradient, although the result requires grad: their ``.grad`` stays None.
        refuses: True if differentiating may raise, as torch has no formula for some operand: ``backward()`` traces such
            an operation's gradient when it records it, so that the error comes at its line.
        arrival: gives, of the operands' types, their numbers in the order in which torch's gradients reach leaves among
            them (their hooks run in this order), where that is not the parameters' order.
        grad_name: what ``grad_fn`` prints, where it is not ``<CamelName>Backward0``; a string, or a function
            of the bound arguments (arrays replaced by their avals).
        saves: the parameters whose values torch needs for backward, and ``"result"`` where it needs that; of several
            ``"result1"`` is the second. Overwriting one of them in place is reported as torch reports it. A
            function of the bound arguments where it depends on them.
        keeps: the parameters that torch keeps too, although its formula looks at no more than their shapes; a mask or
            indices whether or not a gradient depends on them. Or a function as for ``saves``.
        selects: the parameters that the gradient looks at only to choose (where the maximum is): torch keeps the
            choice, and the gradient has no history by them.
        fused: True if torch computes the gradients of all operands by one function: each has a history by whatever one
            of them depends on.
        host: the same function in NumPy, used at once for arrays that are still on the host; the checks have run
            already. Its parameters ``dtype`` and ``shape``, if the operation itself has none, are given the result's.
            An attribute ``direct``, a function of the operands' dtypes (their types for numbers) and the result's, may
            give a shorter form for these, or None. A result of None leaves the call to the compiled program.
        host_limit: the largest result, in elements, that ``host`` computes; views have none.
        direct: gives a shorter form of ``host`` for arguments of known types, None where there is none: a function of
            the arguments (types in place of tensors and numbers) and the results' types. The form takes the
            tensors' arrays followed by the numbers.
        variadic: the parameter that may also be given as several positional arguments.
        alone: True if ``out=`` must not be one of the arguments; where it is False, only a part of one is refused.
        older: other orders of the arguments that torch took before 2020 and still takes, with keyword-only numbers
            among them, as in ``x.add_(-lr, grad)``: ``"input alpha other"``.

    Returns:
        The public function.

    Example::

        >>> from jaxlearn.ops.op import op
        >>> import jax.numpy as jnp
        >>> @op
        ... def cube(input):
        ...     return input**3
        >>> cube(jnp.arange(3))
        Array([0, 1, 8], dtype=int32)
        >>> cube.op
        <op cube>
    """
    if fn is None:
        return lambda f: op(f, **properties)
    definition = Op(fn, **properties)

    if definition.at_once:

        @functools.wraps(fn)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return Op.call_on_host(definition, args, kwargs)
            except ARGUMENT_ERRORS:
                better = Op.explain(definition.name, args, kwargs, False, call, call)
                if better is None:
                    raise
                if type(better) is Again:
                    return better.function(*args, **kwargs)
                raise better from None

    else:

        @functools.wraps(fn)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return Op.dispatch(definition, args, kwargs)
            except ARGUMENT_ERRORS:
                better = Op.explain(definition.name, args, kwargs, False, call, call)
                if better is None:
                    raise
                if type(better) is Again:
                    return better.function(*args, **kwargs)
                raise better from None

    call.op = definition  # type: ignore[attr-defined]
    return call


class ViewFunction:
    """A function made of view operations; see :func:`makes_views`."""

    # Installed by jaxlearn._tensor.host_calls.
    recall: Callable[[ViewFunction, tuple[Any, ...], dict[str, Any]], Any]

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.fn = fn
        self.known: dict[Any, Any] = {}  # what was done for arguments of a kind


def function_parameters(function: Callable[..., Any]) -> Collection[str]:
    """The names of a function's parameters; none for `nn`, whose functions have no second names in torch."""
    return () if ".nn." in function.__module__ else inspect.signature(function).parameters


def with_torchs_names(parameters: Collection[str], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """Keyword arguments with torch's names in place of NumPy's; None if none of them has another."""
    if not any(key not in parameters and ALIASES.get(key) in parameters for key in kwargs):
        return None
    return {key if key in parameters else ALIASES.get(key, key): value for key, value in kwargs.items()}


def makes_views(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function remember what it does to small tensors on the host.

    Args:
        fn: a function of a tensor and integers, or tuples of them, that gives views of the tensor, one or several.
            Which ones follows from the tensor's type (shape and strides among it) and the integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.chunk(torch.arange(4), 2)
        (tensor([0, 1]), tensor([2, 3]))
    """
    function = ViewFunction(fn)
    parameters = function_parameters(fn)

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return ViewFunction.recall(function, args, kwargs)
        except ARGUMENT_ERRORS:
            renamed = with_torchs_names(parameters, kwargs)
            if renamed is not None:
                return call(*args, **renamed)
            better = Op.explain(fn.__name__, args, kwargs, False, None, call)
            if better is None:
                raise
            if type(better) is Again:
                return better.function(*args, **kwargs)
            raise better from None

    return call


def explained(
    function: Callable[..., Any] | None = None, /, *, name: str | None = None, method: bool = False
) -> Any:
    """Let a function that is made of operations say what torch says where its arguments do not fit.

    Args:
        function: the function.
        name: the name that torch prints, if it is another.
        method: whether it is a tensor's method and nothing else.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ones(2).chunk(1.5)
        Traceback (most recent call last):
        TypeError: chunk(): argument 'chunks' (position 1) must be int, not float
    """
    if function is None:
        return lambda f: explained(f, name=name, method=method)
    shown = name or function.__name__
    parameters = function_parameters(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except ARGUMENT_ERRORS:
            renamed = with_torchs_names(parameters, kwargs)
            if renamed is not None:
                return call(*args, **renamed)
            better = Op.explain(shown, args, kwargs, method, None, call)
            if better is None:
                raise
            if type(better) is Again:
                return better.function(*args, **kwargs)
            raise better from None

    return call


def with_out(function: Callable[..., Any] | None = None, /, *, alone: bool = False) -> Any:
    """Let a function that is made of operations take ``out=``, a tensor to write the result into.

    Args:
        function: the function.
        alone: as for :func:`op`.

    Example::

        >>> import jaxlearn as torch
        >>> out = torch.zeros(2)
        >>> torch.hstack([torch.ones(1), torch.ones(1)], out=out) is out
        True
    """
    if function is None:
        return lambda f: with_out(f, alone=alone)
    parameters = function_parameters(function)

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        try:
            if out is not None:
                Op.refuse_out(function.__name__, args, {**kwargs, "out": out})
            result = function(*args, **kwargs)
            return result if out is None else Op.write_out(out, result, function.__name__, args, alone)
        except ARGUMENT_ERRORS:
            renamed = with_torchs_names(parameters, kwargs)
            if renamed is not None:
                return call(*args, out=out, **renamed)
            given = kwargs if out is None else {**kwargs, "out": out}
            better = Op.explain(function.__name__, args, given, False, None, call)
            if better is None:
                raise
            if type(better) is Again:
                return better.function(*args, **given)
            raise better from None

    return call
