"""``torch.backends.mps``: Apple's GPU is not among JAX's platforms here."""


def is_available() -> bool:
    """Always False."""
    return False


def is_built() -> bool:
    """Always False."""
    return False
