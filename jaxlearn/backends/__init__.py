"""The switches of ``torch.backends`` that programs set: https://docs.pytorch.org/docs/stable/backends.html

XLA chooses its algorithms at compile time and is deterministic on CPU and TPU, so cuDNN's switches are kept as they are
set and have no effect; ``cuda.matmul.allow_tf32`` chooses the precision of matrix products.
"""

from . import cpu as cpu
from . import cuda as cuda
from . import cudnn as cudnn
from . import mkl as mkl
from . import mkldnn as mkldnn
from . import mps as mps
from . import openmp as openmp
from . import opt_einsum as opt_einsum

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum"]
