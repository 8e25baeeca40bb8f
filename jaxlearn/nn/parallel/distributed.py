"""DistributedDataParallel in the one process that there is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ..module import Module

__all__ = ["DistributedDataParallel"]


class DistributedDataParallel(Module):
    """A model as one process of several trains it; here it is the only one, and gradients are its own.

    The model is the attribute ``module``, so that names in ``state_dict`` begin with ``module.`` as in torch. No
    process group is needed, as there is no other process.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html

    Args:
        module: the model.
        device_ids: accepted; the model stays where it is.
        output_device: accepted; results are where the model is.
        dim: the dimension of the batch.
        broadcast_buffers: accepted; there is nobody to send buffers to.
        options: torch's further options about the exchange of gradients, of which there is none.

    Raises:
        RuntimeError: no parameter requires a gradient.

    Example::

        >>> import jaxlearn as torch
        >>> model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
        >>> with model.no_sync():
        ...     model(torch.ones(3, 2)).sum().backward()
        >>> model.module.bias.grad
        tensor([3.])
    """

    def __init__(
        self,
        module: Any,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool = True,
        **options: Any,
    ) -> None:
        super().__init__()
        unknown = options.keys() - _OPTIONS
        if unknown:
            raise TypeError(
                f"DistributedDataParallel.__init__() got an unexpected keyword argument '{min(unknown)}'"
            )
        if not any(p.requires_grad for p in module.parameters()):
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameters that require a "
                "gradient."
            )
        self.module = module
        self.dim = dim
        self.broadcast_buffers = broadcast_buffers
        self.require_backward_grad_sync = True

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The model's result."""
        return self.module(*inputs, **kwargs)

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        """A context in which torch does not average gradients between processes."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before


_OPTIONS = frozenset(
    (
        *("bucket_cap_mb", "check_reduction", "delay_all_reduce_named_params", "device_mesh"),
        *("find_unused_parameters", "forward_prefetch", "gradient_as_bucket_view", "init_sync"),
        *("mixed_precision", "param_to_hook_all_reduce", "process_group", "skip_all_reduce_unused_params"),
        *("static_graph", "bucket_cap_mb_list", "batched_grad_copy"),
    )
)
