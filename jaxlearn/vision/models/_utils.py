"""A model's inner outputs; as ``torchvision.models._utils``."""

from __future__ import annotations

from typing import Any

from jaxlearn import nn

__all__ = ["IntermediateLayerGetter"]


class IntermediateLayerGetter(nn.ModuleDict):
    """The outputs of some of a model's children, which are called one after the other.

    Children behind the last that is asked for are left out.
    https://github.com/pytorch/vision/blob/main/torchvision/models/_utils.py

    Args:
        model: whose children are called in their order.
        return_layers: the names of children, and under what names their outputs are returned.

    Raises:
        ValueError: the model has no child of a name.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.models._utils import IntermediateLayerGetter
        >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 4))
        >>> out = IntermediateLayerGetter(model, {"0": "wide", "1": "active"})(torch.ones(1, 2))
        >>> [(name, value.shape) for name, value in out.items()]
        [('wide', torch.Size([1, 3])), ('active', torch.Size([1, 3]))]
    """

    _version = 2

    def __init__(self, model: Any, return_layers: dict[str, str]) -> None:
        children = dict(model.named_children())
        if not set(return_layers) <= set(children):
            raise ValueError("return_layers are not present in model")
        names = list(children)
        last = max((names.index(str(name)) for name in return_layers), default=-1)
        super().__init__({name: children[name] for name in names[: last + 1]})
        self.return_layers = return_layers

    def forward(self, x: Any) -> dict[str, Any]:
        """The outputs by the names under which they are returned.

        Args:
            x: the first child's argument.
        """
        found = {}
        for name, module in self.items():
            x = module(x)
            if name in self.return_layers:
                found[self.return_layers[name]] = x
        return found
