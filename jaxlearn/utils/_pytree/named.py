"""Named tuples told from other tuples."""

from __future__ import annotations

from typing import Any

__all__ = [
    "is_namedtuple",
    "is_namedtuple_class",
    "is_namedtuple_instance",
    "is_structseq",
    "is_structseq_class",
    "is_structseq_instance",
]


def is_namedtuple_class(cls: Any) -> bool:
    """Whether a class is one of named tuples.

    Args:
        cls: the class.
    """
    return (
        isinstance(cls, type)
        and issubclass(cls, tuple)
        and isinstance(getattr(cls, "_fields", None), tuple)
        and callable(getattr(cls, "_make", None))
        and callable(getattr(cls, "_asdict", None))
    )


def is_namedtuple_instance(obj: Any) -> bool:
    """Whether an object is a named tuple.

    Args:
        obj: the object.
    """
    return is_namedtuple_class(type(obj))


def is_namedtuple(obj: Any) -> bool:
    """Whether an object is a named tuple or a class of them.

    Args:
        obj: the object.
    """
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


def is_structseq_class(cls: Any) -> bool:
    """Whether a class is one of C's named tuples, as ``time.struct_time`` is.

    Args:
        cls: the class.
    """
    return (
        isinstance(cls, type)
        and cls.__bases__ == (tuple,)
        and all(
            isinstance(getattr(cls, f"n_{n}", None), int)
            for n in ("fields", "sequence_fields", "unnamed_fields")
        )
    )


def is_structseq_instance(obj: Any) -> bool:
    """Whether an object is one of C's named tuples.

    Args:
        obj: the object.
    """
    return is_structseq_class(type(obj))


def is_structseq(obj: Any) -> bool:
    """Whether an object is one of C's named tuples or a class of them.

    Args:
        obj: the object.
    """
    return is_structseq_class(obj if isinstance(obj, type) else type(obj))
