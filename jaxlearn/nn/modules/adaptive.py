"""Softmax over many classes by clusters of rare ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...ops.joining import cat
from ...ops.pointwise_select import where
from .. import functional as F
from ..functional._arguments import deciding_values, host_values
from ..module import Module
from ._common import on_tensors
from .container import ModuleList, Sequential
from .linear import Linear

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-softmax of many classes: frequent ones at once, rare ones by clusters with smaller projections.

    Efficient softmax approximation for GPUs, https://arxiv.org/abs/1609.04309;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveLogSoftmaxWithLoss.html

    Args:
        in_features: size of the input.
        n_classes: number of classes, the frequent ones first.
        cutoffs: the classes at which a new cluster begins, in increasing order.
        div_value: each cluster's projection is smaller than the one before by this factor.
        head_bias: whether the head has a bias.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        ValueError: the cutoffs are not increasing classes.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 100, [10, 50])
        >>> output, loss = layer(torch.ones(3, 8), torch.tensor([0, 20, 99]))
        >>> output.shape, layer.log_prob(torch.ones(3, 8)).shape
        (torch.Size([3]), torch.Size([3, 100]))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if len(cutoffs) == 0:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if (
            cutoffs != sorted(set(cutoffs))
            or min(cutoffs) <= 0
            or max(cutoffs) > n_classes - 1
            or any(int(c) != c for c in cutoffs)
        ):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                "value is between 1 and n_classes-1"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            hidden = int(in_features // (div_value ** (i + 1)))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            first = Linear(in_features, hidden, False, device, dtype)
            self.tail.append(Sequential(first, Linear(hidden, size, False, device, dtype)))

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        self.head.reset_parameters()
        for first, second in self.tail:
            first.reset_parameters()
            second.reset_parameters()

    @on_tensors
    def forward(self, input_: Any, target_: Any) -> _ASMoutput:
        """The targets' log probabilities, and minus their mean.

        Every cluster that may have a target is computed for the whole batch, so that the shapes do not depend on the
        targets' values.

        Args:
            input_: (N, in_features), or (in_features,).
            target_: (N,), or (,).

        Raises:
            RuntimeError: sizes do not fit, or (where the targets are on the host) a target is no class.
        """
        dims = target_.dim()
        if dims == 1:
            if input_.size(0) != target_.size(0):
                raise RuntimeError("Input and target should have the same size in the batch dimension.")
            if input_.dim() != 2:
                raise RuntimeError(
                    f"1D target tensor expects 2D input tensors, but found inputs with size {input_.size()}"
                )
        elif dims == 0:
            if input_.dim() != 1:
                raise RuntimeError(
                    f"0D target tensor expects 1D input tensors, but found inputs with size {input_.size()}"
                )
        else:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        input, target = (input_, target_) if dims else (input_.unsqueeze(0), target_.unsqueeze(0))
        self._check(target)
        known = deciding_values(target)
        shortlisted = target < self.shortlist_size
        gathered = where(shortlisted, target, 0)
        output: Any = 0
        for i in range(self.n_clusters):
            low, high = self.cutoffs[i], self.cutoffs[i + 1]
            if known is not None and not ((known >= low) & (known < high)).any():
                continue
            inside = (target >= low) & (target < high)
            own = where(inside, target - low, 0)
            scores = F.log_softmax(self.tail[i](input), dim=1).gather(1, own.unsqueeze(1)).squeeze(1)
            output = output + where(inside, scores, 0.0)
            gathered = where(inside, self.shortlist_size + i, gathered)
        head = F.log_softmax(self.head(input), dim=1)
        output = head.gather(1, gathered.unsqueeze(1)).squeeze(1) + output
        loss = (-output).mean()
        return _ASMoutput(output if dims else output.squeeze(0), loss)

    def _check(self, target: Any) -> None:
        """Refuse targets, if they are on the host, that are no classes."""
        values = host_values(target)
        if values is not None and values.size and (values.min() < 0 or values.max() >= self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{values.min()}, "
                f"{values.max()}] were found. "
            )

    def log_prob(self, input: Any) -> Any:
        """The log probabilities of all classes.

        Args:
            input: (N, in_features).

        Returns:
            A tensor (N, n_classes).
        """
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            column = self.shortlist_size + i
            parts.append(F.log_softmax(cluster(input), dim=1) + head[:, column : column + 1])
        return cat(parts, 1)

    def predict(self, input: Any) -> Any:
        """The most probable class: of the frequent ones if the head says so, else of all.

        Args:
            input: (N, in_features).

        Returns:
            An int64 tensor (N,).
        """
        best = self.head(input).argmax(1)
        return where(best < self.shortlist_size, best, self.log_prob(input).argmax(1))
