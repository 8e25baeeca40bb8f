"""The group of processes that train together: here the one process that there is."""

from __future__ import annotations

import enum
import os
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlparse

__all__ = [
    "Backend",
    "DistBackendError",
    "DistError",
    "DistNetworkError",
    "DistStoreError",
    "GroupMember",
    "ProcessGroup",
    "ReduceOp",
    "destroy_process_group",
    "get_backend",
    "get_default_backend_for_device",
    "get_global_rank",
    "get_group_rank",
    "get_node_local_rank",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "group",
    "group_of",
    "init_process_group",
    "is_available",
    "is_backend_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "is_ucc_available",
    "is_xccl_available",
    "new_group",
]

_ONE = (
    "jaxlearn runs one process, which drives all devices, so a group has one member, not {}. Start the program without "
    "a launcher of several processes; a model and its batches can be spread over devices by jax.sharding."
)


class DistError(RuntimeError):
    """A communication between processes failed."""


class DistBackendError(DistError):
    """The library that communicates failed."""


class DistNetworkError(DistError):
    """The network failed."""


class DistStoreError(DistError):
    """The store by which processes find each other failed."""


class ReduceOp(enum.Enum):
    """How the processes' values are put together; of one process' value, all give that value.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.ReduceOp

    Example::

        >>> from jaxlearn.distributed import ReduceOp
        >>> ReduceOp.SUM.name
        'SUM'
    """

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8


class Backend(str):
    """The name of a library that communicates, in lower case; none is needed here.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.Backend

    Args:
        name: ``"gloo"``, ``"nccl"``, ``"mpi"``, ``"ucc"``, ``"xccl"``, or several by device: ``"cpu:gloo,cuda:nccl"``.

    Raises:
        ValueError: it is no string.

    Example::

        >>> from jaxlearn.distributed import Backend
        >>> Backend("NCCL")
        'nccl'
    """

    UNDEFINED = "undefined"
    GLOO = "gloo"
    NCCL = "nccl"
    UCC = "ucc"
    MPI = "mpi"
    XCCL = "xccl"
    FAKE = "fake"
    backend_list: ClassVar[list[str]] = [UNDEFINED, GLOO, NCCL, XCCL, UCC, MPI, FAKE]

    def __new__(cls, name: str) -> Backend:
        if not isinstance(name, str):
            raise ValueError(f"Backend constructor parameter must be string-ish: {name}")
        return str.__new__(cls, name.lower())


class ProcessGroup:
    """A group whose one member is this process; :func:`init_process_group` and :func:`new_group` make them.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.ProcessGroup

    Args:
        backend: the name that was asked for.
    """

    def __init__(self, backend: str) -> None:
        self._backend = backend

    def rank(self) -> int:
        """The process's number: 0."""
        return 0

    def size(self) -> int:
        """How many processes there are: 1."""
        return 1

    def name(self) -> str:
        """The backend's name."""
        return self._backend


class GroupMember:
    """The default group, and what stands for a group that this process is not in."""

    WORLD: ProcessGroup | None = None
    NON_GROUP_MEMBER = -100


class _Group:
    """``group.WORLD`` is the default group, None before there is one."""

    @property
    def WORLD(self) -> ProcessGroup | None:
        return GroupMember.WORLD


group = _Group()


def is_available() -> bool:
    """Whether there are process groups: yes, of one process.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.is_available
    """
    return True


def is_initialized() -> bool:
    """Whether :func:`init_process_group` was called.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.is_initialized

    Example::

        >>> import jaxlearn.distributed as dist
        >>> dist.get_rank() if dist.is_initialized() else "alone"
        'alone'
    """
    return GroupMember.WORLD is not None


def is_gloo_available() -> bool:
    """Whether groups may be called Gloo's: yes, one process has nothing to send."""
    return True


def is_nccl_available() -> bool:
    """False: there is no NCCL. A group that is asked for by its name is one of one process all the same."""
    return False


def is_mpi_available() -> bool:
    """False: there is no MPI."""
    return False


def is_ucc_available() -> bool:
    """False: there is no UCC."""
    return False


def is_xccl_available() -> bool:
    """False: there is no XCCL."""
    return False


