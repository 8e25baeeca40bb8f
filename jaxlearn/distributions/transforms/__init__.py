"""Invertible transforms of which the volume change is known: ``torch.distributions.transforms``.

https://docs.pytorch.org/docs/stable/distributions.html#module-torch.distributions.transforms
"""

from __future__ import annotations

from ..._naming import publish
from .base import ComposeTransform as ComposeTransform
from .base import IndependentTransform as IndependentTransform
from .base import Transform as Transform
from .base import _InverseTransform as _InverseTransform
from .base import identity_transform as identity_transform
from .elementwise import AbsTransform as AbsTransform
from .elementwise import AffineTransform as AffineTransform
from .elementwise import CumulativeDistributionTransform as CumulativeDistributionTransform
from .elementwise import ExpTransform as ExpTransform
from .elementwise import PowerTransform as PowerTransform
from .elementwise import SigmoidTransform as SigmoidTransform
from .elementwise import SoftplusTransform as SoftplusTransform
from .elementwise import TanhTransform as TanhTransform
from .sequences import CatTransform as CatTransform
from .sequences import StackTransform as StackTransform
from .vectors import CorrCholeskyTransform as CorrCholeskyTransform
from .vectors import LowerCholeskyTransform as LowerCholeskyTransform
from .vectors import PositiveDefiniteTransform as PositiveDefiniteTransform
from .vectors import ReshapeTransform as ReshapeTransform
from .vectors import SoftmaxTransform as SoftmaxTransform
from .vectors import StickBreakingTransform as StickBreakingTransform

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]

publish(__name__, ["_InverseTransform", *(name for name in __all__ if name != "identity_transform")])
