"""Anomaly detection: https://docs.pytorch.org/docs/stable/autograd.html#anomaly-detection"""

from __future__ import annotations

import warnings

from .._autograd.anomaly import anomaly

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly"]


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on."""
    return anomaly.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly detection, where it is on, looks for NaN."""
    return anomaly.check_nan


class set_detect_anomaly:
    """Switch anomaly detection on or off: at once, and as a context back again at its end.

    In this mode each operation notes the line that called it; a backward that fails, or gives NaN, warns with the
    lines of the forward. Every gradient is computed and read at once, so it is slow.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.set_detect_anomaly

    Args:
        mode: True to switch on.
        check_nan: whether a NaN in a gradient is an error.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.autograd.set_detect_anomaly(True):
        ...     torch.is_anomaly_enabled()
        True
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = (anomaly.enabled, anomaly.check_nan)
        anomaly.switch(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        anomaly.switch(*self._before)


class detect_anomaly:
    """Context in which a backward that fails or gives NaN names the forward's line.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.detect_anomaly

    Args:
        check_nan: whether a NaN in a gradient is an error.

    Raises:
        RuntimeError: from a backward inside, if a gradient is NaN.

    Example::

        >>> import warnings
        >>> warnings.simplefilter("ignore")
        >>> import jaxlearn as torch
        >>> x = torch.tensor(-1.0, requires_grad=True)
        >>> with torch.autograd.detect_anomaly():
        ...     (x.sqrt() * 0).backward()
        Traceback (most recent call last):
        RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._before = (anomaly.enabled, anomaly.check_nan)
        self._check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self._before = (anomaly.enabled, anomaly.check_nan)
        anomaly.switch(True, self._check_nan)

    def __exit__(self, *exc: object) -> None:
        anomaly.switch(*self._before)
