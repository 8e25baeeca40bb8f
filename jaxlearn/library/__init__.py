"""Operators of the user's own: ``torch.library``."""

from .._naming import publish
from ._libraries import Library as Library
from ._libraries import define as define
from ._libraries import impl as impl
from ._libraries import register_autograd as register_autograd
from ._libraries import register_fake as register_fake
from ._libraries import register_kernel as register_kernel
from ._libraries import register_vmap as register_vmap
from ._opcheck import OpCheckError as OpCheckError
from ._opcheck import opcheck as opcheck
from ._operators import CustomOpDef as CustomOpDef
from ._operators import custom_op as custom_op
from ._schema import infer_schema as infer_schema

__all__ = [
    "CustomOpDef",
    "Library",
    "OpCheckError",
    "custom_op",
    "define",
    "impl",
    "infer_schema",
    "opcheck",
    "register_autograd",
    "register_fake",
    "register_kernel",
    "register_vmap",
]

publish(__name__, ("CustomOpDef", "Library", "OpCheckError"))
