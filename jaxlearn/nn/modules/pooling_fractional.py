"""Max pooling over windows at pseudo-random places, as layers."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module
from ._common import ntuple, on_tensors, own_init

__all__ = ["FractionalMaxPool2d", "FractionalMaxPool3d"]


class _FractionalMaxPool(Module):
    """The arguments and checks of both."""

    _n: int
    _random_samples: Any

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        n = self._n
        if (
            n == 3
            and isinstance(kernel_size, (int, tuple, list))
            and not all(k > 0 for k in ntuple(kernel_size, n))
        ):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        self.kernel_size = ntuple(kernel_size, n)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else ntuple(output_size, n)
        self.output_ratio = None if output_ratio is None else ntuple(output_ratio, n)
        if output_size is None and output_ratio is None:
            raise ValueError(
                f"FractionalMaxPool{n}d requires specifying either an output size, or a pooling ratio"
            )
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < r < 1 for r in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    @on_tensors
    def forward(self, input: Any) -> Any:
        """The maxima, with ``return_indices`` a pair of them and their flat positions."""
        pool = F.fractional_max_pool2d if self._n == 2 else F.fractional_max_pool3d
        return pool(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )


@own_init
class FractionalMaxPool2d(_FractionalMaxPool):
    """The maximum of each of ``output_size`` windows of images at pseudo-random places.

    Fractional max-pooling, https://arxiv.org/abs/1412.6071;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool2d.html

    Args:
        kernel_size: size of the window.
        output_size: how many windows there are.
        output_ratio: instead, their number as a part of the input's size.
        return_indices: return also the flat position of each maximum.

    Raises:
        ValueError: not one of ``output_size`` and ``output_ratio`` is given, or a ratio is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.FractionalMaxPool2d(2, output_ratio=0.5)(torch.ones(1, 3, 8, 8)).shape
        torch.Size([1, 3, 4, 4])
    """

    _n = 2


@own_init
class FractionalMaxPool3d(_FractionalMaxPool):
    """The maximum of each of ``output_size`` windows of volumes at pseudo-random places.

    Fractional max-pooling, https://arxiv.org/abs/1412.6071;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool3d.html

    Args:
        kernel_size: size of the window.
        output_size: how many windows there are.
        output_ratio: instead, their number as a part of the input's size.
        return_indices: return also the flat position of each maximum.

    Raises:
        ValueError: not one of ``output_size`` and ``output_ratio`` is given, or a ratio is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.FractionalMaxPool3d(2, output_ratio=0.5)(torch.ones(1, 3, 8, 8, 8)).shape
        torch.Size([1, 3, 4, 4, 4])
    """

    _n = 3
