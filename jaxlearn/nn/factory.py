"""Arguments for new tensors."""

from __future__ import annotations

from typing import Any

__all__ = ["factory_kwargs"]

_KEYS = ("device", "dtype", "memory_format")


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """The keyword arguments of a constructor that are for the functions making its tensors.

    Args:
        kwargs: ``device``, ``dtype``, ``memory_format``, and ``factory_kwargs``, a dictionary of the same; or None.

    Raises:
        TypeError: there is another one, or one comes twice.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.factory_kwargs({"dtype": torch.float64})
        {'dtype': torch.float64}
    """
    given = dict(kwargs or {})
    result = dict(given.pop("factory_kwargs", {}))
    unknown = given.keys() - set(_KEYS)
    if unknown:
        raise TypeError(f"unexpected kwargs {unknown}")
    for key in _KEYS:
        if key in given:
            if key in result:
                raise TypeError(f"{key} specified twice, in **kwargs and in factory_kwargs")
            result[key] = given[key]
    return result
