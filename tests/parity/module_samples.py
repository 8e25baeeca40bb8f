"""Samples of torch's module database, carried over to jaxlearn: constructor arguments, inputs and state."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import jaxlearn

from .helper import array, torch


class Sample(NamedTuple):
    """One constructor call and one call of the module, as torch objects; or the constructor's arguments as text."""

    args: tuple[Any, ...] | str
    kwargs: dict[str, Any]
    inputs: tuple[Any, ...] | None
    named_inputs: dict[str, Any]
    training: bool
    # The module is converted to it, as torch's own tests do; None for as it is.
    dtype: Any = None


def samples(info: Any, dtype: Any) -> list[Sample]:
    """All samples of an entry of ``module_db``, those that differ in training mode after the others."""
    found = []
    for training in (False, True) if info.train_and_eval_differ else (True,):
        torch.manual_seed(0)
        for given in info.module_inputs_func(
            info, device="cpu", dtype=dtype, requires_grad=True, training=training
        ):
            forward = given.forward_input
            found.append(
                Sample(
                    given.constructor_input.args,
                    given.constructor_input.kwargs,
                    None if forward is None else forward.args,
                    {} if forward is None else forward.kwargs,
                    training,
                    dtype,
                )
            )
    return found


def spread(items: list[Any], count: int) -> list[Any]:
    """At most ``count`` of the items, from the first to the last; one of them from the middle."""
    if len(items) <= count:
        return items
    if count == 1:
        return [items[len(items) // 2]]
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def leaves(value: Any) -> Iterator[Any]:
    """All tensors in nested arguments, in order."""
    if isinstance(value, (torch.Tensor, jaxlearn.Tensor)):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from leaves(item)


def converted(value: Any, tensor: Callable[[Any], Any]) -> Any:
    """Nested arguments with every torch object replaced by jaxlearn's of the same name; tensors by ``tensor``."""
    if isinstance(value, torch.Tensor):
        return tensor(value)
    if isinstance(value, torch.nn.TransformerEncoderLayer):
        return encoder_layer(value)
    if isinstance(value, torch.dtype):
        return getattr(jaxlearn, str(value).removeprefix("torch."))
    if type(value).__name__ == "LinearCrossEntropyOptions":
        fields = {k: converted(getattr(value, k), tensor) for k in value.__dataclass_fields__}
        return jaxlearn.nn.LinearCrossEntropyOptions(**fields)
    if isinstance(value, dict):
        return {k: converted(v, tensor) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        items = [converted(v, tensor) for v in value]
        if hasattr(value, "_fields"):
            return getattr(jaxlearn.nn.utils.rnn, type(value).__name__)(*items)
        return type(value)(items)
    if callable(value):
        return getattr(jaxlearn.nn.functional, value.__name__)
    return value


def our_tensor(value: Any) -> Any:
    """The same leaf tensor in jaxlearn."""
    if value.dtype == torch.bfloat16:
        return jaxlearn.tensor(array(value), dtype=jaxlearn.bfloat16, requires_grad=value.requires_grad)
    return jaxlearn.tensor(array(value).copy(), requires_grad=value.requires_grad)


def their_tensor(value: Any) -> Any:
    """The same leaf tensor, with no history and no gradient."""
    return value.detach().clone().requires_grad_(value.requires_grad)


def theirs(value: Any) -> Any:
    """Nested arguments with fresh leaf tensors."""
    if isinstance(value, torch.Tensor):
        return their_tensor(value)
    if isinstance(value, dict):
        return {k: theirs(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        items = [theirs(v) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def encoder_layer(layer: Any) -> Any:
    """jaxlearn's TransformerEncoderLayer with the sizes, options and state of torch's."""
    made = jaxlearn.nn.TransformerEncoderLayer(
        layer.self_attn.embed_dim,
        layer.self_attn.num_heads,
        layer.linear1.out_features,
        layer.dropout.p,
        converted(layer.activation, our_tensor),
        layer.norm1.eps,
        layer.self_attn.batch_first,
        layer.norm_first,
        layer.linear1.bias is not None,
        dtype=converted(layer.linear1.weight.dtype, our_tensor),
    )
    made.load_state_dict(loaded(layer.state_dict()))
    return made


def loaded(state: dict[str, Any]) -> Any:
    """A state dictionary as torch writes it into a file and jaxlearn reads it."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return jaxlearn.load(file)


def arguments(sample: Sample, library: Any) -> tuple[tuple[Any, ...], dict[str, Any], Any, dict[str, Any]]:
    """The sample's arguments for a library: constructor's, constructor's by name, module's, module's by name."""
    fields = (sample.args, sample.kwargs, sample.inputs or (), sample.named_inputs)
    if library is torch:
        # A module among the arguments is taken as it is: the constructor copies it.
        return tuple(theirs(field) for field in fields)  # type: ignore[return-value]
    return tuple(converted(field, our_tensor) for field in fields)  # type: ignore[return-value]


def build(name: str, sample: Sample, library: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """The module, and the arguments of its call."""
    if isinstance(sample.args, str):
        module = eval(f"nn.{name}{sample.args}", {"nn": library.nn, "torch": library})
        _, _, inputs, named = arguments(sample._replace(args=()), library)
        return module, inputs, named
    args, kwargs, inputs, named = arguments(sample, library)
    return getattr(library.nn, name)(*args, **kwargs), inputs, named


def converted_to(module: Any, sample: Sample, library: Any) -> None:
    """Convert the module to the sample's dtype."""
    if sample.dtype is not None:
        module.to(getattr(library, str(sample.dtype).removeprefix("torch.")))


def is_lazy(module: Any) -> bool:
    return hasattr(module, "has_uninitialized_params") and module.has_uninitialized_params()


def run(name: str, sample: Sample, library: Any, state: dict[str, Any] | None) -> dict[str, Any]:
    """Everything that is compared: text, fresh state, result, gradients and buffers; values still to be computed."""
    library.manual_seed(7)
    module, inputs, named = build(name, sample, library)
    found: dict[str, Any] = {"text": [repr(module)]}
    if is_lazy(module):
        converted_to(module, sample, library)
        module.eval()  # so that it only learns its shapes
        module(*inputs, **named)
        found["text"].append(repr(module))
    found["fresh"] = {k: v.clone() for k, v in module.state_dict().items()}
    found["metadata"] = dict(module.state_dict()._metadata)
    found["parameters"] = [(n, p.requires_grad) for n, p in module.named_parameters()]
    if sample.inputs is None:
        return found
    module, inputs, named = build(name, sample, library)
    converted_to(module, sample, library)
    if state is not None:
        module.load_state_dict(state)
    module.train(sample.training)
    library.manual_seed(11)
    result = module(*inputs, **named)
    found["result"] = result
    for r in leaves(result):
        if r.requires_grad:
            # Unequal weights, so that a gradient that lands on the wrong element is seen.
            weights = np.linspace(0.5, 1, r.numel()).reshape(tuple(r.shape))
            r.backward(library.from_numpy(weights).to(r.dtype), retain_graph=True)
    found["gradients of inputs"] = [x.grad for x in leaves((inputs, named))]
    found["gradients"] = {n: p.grad for n, p in module.named_parameters()}
    found["buffers"] = dict(module.named_buffers())
    return found


def described(sample: Sample) -> str:
    """The sample in one line, tensors as their shapes."""
    return str([_short(field) for field in sample])


def _short(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    if isinstance(value, torch.nn.Module):
        return type(value).__name__
    if isinstance(value, dict):
        return {k: _short(v) for k, v in value.items()}
    return [_short(v) for v in value] if isinstance(value, (tuple, list)) else value


def torch_state(name: str, sample: Sample) -> dict[str, Any]:
    """A state dictionary of torch's module with other values than the fresh ones of :func:`run`."""
    torch.manual_seed(8)
    module, inputs, named = build(name, sample, torch)
    if is_lazy(module):
        converted_to(module, sample, torch)
        module(*inputs, **named)
    return module.state_dict()  # type: ignore[no-any-return]
