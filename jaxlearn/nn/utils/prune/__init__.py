"""Pruning: parameters of which some elements are kept at zero; names as in ``torch.nn.utils.prune``.

A pruned parameter ``weight`` is the product of the parameter ``weight_orig`` and the buffer ``weight_mask``, computed
before each forward. Masks depend on values, so what is pending is computed when one is made.
"""

from __future__ import annotations

from .container import BasePruningMethod as BasePruningMethod
from .container import PruningContainer as PruningContainer
from .functions import custom_from_mask as custom_from_mask
from .functions import global_unstructured as global_unstructured
from .functions import identity as identity
from .functions import is_pruned as is_pruned
from .functions import l1_unstructured as l1_unstructured
from .functions import ln_structured as ln_structured
from .functions import random_structured as random_structured
from .functions import random_unstructured as random_unstructured
from .functions import remove as remove
from .methods import CustomFromMask as CustomFromMask
from .methods import Identity as Identity
from .methods import L1Unstructured as L1Unstructured
from .methods import LnStructured as LnStructured
from .methods import RandomStructured as RandomStructured
from .methods import RandomUnstructured as RandomUnstructured

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]
