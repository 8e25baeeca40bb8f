"""Changing a module's dtype, device, mode and gradients as a whole."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any

from flax import nnx

from .. import _dtypes as dtypes
from .._autograd.modes import no_grad
from .._engine.device import Device
from .._engine.recorder import recorder
from .._tensor.swapping import swap_tensors
from ..layouts import memory_format
from .conversion_choices import (
    get_overwrite_module_params_on_conversion,
    get_swap_module_params_on_conversion,
)
from .parameter import Parameter, is_lazy, is_tensor
from .traversal import Traversal

__all__ = ["Conversion"]


class Conversion(Traversal):
    """The conversions of :class:`jaxlearn.nn.Module`; all of them change the module in place and return it."""

    training: bool

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Any:
        """Replace the contents of every parameter (and its gradient) and every buffer ``t`` by ``fn(t)``."""
        if recurse:
            for module in self._modules.values():
                if module is not None:
                    module._apply(fn)
        for name, parameter in self._parameters.items():
            if parameter is not None:
                with no_grad():
                    self.__convert(name, parameter, fn)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def __convert(self, name: str, parameter: Any, fn: Callable[[Any], Any]) -> None:
        changed = fn(parameter if is_lazy(parameter) else parameter._alias())
        gradient, swaps = parameter.grad, get_swap_module_params_on_conversion()
        held = parameter
        if swaps:
            parameter.grad = None
            try:
                swap_tensors(parameter, Parameter(changed, parameter.requires_grad))
            except Exception as error:
                parameter.grad = gradient
                raise RuntimeError(f"_apply(): Couldn't swap {self._get_name()}.{name}") from error  # type: ignore[attr-defined]
        elif get_overwrite_module_params_on_conversion() or changed.is_meta is not parameter.is_meta:
            held = self._parameters[name] = Parameter(changed, parameter.requires_grad)
        else:
            parameter.grad = None
            parameter.data = changed
        if gradient is None:
            return
        moved = fn(gradient.detach()).requires_grad_(gradient.requires_grad)
        if swaps:
            swap_tensors(gradient, moved)
            moved = gradient
        elif held is parameter:
            gradient.data = moved
            moved = gradient
        held.grad = moved

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Move to a device and convert floating point and complex tensors to a dtype.

        https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.to

        Args:
            device: ``to(device)``, ``to(device, dtype)``: where to move all tensors.
            dtype: ``to(dtype)``: floating or complex.
            tensor: ``to(tensor)``: its device and dtype.
            non_blocking: accepted; transfers never block here.
            memory_format: the layout of 4- or 5-dimensional tensors, as ``stride()`` tells it; XLA chooses its own.

        Raises:
            TypeError: ``dtype`` is neither floating nor complex.

        Example::

            >>> import jaxlearn as torch
            >>> torch.nn.Linear(2, 2).to(torch.float64).weight.dtype
            torch.float64
        """
        device, dtype = _device_and_dtype(args, kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        if dtype is not None and dtype.is_complex:
            warnings.warn(
                "Complex modules are a new feature under active development whose design may change, and some modules "
                "might not work as expected when using complex tensors as parameters or buffers. Please file an issue "
                "at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml if a complex module does not "
                "work as expected.",
                stacklevel=2,
            )
        memory_format = kwargs.get("memory_format")

        def convert(t: Any) -> Any:
            if t.is_meta and device is not None and Device(device).type != "meta":
                raise NotImplementedError(
                    "Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead of "
                    "torch.nn.Module.to() when moving module from meta to a different device."
                )
            t = _converted(t)
            return (
                t
                if memory_format is None or t.dim() not in (4, 5)
                else t.contiguous(memory_format=memory_format)
            )

        def _converted(t: Any) -> Any:
            converts = dtype is not None and (t.is_floating_point() or t.is_complex())
            if converts and device is not None:
                return t.to(device, dtype)
            return t.to(dtype) if converts else t if device is None else t.to(device)

        return self._apply(convert)

    def __as(self, dtype: dtypes.dtype) -> Any:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self) -> Any:
        """Convert all floating point parameters and buffers to ``float32``."""
        return self.__as(dtypes.float32)

    def double(self) -> Any:
        """Convert all floating point parameters and buffers to ``float64``."""
        return self.__as(dtypes.float64)

    def half(self) -> Any:
        """Convert all floating point parameters and buffers to ``float16``."""
        return self.__as(dtypes.float16)

    def bfloat16(self) -> Any:
        """Convert all floating point parameters and buffers to ``bfloat16``."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def type(self, dst_type: Any) -> Any:
        """Convert all parameters and buffers to ``dst_type``."""
        return self._apply(lambda t: t.type(dst_type))

    def cuda(self, device: Any = None) -> Any:
        """Move all parameters and buffers to the GPU, or to that one."""
        return self._apply(lambda t: t.cuda(device))

    def cpu(self) -> Any:
        """Move all parameters and buffers to the CPU."""
        return self._apply(lambda t: t.cpu())

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Move to the device without the values."""
        from .._tensor.creation import empty_like

        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    def share_memory(self) -> Any:
        """Nothing to do: arrays are immutable, and worker processes receive copies.

        Raises:
            RuntimeError: a parameter or buffer has no shape yet.
        """
        if any(is_lazy(t) for t in (*self.parameters(), *self.buffers())):
            raise RuntimeError(
                "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the "
                "parameters before calling `module.share_memory()`."
            )
        return self

    def train(self, mode: bool = True) -> Any:
        """Put this module and all in it into training mode (or, with ``mode=False``, evaluation mode).

        Raises:
            ValueError: ``mode`` is not a bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        if recorder.capture is not None:
            recorder.capture.mode_written(self)
        self.training = mode
        for module in self._modules.values():
            if module is not None:
                module.train(mode)
        for value in self.__dict__.values():
            # A module of Flax's own inside this one has its own two words for it.
            if isinstance(value, nnx.Module):
                if mode:
                    value.train()
                else:
                    value.eval()
        return self

    def eval(self) -> Any:
        """Put this module and all in it into evaluation mode."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set ``requires_grad`` of all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            gradient = parameter.grad
            if gradient is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad = gradient.detach().zero_()


def _device_and_dtype(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Device | None, dtypes.dtype | None]:
    """The device and dtype that the arguments of ``to`` name."""
    device, dtype = kwargs.get("device"), kwargs.get("dtype")
    unknown = set(kwargs) - {"device", "dtype", "non_blocking", "memory_format", "tensor"}
    if not isinstance(kwargs.get("memory_format"), (memory_format, types.NoneType)):
        unknown.add("memory_format")
    other = kwargs.get("tensor")
    for argument in args:
        if is_tensor(argument):
            other = argument
        elif isinstance(argument, dtypes.dtype):
            dtype = argument
        elif isinstance(argument, (str, int, Device)) and not isinstance(argument, bool):
            device = argument
        elif argument is not None and not isinstance(argument, bool):
            unknown.add("")
    if unknown:
        given = [type(a).__name__ for a in args] + [f"{k}={type(v).__name__}" for k, v in kwargs.items()]
        named = ", " if kwargs else ""
        forms = "bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)"
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({', '.join(given)}{named}), but expected one "
            "of:\n"
            f" * (torch.device device = None, torch.dtype dtype = None, {forms}\n"
            f" * (torch.dtype dtype, {forms}\n * (Tensor tensor, {forms}\n"
        )
    if other is not None:
        device, dtype = other.device, other.dtype
    return (None if device is None else Device(device)), dtype