def is_backend_available(backend: str) -> bool:
    """Whether a backend is there by its own name: only Gloo, of which one process needs nothing.

    Args:
        backend: its name.
    """
    return backend.lower() == Backend.GLOO


def is_torchelastic_launched() -> bool:
    """Whether ``torchrun`` started this process."""
    return os.environ.get("TORCHELASTIC_RUN_ID") is not None


def get_default_backend_for_device(device: Any) -> str:
    """The backend that torch would take for a device.

    Args:
        device: the device or its name.

    Example::

        >>> import jaxlearn.distributed as dist
        >>> dist.get_default_backend_for_device("cpu")
        'gloo'
    """
    kind = getattr(device, "type", None) or str(device).partition(":")[0]
    return Backend.NCCL if kind == "cuda" else Backend.GLOO


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Begin the default group, of this one process.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.init_process_group

    Args:
        backend: a name, which :func:`get_backend` gives back; nothing is sent.
        init_method: how torch's processes find each other: ``env://`` (the default) reads the environment's variables
            ``RANK``, ``WORLD_SIZE``, ``MASTER_ADDR`` and ``MASTER_PORT``.
        timeout: accepted; there is nobody to wait for.
        world_size: how many processes there are, which must be 1.
        rank: this one's number.
        store: a place where torch's processes meet; accepted with ``rank`` and ``world_size``.
        group_name: accepted, as torch does.
        pg_options: of the backend.
        device_id: of the backend.

    Raises:
        ValueError: there is such a group already, or the environment does not tell rank and size.
        NotImplementedError: there is more than one process.

    Example::

        >>> import jaxlearn.distributed as dist
        >>> dist.init_process_group("gloo", init_method="tcp://localhost:23456", rank=0, world_size=1)
        >>> dist.get_rank(), dist.get_world_size(), dist.get_backend()
        (0, 1, 'gloo')
        >>> dist.destroy_process_group()
    """
    if GroupMember.WORLD is not None:
        raise ValueError("trying to initialize the default process group twice!")
    if store is not None and init_method is not None:
        raise AssertionError("Cannot specify both init_method and store.")
    if store is not None:
        if world_size <= 0:
            raise AssertionError("world_size must be positive if using store")
        if rank < 0:
            raise AssertionError("rank must be non-negative if using store")
    else:
        rank, world_size = _found(init_method or "env://", rank, world_size)
    if world_size != 1:
        raise NotImplementedError(_ONE.format(world_size))
    if rank != 0:
        raise ValueError(f"rank {rank} is not in a group of {world_size}")
    GroupMember.WORLD = ProcessGroup(Backend(Backend.GLOO if backend is None else backend))


def _found(url: str, rank: int, size: int) -> tuple[int, int]:
    """Rank and size as torch finds them by a URL."""
    parts = urlparse(url)
    told = {
        key: int(values[0]) for key, values in parse_qs(parts.query).items() if key in ("rank", "world_size")
    }
    rank, size = told.get("rank", rank), told.get("world_size", size)
    if parts.scheme == "env":
        rank = int(_variable("RANK")) if rank < 0 else rank
        size = int(_variable("WORLD_SIZE")) if size < 0 else size
        _variable("MASTER_ADDR")
        _variable("MASTER_PORT")
    elif rank < 0 or size < 0:
        missing = "rank" if rank < 0 else "world size"
        raise ValueError(
            f"Error initializing torch.distributed using {parts.scheme}:// rendezvous: {missing} parameter missing"
        )
    return rank, size


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise ValueError(
            f"Error initializing torch.distributed using env:// rendezvous: environment variable {name} expected, but "
            "not set"
        )
    return value


def destroy_process_group(group: Any = None) -> None:
    """End a group, by default the default one.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.destroy_process_group

    Args:
        group: which.

    Raises:
        AssertionError: there is no such group.
    """
    if group == GroupMember.NON_GROUP_MEMBER:
        return
    if GroupMember.WORLD is None:
        raise AssertionError("Process group cannot be None")
    if group is None or group is GroupMember.WORLD:
        GroupMember.WORLD = None


def group_of(group: Any) -> ProcessGroup | None:
    """The group that an argument means; None for one that this process is not in.

    Args:
        group: a group; None for the default one.

    Raises:
        ValueError: there is no default group.
    """
    if GroupMember.WORLD is None:
        raise ValueError(
            "Default process group has not been initialized, please make sure to call init_process_group."
        )
    if group == GroupMember.NON_GROUP_MEMBER:
        return None
    return GroupMember.WORLD if group is None else group


def new_group(
    ranks: Sequence[int] | None = None,
    timeout: Any = None,
    backend: str | None = None,
    pg_options: Any = None,
    use_local_synchronization: bool = False,
    group_desc: str | None = None,
    device_id: Any = None,
) -> Any:
    """A group of some of the processes.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.new_group

    Args:
        ranks: their numbers: ``[0]``, or None for all.
        timeout: accepted; there is nobody to wait for.
        backend: a name; by default the default group's.
        pg_options: of the backend.
        use_local_synchronization: accepted; there is nobody to wait for.
        group_desc: accepted, a description.
        device_id: of the backend.

    Raises:
        ValueError: there is no default group, or no process with such a number.

    Returns:
        The group, or ``GroupMember.NON_GROUP_MEMBER`` of none.
    """
    world = group_of(None)
    assert world is not None
    wanted = [0] if ranks is None else list(ranks)
    if len(wanted) > 1:
        raise ValueError(
            "the new group's world size should be less or equal to the world size set by init_process_group"
        )
    for rank in wanted:
        if rank != 0:
            raise ValueError(f"Rank {rank} is out of range. Valid ranks are 0 to 0 (world_size=1)")
    return ProcessGroup(Backend(backend or world.name())) if wanted else GroupMember.NON_GROUP_MEMBER


def get_rank(group: Any = None) -> int:
    """This process's number in a group: 0; -1 in one that it is not in.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.get_rank

    Args:
        group: by default the default group.

    Raises:
        ValueError: there is no default group.
    """
    return -1 if group_of(group) is None else 0


def get_world_size(group: Any = None) -> int:
    """How many processes a group has: 1; -1 of one that this process is not in.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.get_world_size

    Args:
        group: by default the default group.

    Raises:
        ValueError: there is no default group.
    """
    return -1 if group_of(group) is None else 1


def get_backend(group: Any = None) -> str:
    """The backend's name that a group was asked for by.

    https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.get_backend

    Args:
        group: by default the default group.

    Raises:
        ValueError: there is no default group, or this process is not in the group.
    """
    found = group_of(group)
    if found is None:
        raise ValueError("Invalid process group specified")
    return str(found.name())


def get_process_group_ranks(group: Any) -> list[int]:
    """The numbers of a group's processes.

    Args:
        group: by default the default group.
    """
    group_of(group)
    return [0]


def get_global_rank(group: Any, group_rank: int) -> int:
    """The number among all processes of a group's process.

    Args:
        group: the group.
        group_rank: the process's number in it.

    Raises:
        ValueError: there is no such process.
    """
    if group_rank != 0:
        raise ValueError(f"Group rank {group_rank} is not part of group {group}")
    return 0


def get_group_rank(group: Any, global_rank: int) -> int:
    """The number in a group of one of all processes.

    Args:
        group: the group.
        global_rank: the process's number among all.

    Raises:
        ValueError: there is no such process.
    """
    if global_rank != 0:
        raise ValueError(f"Global rank {global_rank} is not part of group {group}")
    return 0


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """The number of this process on its machine, from the environment's variable ``LOCAL_RANK``.

    Args:
        fallback_rank: what it is where there is no such variable.

    Raises:
        RuntimeError: there is none, and nothing to fall back to.

    Example::

        >>> import jaxlearn.distributed as dist
        >>> dist.get_node_local_rank(0)
        0
    """
    if "LOCAL_RANK" in os.environ:
        return int(os.environ["LOCAL_RANK"])
    if fallback_rank is not None:
        return int(fallback_rank)
    raise RuntimeError(
        "LOCAL_RANK is not in the environment. Consider passing fallback_rank to allow `get_node_local_rank` to work, "
        "assuming you are not running in a multi-device context and want the code to run locally instead."
    )
