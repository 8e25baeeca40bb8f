"""``torch.backends.cpu``: what the processor can do."""

from __future__ import annotations

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """The widest vectors that the processor has: ``"AVX512"``, ``"AVX2"`` or ``"DEFAULT"``, as Linux tells."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as told:
            flags = next((line.split() for line in told if line.startswith("flags")), [])
    except OSError:
        flags = []
    return "AVX512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "DEFAULT"
