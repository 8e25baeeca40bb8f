"""Process groups of one process: https://docs.pytorch.org/docs/stable/distributed.html

One process drives all devices here, so a group has one member: a program that asks for its rank gets 0, and what it
would exchange with others is its own. More processes are refused.
"""

from __future__ import annotations

from .collectives import Work as Work
from .collectives import all_gather as all_gather
from .collectives import all_gather_into_tensor as all_gather_into_tensor
from .collectives import all_gather_object as all_gather_object
from .collectives import all_reduce as all_reduce
from .collectives import all_to_all as all_to_all
from .collectives import all_to_all_single as all_to_all_single
from .collectives import barrier as barrier
from .collectives import broadcast as broadcast
from .collectives import broadcast_object_list as broadcast_object_list
from .collectives import gather as gather
from .collectives import gather_object as gather_object
from .collectives import irecv as irecv
from .collectives import isend as isend
from .collectives import monitored_barrier as monitored_barrier
from .collectives import recv as recv
from .collectives import reduce as reduce
from .collectives import reduce_scatter as reduce_scatter
from .collectives import reduce_scatter_tensor as reduce_scatter_tensor
from .collectives import scatter as scatter
from .collectives import scatter_object_list as scatter_object_list
from .collectives import send as send
from .process_group import Backend as Backend
from .process_group import DistBackendError as DistBackendError
from .process_group import DistError as DistError
from .process_group import DistNetworkError as DistNetworkError
from .process_group import DistStoreError as DistStoreError
from .process_group import GroupMember as GroupMember
from .process_group import ProcessGroup as ProcessGroup
from .process_group import ReduceOp as ReduceOp
from .process_group import destroy_process_group as destroy_process_group
from .process_group import get_backend as get_backend
from .process_group import get_default_backend_for_device as get_default_backend_for_device
from .process_group import get_global_rank as get_global_rank
from .process_group import get_group_rank as get_group_rank
from .process_group import get_node_local_rank as get_node_local_rank
from .process_group import get_process_group_ranks as get_process_group_ranks
from .process_group import get_rank as get_rank
from .process_group import get_world_size as get_world_size
from .process_group import group as group
from .process_group import init_process_group as init_process_group
from .process_group import is_available as is_available
from .process_group import is_backend_available as is_backend_available
from .process_group import is_gloo_available as is_gloo_available
from .process_group import is_initialized as is_initialized
from .process_group import is_mpi_available as is_mpi_available
from .process_group import is_nccl_available as is_nccl_available
from .process_group import is_torchelastic_launched as is_torchelastic_launched
from .process_group import is_ucc_available as is_ucc_available
from .process_group import is_xccl_available as is_xccl_available
from .process_group import new_group as new_group

__all__ = [
    "Backend",
    "DistBackendError",
    "DistError",
    "DistNetworkError",
    "DistStoreError",
    "GroupMember",
    "ProcessGroup",
    "ReduceOp",
    "Work",
    "all_gather",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_reduce",
    "all_to_all",
    "all_to_all_single",
    "barrier",
    "broadcast",
    "broadcast_object_list",
    "destroy_process_group",
    "gather",
    "gather_object",
    "get_backend",
    "get_default_backend_for_device",
    "get_global_rank",
    "get_group_rank",
    "get_node_local_rank",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "group",
    "init_process_group",
    "irecv",
    "is_available",
    "is_backend_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "is_ucc_available",
    "is_xccl_available",
    "isend",
    "monitored_barrier",
    "new_group",
    "recv",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
    "scatter_object_list",
    "send",
]
