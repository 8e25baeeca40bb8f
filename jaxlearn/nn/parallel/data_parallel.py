"""DataParallel: a model that is called as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..module import Module

__all__ = ["DataParallel", "data_parallel"]


class DataParallel(Module):
    """A model whose batch torch splits among GPUs; here the whole batch goes to the device of the parameters.

    The model is the attribute ``module``, so that names in ``state_dict`` begin with ``module.`` as in torch.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.DataParallel.html

    Args:
        module: the model.
        device_ids: numbers of GPUs; the model stays where it is.
        output_device: accepted; results are where the model is.
        dim: the dimension of the batch.

    Example::

        >>> import jaxlearn as torch
        >>> model = torch.nn.DataParallel(torch.nn.Linear(2, 1))
        >>> list(model.state_dict()), model(torch.ones(3, 2)).shape
        (['module.weight', 'module.bias'], torch.Size([3, 1]))
    """

    def __init__(
        self,
        module: Any,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        devices = {t.device for t in module.parameters()}
        # Empty on the CPU, as in torch.
        self.device_ids = [d.index or 0 for d in devices if d.type == "cuda"][:1]
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The model's result."""
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Any,
    inputs: Any,
    device_ids: Sequence[Any] | None = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: Any = None,
) -> Any:
    """Call a model as :class:`DataParallel` does.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.parallel.data_parallel.html

    Args:
        module: the model.
        inputs: its argument, or the tuple of them.
        device_ids: numbers of GPUs; the model stays where it is.
        output_device: accepted; results are where the model is.
        dim: the dimension of the batch.
        module_kwargs: its keyword arguments.
    """
    positional = inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,)
    return module(*positional, **(module_kwargs or {}))
