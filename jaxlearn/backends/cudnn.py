"""``torch.backends.cudnn``: settable, without effect (see :mod:`jaxlearn.backends`)."""

__all__ = ["allow_tf32", "benchmark", "deterministic", "enabled", "is_available", "version"]

benchmark: bool = False
deterministic: bool = False
enabled: bool = True
allow_tf32: bool = True


def is_available() -> bool:
    """Whether cuDNN is used by the program itself: XLA decides, so False."""
    return False


def version() -> None:
    """No cuDNN of its own: None, as in a CPU build of torch."""
