"""PyTorch's API on JAX: ``import jaxlearn as torch``.

Every public name is listed here. What a name does is documented where it is defined.
"""

from __future__ import annotations

import importlib
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import TYPE_CHECKING

from ._collector import collect_as_before  # before all others

# isort: split

from . import _C as _C
from . import _dynamo as _dynamo
from . import _einops as _einops
from . import _functorch as _functorch
from . import _inductor as _inductor
from . import _logging as _logging
from . import accelerator as accelerator
from . import amp as amp
from . import autograd as autograd
from . import backends as backends
from . import compiler as compiler
from . import cpu as cpu
from . import cuda as cuda
from . import fft as fft
from . import func as func
from . import functional as functional
from . import hub as hub
from . import library as library
from . import linalg as linalg
from . import nn as nn
from . import optim as optim
from . import profiler as profiler
from . import quasirandom as quasirandom
from . import random as random
from . import return_types as return_types
from . import serialization as serialization
from . import signal as signal
from . import special as special
from . import testing as testing
from . import torch_version as torch_version
from . import types as types
from . import utils as utils
from . import version as version
from ._autograd.modes import enable_grad as enable_grad
from ._autograd.modes import inference_mode as inference_mode
from ._autograd.modes import is_grad_enabled as is_grad_enabled
from ._autograd.modes import is_inference_mode_enabled as is_inference_mode_enabled
from ._autograd.modes import no_grad as no_grad
from ._autograd.modes import set_grad_enabled as set_grad_enabled
from ._checking import _check as _check
from ._checking import _check_index as _check_index
from ._checking import _check_not_implemented as _check_not_implemented
from ._checking import _check_tensor_all as _check_tensor_all
from ._checking import _check_type as _check_type
from ._checking import _check_value as _check_value
from ._checking import _check_with as _check_with
from ._dtypes import bfloat16 as bfloat16
from ._dtypes import bool as bool
from ._dtypes import can_cast as can_cast
from ._dtypes import cdouble as cdouble
from ._dtypes import cfloat as cfloat
from ._dtypes import complex64 as complex64
from ._dtypes import complex128 as complex128
from ._dtypes import double as double
from ._dtypes import dtype as dtype
from ._dtypes import finfo as finfo
from ._dtypes import float as float
from ._dtypes import float8_e4m3fn as float8_e4m3fn
from ._dtypes import float8_e4m3fnuz as float8_e4m3fnuz
from ._dtypes import float8_e5m2 as float8_e5m2
from ._dtypes import float8_e5m2fnuz as float8_e5m2fnuz
from ._dtypes import float8_e8m0fnu as float8_e8m0fnu
from ._dtypes import float16 as float16
from ._dtypes import float32 as float32
from ._dtypes import float64 as float64
from ._dtypes import get_default_dtype as get_default_dtype
from ._dtypes import half as half
from ._dtypes import iinfo as iinfo
from ._dtypes import int as int
from ._dtypes import int8 as int8
from ._dtypes import int16 as int16
from ._dtypes import int32 as int32
from ._dtypes import int64 as int64
from ._dtypes import long as long
from ._dtypes import promote_types as promote_types
from ._dtypes import set_default_dtype as set_default_dtype
from ._dtypes import short as short
from ._dtypes import uint8 as uint8
from ._dtypes import uint16 as uint16
from ._dtypes import uint32 as uint32
from ._dtypes import uint64 as uint64
from ._engine.device import Device as device
from ._engine.memory_errors import OutOfMemoryError as OutOfMemoryError
from ._engine.precision import get_float32_matmul_precision as get_float32_matmul_precision
from ._engine.precision import set_float32_matmul_precision as set_float32_matmul_precision
from ._engine.program import clear_cache as clear_cache
from ._engine.stats import reset_stats as reset_stats
from ._engine.stats import stats as stats
from ._higher_order_ops.associative_scan import associative_scan as associative_scan
from ._higher_order_ops.cond import cond as cond
from ._higher_order_ops.scan import scan as scan
from ._higher_order_ops.while_loop import while_loop as while_loop
from ._naming import publish
from ._overrides.state import DisableTorchFunction as DisableTorchFunction
from ._overrides.state import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass
from ._runtime import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from ._runtime import get_deterministic_debug_mode as get_deterministic_debug_mode
from ._runtime import get_num_interop_threads as get_num_interop_threads
from ._runtime import get_num_threads as get_num_threads
from ._runtime import (
    is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled,
)
from ._runtime import set_deterministic_debug_mode as set_deterministic_debug_mode
from ._runtime import set_flush_denormal as set_flush_denormal
from ._runtime import set_num_interop_threads as set_num_interop_threads
from ._runtime import set_num_threads as set_num_threads
from ._runtime import use_deterministic_algorithms as use_deterministic_algorithms
from ._size import Size as Size
from ._streams import Event as Event
from ._streams import Stream as Stream
from ._tensor.asserting import _assert as _assert
from ._tensor.asserting import is_storage as is_storage
from ._tensor.asserting import is_warn_always_enabled as is_warn_always_enabled
from ._tensor.asserting import set_warn_always as set_warn_always
from ._tensor.creation_constants import empty as empty
from ._tensor.creation_constants import empty_like as empty_like
from ._tensor.creation_constants import empty_permuted as empty_permuted
from ._tensor.creation_constants import empty_strided as empty_strided
from ._tensor.creation_constants import eye as eye
from ._tensor.creation_constants import full as full
from ._tensor.creation_constants import full_like as full_like
from ._tensor.creation_constants import ones as ones
from ._tensor.creation_constants import ones_like as ones_like
from ._tensor.creation_constants import scalar_tensor as scalar_tensor
from ._tensor.creation_constants import zeros as zeros
from ._tensor.creation_constants import zeros_like as zeros_like
from ._tensor.creation_data import as_tensor as as_tensor
from ._tensor.creation_data import asarray as asarray
from ._tensor.creation_data import from_dlpack as from_dlpack
from ._tensor.creation_data import from_numpy as from_numpy
from ._tensor.creation_data import frombuffer as frombuffer
from ._tensor.creation_data import tensor as tensor
from ._tensor.creation_ranges import arange as arange
from ._tensor.creation_ranges import linspace as linspace
from ._tensor.creation_ranges import logspace as logspace
from ._tensor.creation_ranges import range_ as range
from ._tensor.creation_ranges import tril_indices as tril_indices
from ._tensor.creation_ranges import triu_indices as triu_indices
from ._tensor.creation_windows import bartlett_window as bartlett_window
from ._tensor.creation_windows import blackman_window as blackman_window
from ._tensor.creation_windows import hamming_window as hamming_window
from ._tensor.creation_windows import hann_window as hann_window
from ._tensor.creation_windows import kaiser_window as kaiser_window
from ._tensor.devices import get_default_device as get_default_device
from ._tensor.devices import set_default_device as set_default_device
from ._tensor.foreach import _foreach_abs as _foreach_abs
from ._tensor.foreach import _foreach_abs_ as _foreach_abs_
from ._tensor.foreach import _foreach_acos as _foreach_acos
from ._tensor.foreach import _foreach_acos_ as _foreach_acos_
from ._tensor.foreach import _foreach_add as _foreach_add
from ._tensor.foreach import _foreach_add_ as _foreach_add_
from ._tensor.foreach import _foreach_addcdiv as _foreach_addcdiv
from ._tensor.foreach import _foreach_addcdiv_ as _foreach_addcdiv_
from ._tensor.foreach import _foreach_addcmul as _foreach_addcmul
from ._tensor.foreach import _foreach_addcmul_ as _foreach_addcmul_
from ._tensor.foreach import _foreach_asin as _foreach_asin
from ._tensor.foreach import _foreach_asin_ as _foreach_asin_
from ._tensor.foreach import _foreach_atan as _foreach_atan
from ._tensor.foreach import _foreach_atan_ as _foreach_atan_
from ._tensor.foreach import _foreach_ceil as _foreach_ceil
from ._tensor.foreach import _foreach_ceil_ as _foreach_ceil_
from ._tensor.foreach import _foreach_clamp_max as _foreach_clamp_max
from ._tensor.foreach import _foreach_clamp_max_ as _foreach_clamp_max_
from ._tensor.foreach import _foreach_clamp_min as _foreach_clamp_min
from ._tensor.foreach import _foreach_clamp_min_ as _foreach_clamp_min_
from ._tensor.foreach import _foreach_clone as _foreach_clone
from ._tensor.foreach import _foreach_copy_ as _foreach_copy_
from ._tensor.foreach import _foreach_cos as _foreach_cos
from ._tensor.foreach import _foreach_cos_ as _foreach_cos_
from ._tensor.foreach import _foreach_cosh as _foreach_cosh
from ._tensor.foreach import _foreach_cosh_ as _foreach_cosh_
from ._tensor.foreach import _foreach_div as _foreach_div
from ._tensor.foreach import _foreach_div_ as _foreach_div_
from ._tensor.foreach import _foreach_erf as _foreach_erf
from ._tensor.foreach import _foreach_erf_ as _foreach_erf_
from ._tensor.foreach import _foreach_erfc as _foreach_erfc
from ._tensor.foreach import _foreach_erfc_ as _foreach_erfc_
from ._tensor.foreach import _foreach_exp as _foreach_exp
from ._tensor.foreach import _foreach_exp_ as _foreach_exp_
from ._tensor.foreach import _foreach_expm1 as _foreach_expm1
from ._tensor.foreach import _foreach_expm1_ as _foreach_expm1_
from ._tensor.foreach import _foreach_floor as _foreach_floor
from ._tensor.foreach import _foreach_floor_ as _foreach_floor_
from ._tensor.foreach import _foreach_frac as _foreach_frac
from ._tensor.foreach import _foreach_frac_ as _foreach_frac_
from ._tensor.foreach import _foreach_lerp as _foreach_lerp
from ._tensor.foreach import _foreach_lerp_ as _foreach_lerp_
from ._tensor.foreach import _foreach_lgamma as _foreach_lgamma
from ._tensor.foreach import _foreach_lgamma_ as _foreach_lgamma_
from ._tensor.foreach import _foreach_log as _foreach_log
from ._tensor.foreach import _foreach_log1p as _foreach_log1p
from ._tensor.foreach import _foreach_log1p_ as _foreach_log1p_
from ._tensor.foreach import _foreach_log2 as _foreach_log2
from ._tensor.foreach import _foreach_log2_ as _foreach_log2_
from ._tensor.foreach import _foreach_log10 as _foreach_log10
from ._tensor.foreach import _foreach_log10_ as _foreach_log10_
from ._tensor.foreach import _foreach_log_ as _foreach_log_
from ._tensor.foreach import _foreach_max as _foreach_max
from ._tensor.foreach import _foreach_maximum as _foreach_maximum
from ._tensor.foreach import _foreach_maximum_ as _foreach_maximum_
from ._tensor.foreach import _foreach_minimum as _foreach_minimum
from ._tensor.foreach import _foreach_minimum_ as _foreach_minimum_
from ._tensor.foreach import _foreach_mm as _foreach_mm
from ._tensor.foreach import _foreach_mul as _foreach_mul
from ._tensor.foreach import _foreach_mul_ as _foreach_mul_
from ._tensor.foreach import _foreach_neg as _foreach_neg
from ._tensor.foreach import _foreach_neg_ as _foreach_neg_
from ._tensor.foreach import _foreach_norm as _foreach_norm
from ._tensor.foreach import _foreach_pow as _foreach_pow
from ._tensor.foreach import _foreach_pow_ as _foreach_pow_
from ._tensor.foreach import _foreach_powsum as _foreach_powsum
from ._tensor.foreach import _foreach_reciprocal as _foreach_reciprocal
from ._tensor.foreach import _foreach_reciprocal_ as _foreach_reciprocal_
from ._tensor.foreach import _foreach_round as _foreach_round
from ._tensor.foreach import _foreach_round_ as _foreach_round_
from ._tensor.foreach import _foreach_rsqrt as _foreach_rsqrt
from ._tensor.foreach import _foreach_rsqrt_ as _foreach_rsqrt_
from ._tensor.foreach import _foreach_sigmoid as _foreach_sigmoid
from ._tensor.foreach import _foreach_sigmoid_ as _foreach_sigmoid_
from ._tensor.foreach import _foreach_sign as _foreach_sign
from ._tensor.foreach import _foreach_sign_ as _foreach_sign_
from ._tensor.foreach import _foreach_sin as _foreach_sin
from ._tensor.foreach import _foreach_sin_ as _foreach_sin_
from ._tensor.foreach import _foreach_sinh as _foreach_sinh
from ._tensor.foreach import _foreach_sinh_ as _foreach_sinh_
from ._tensor.foreach import _foreach_sqrt as _foreach_sqrt
from ._tensor.foreach import _foreach_sqrt_ as _foreach_sqrt_
from ._tensor.foreach import _foreach_sub as _foreach_sub
from ._tensor.foreach import _foreach_sub_ as _foreach_sub_
from ._tensor.foreach import _foreach_tan as _foreach_tan
from ._tensor.foreach import _foreach_tan_ as _foreach_tan_
from ._tensor.foreach import _foreach_tanh as _foreach_tanh
from ._tensor.foreach import _foreach_tanh_ as _foreach_tanh_
from ._tensor.foreach import _foreach_trunc as _foreach_trunc
from ._tensor.foreach import _foreach_trunc_ as _foreach_trunc_
from ._tensor.foreach import _foreach_zero_ as _foreach_zero_
from ._tensor.generator import Generator as Generator
from ._tensor.generator import default_generator as default_generator
from ._tensor.generator import get_rng_state as get_rng_state
from ._tensor.generator import initial_seed as initial_seed
from ._tensor.generator import manual_seed as manual_seed
from ._tensor.generator import seed as seed
from ._tensor.generator import set_rng_state as set_rng_state
from ._tensor.histograms import histc as histc
from ._tensor.histograms import histogram as histogram
from ._tensor.histograms import histogramdd as histogramdd
from ._tensor.index_check import is_index_check_enabled as is_index_check_enabled
from ._tensor.index_check import set_index_check as set_index_check
from ._tensor.indexing import index_put as index_put
from ._tensor.inplace_functions import abs_ as abs_
from ._tensor.inplace_functions import acos_ as acos_
from ._tensor.inplace_functions import acosh_ as acosh_
from ._tensor.inplace_functions import addmv_ as addmv_
from ._tensor.inplace_functions import arccos_ as arccos_
from ._tensor.inplace_functions import arccosh_ as arccosh_
from ._tensor.inplace_functions import arcsin_ as arcsin_
from ._tensor.inplace_functions import arcsinh_ as arcsinh_
from ._tensor.inplace_functions import arctan_ as arctan_
from ._tensor.inplace_functions import arctanh_ as arctanh_
from ._tensor.inplace_functions import as_strided_ as as_strided_
from ._tensor.inplace_functions import asin_ as asin_
from ._tensor.inplace_functions import asinh_ as asinh_
from ._tensor.inplace_functions import atan_ as atan_
from ._tensor.inplace_functions import atanh_ as atanh_
from ._tensor.inplace_functions import ceil_ as ceil_
from ._tensor.inplace_functions import clamp_ as clamp_
from ._tensor.inplace_functions import clamp_max_ as clamp_max_
from ._tensor.inplace_functions import clamp_min_ as clamp_min_
from ._tensor.inplace_functions import clip_ as clip_
from ._tensor.inplace_functions import conj_physical_ as conj_physical_
from ._tensor.inplace_functions import cos_ as cos_
from ._tensor.inplace_functions import cosh_ as cosh_
from ._tensor.inplace_functions import deg2rad_ as deg2rad_
from ._tensor.inplace_functions import detach_ as detach_
from ._tensor.inplace_functions import erf_ as erf_
from ._tensor.inplace_functions import erfc_ as erfc_
from ._tensor.inplace_functions import exp2_ as exp2_
from ._tensor.inplace_functions import exp_ as exp_
from ._tensor.inplace_functions import expm1_ as expm1_
from ._tensor.inplace_functions import fill_ as fill_
from ._tensor.inplace_functions import fix_ as fix_
from ._tensor.inplace_functions import floor_ as floor_
from ._tensor.inplace_functions import frac_ as frac_
from ._tensor.inplace_functions import gcd_ as gcd_
from ._tensor.inplace_functions import i0_ as i0_
from ._tensor.inplace_functions import index_put_ as index_put_
from ._tensor.inplace_functions import lcm_ as lcm_
from ._tensor.inplace_functions import ldexp_ as ldexp_
from ._tensor.inplace_functions import log1p_ as log1p_
from ._tensor.inplace_functions import log2_ as log2_
from ._tensor.inplace_functions import log10_ as log10_
from ._tensor.inplace_functions import log_ as log_
from ._tensor.inplace_functions import logit_ as logit_
from ._tensor.inplace_functions import nan_to_num_ as nan_to_num_
from ._tensor.inplace_functions import neg_ as neg_
from ._tensor.inplace_functions import negative_ as negative_
from ._tensor.inplace_functions import rad2deg_ as rad2deg_
from ._tensor.inplace_functions import reciprocal_ as reciprocal_
from ._tensor.inplace_functions import relu_ as relu_
from ._tensor.inplace_functions import resize_as_ as resize_as_
from ._tensor.inplace_functions import round_ as round_
from ._tensor.inplace_functions import rsqrt_ as rsqrt_
from ._tensor.inplace_functions import sigmoid_ as sigmoid_
from ._tensor.inplace_functions import sin_ as sin_
from ._tensor.inplace_functions import sinc_ as sinc_
from ._tensor.inplace_functions import sinh_ as sinh_
from ._tensor.inplace_functions import sqrt_ as sqrt_
from ._tensor.inplace_functions import square_ as square_
from ._tensor.inplace_functions import tan_ as tan_
from ._tensor.inplace_functions import tanh_ as tanh_
from ._tensor.inplace_functions import trunc_ as trunc_
from ._tensor.inplace_functions import xlogy_ as xlogy_
from ._tensor.inplace_functions import zero_ as zero_
from ._tensor.jax_function import jax_function as jax_function
from ._tensor.legacy_types import BFloat16Tensor as BFloat16Tensor
from ._tensor.legacy_types import BoolTensor as BoolTensor
from ._tensor.legacy_types import ByteTensor as ByteTensor
from ._tensor.legacy_types import CharTensor as CharTensor
from ._tensor.legacy_types import DoubleTensor as DoubleTensor
from ._tensor.legacy_types import FloatTensor as FloatTensor
from ._tensor.legacy_types import HalfTensor as HalfTensor
from ._tensor.legacy_types import IntTensor as IntTensor
from ._tensor.legacy_types import LongTensor as LongTensor
from ._tensor.legacy_types import ShortTensor as ShortTensor
from ._tensor.legacy_types import set_default_tensor_type as set_default_tensor_type
from ._tensor.linalg_checked import cholesky as cholesky
from ._tensor.linalg_checked import cholesky_inverse as cholesky_inverse
from ._tensor.linalg_checked import inv as inverse
from ._tensor.linalg_checked import lu as lu
from ._tensor.linalg_checked import lu_solve as lu_solve
from ._tensor.linalg_checked import lu_unpack as lu_unpack
from ._tensor.linalg_checked import matrix_power as matrix_power
from ._tensor.linalg_finite import norm as norm
from ._tensor.linalg_finite import pinv as pinverse
from ._tensor.linalg_finite import svd as svd
from ._tensor.linalg_lowrank import lobpcg as lobpcg
from ._tensor.linalg_lowrank import pca_lowrank as pca_lowrank
from ._tensor.linalg_lowrank import svd_lowrank as svd_lowrank
from ._tensor.older_names import constant_pad_nd as constant_pad_nd
from ._tensor.older_names import detach as detach
from ._tensor.older_names import get_device as get_device
from ._tensor.older_names import norm_except_dim as norm_except_dim
from ._tensor.older_names import vander as vander
from ._tensor.predicates import equal as equal
from ._tensor.predicates import is_complex as is_complex
from ._tensor.predicates import is_conj as is_conj
from ._tensor.predicates import is_floating_point as is_floating_point
from ._tensor.predicates import is_inference as is_inference
from ._tensor.predicates import is_neg as is_neg
from ._tensor.predicates import is_nonzero as is_nonzero
from ._tensor.predicates import is_same_size as is_same_size
from ._tensor.predicates import is_signed as is_signed
from ._tensor.predicates import is_tensor as is_tensor
from ._tensor.predicates import numel as numel
from ._tensor.predicates import result_type as result_type
from ._tensor.printing_options import get_printoptions as get_printoptions
from ._tensor.printing_options import set_printoptions as set_printoptions
from ._tensor.random import normal as normal
from ._tensor.random import rand as rand
from ._tensor.random import rand_like as rand_like
from ._tensor.random import randint as randint
from ._tensor.random import randint_like as randint_like
from ._tensor.random import randn as randn
from ._tensor.random import randn_like as randn_like
from ._tensor.random import randperm as randperm
from ._tensor.random_discrete import bernoulli as bernoulli
from ._tensor.random_discrete import binomial as binomial
from ._tensor.random_discrete import multinomial as multinomial
from ._tensor.random_discrete import poisson as poisson
from ._tensor.random_gamma import _sample_dirichlet as _sample_dirichlet
from ._tensor.random_gamma import _standard_gamma as _standard_gamma
from ._tensor.ranged import gather as gather
from ._tensor.ranged import index_add as index_add
from ._tensor.ranged import index_copy as index_copy
from ._tensor.ranged import index_fill as index_fill
from ._tensor.ranged import index_reduce as index_reduce
from ._tensor.ranged import index_select as index_select
from ._tensor.ranged import masked_scatter as masked_scatter
from ._tensor.ranged import put as put
from ._tensor.ranged import scatter as scatter
from ._tensor.ranged import scatter_add as scatter_add
from ._tensor.ranged import scatter_reduce as scatter_reduce
from ._tensor.ranged import select_scatter as select_scatter
from ._tensor.ranged import slice_scatter as slice_scatter
from ._tensor.ranged import take as take
from ._tensor.reshaping import as_strided as as_strided
from ._tensor.reshaping import clone as clone
from ._tensor.reshaping import flatten as flatten
from ._tensor.reshaping import narrow as narrow
from ._tensor.reshaping import ravel as ravel
from ._tensor.reshaping import reshape as reshape
from ._tensor.reshaping import resolve_conj as resolve_conj
from ._tensor.reshaping import resolve_neg as resolve_neg
from ._tensor.reshaping import select as select
from ._tensor.reshaping import unflatten as unflatten
from ._tensor.reshaping import view_as_complex as view_as_complex
from ._tensor.searching import argwhere as argwhere
from ._tensor.searching import bincount as bincount
from ._tensor.searching import bucketize as bucketize
from ._tensor.searching import masked_select as masked_select
from ._tensor.searching import nonzero as nonzero
from ._tensor.searching import repeat_interleave as repeat_interleave
from ._tensor.searching import searchsorted as searchsorted
from ._tensor.searching import unique as unique
from ._tensor.searching import unique_consecutive as unique_consecutive
from ._tensor.segments import segment_reduce as segment_reduce
from ._tensor.sparse_coo import sparse_coo_tensor as sparse_coo_tensor
from ._tensor.sparse_coo import spmm as spmm
from ._tensor.spectral import istft as istft
from ._tensor.spectral import stft as stft
from ._tensor.step_key import use_key as use_key
from ._tensor.storage import TypedStorage as TypedStorage
from ._tensor.storage import UntypedStorage as UntypedStorage
from ._tensor.tensor import Tensor as Tensor
from ._tensor.typename import typename as typename
from ._tensor.view_copies import alias_copy as alias_copy
from ._tensor.view_copies import as_strided_copy as as_strided_copy
from ._tensor.view_copies import as_strided_scatter as as_strided_scatter
from ._tensor.view_copies import diagonal_copy as diagonal_copy
from ._tensor.view_copies import expand_copy as expand_copy
from ._tensor.view_copies import narrow_copy as narrow_copy
from ._tensor.view_copies import permute_copy as permute_copy
from ._tensor.view_copies import select_copy as select_copy
from ._tensor.view_copies import slice_copy as slice_copy
from ._tensor.view_copies import split_copy as split_copy
from ._tensor.view_copies import split_with_sizes_copy as split_with_sizes_copy
from ._tensor.view_copies import squeeze_copy as squeeze_copy
from ._tensor.view_copies import t_copy as t_copy
from ._tensor.view_copies import transpose_copy as transpose_copy
from ._tensor.view_copies import unbind_copy as unbind_copy
from ._tensor.view_copies import unfold_copy as unfold_copy
from ._tensor.view_copies import unsafe_chunk as unsafe_chunk
from ._tensor.view_copies import unsafe_split as unsafe_split
from ._tensor.view_copies import unsafe_split_with_sizes as unsafe_split_with_sizes
from ._tensor.view_copies import unsqueeze_copy as unsqueeze_copy
from ._tensor.view_copies import view_copy as view_copy
from ._tensor.weighted import cov as cov
from ._tensor.weighted import nanquantile as nanquantile
from ._tensor.weighted import quantile as quantile
from .amp import GradScaler as GradScaler
from .amp import autocast as autocast
from .amp.autocast_mode import autocast_decrement_nesting as autocast_decrement_nesting
from .amp.autocast_mode import autocast_increment_nesting as autocast_increment_nesting
from .amp.autocast_mode import clear_autocast_cache as clear_autocast_cache
from .amp.autocast_mode import get_autocast_cpu_dtype as get_autocast_cpu_dtype
from .amp.autocast_mode import get_autocast_dtype as get_autocast_dtype
from .amp.autocast_mode import get_autocast_gpu_dtype as get_autocast_gpu_dtype
from .amp.autocast_mode import is_autocast_cache_enabled as is_autocast_cache_enabled
from .amp.autocast_mode import is_autocast_cpu_enabled as is_autocast_cpu_enabled
from .amp.autocast_mode import is_autocast_enabled as is_autocast_enabled
from .amp.autocast_mode import set_autocast_cache_enabled as set_autocast_cache_enabled
from .amp.autocast_mode import set_autocast_cpu_dtype as set_autocast_cpu_dtype
from .amp.autocast_mode import set_autocast_cpu_enabled as set_autocast_cpu_enabled
from .amp.autocast_mode import set_autocast_dtype as set_autocast_dtype
from .amp.autocast_mode import set_autocast_enabled as set_autocast_enabled
from .amp.autocast_mode import set_autocast_gpu_dtype as set_autocast_gpu_dtype
from .autograd.anomaly_mode import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from .autograd.anomaly_mode import is_anomaly_enabled as is_anomaly_enabled
from .compiler import compile as compile
from .func import vmap as vmap
from .layouts import channels_last as channels_last
from .layouts import channels_last_3d as channels_last_3d
from .layouts import contiguous_format as contiguous_format
from .layouts import layout as layout
from .layouts import legacy_contiguous_format as legacy_contiguous_format
from .layouts import memory_format as memory_format
from .layouts import preserve_format as preserve_format
from .layouts import sparse_coo as sparse_coo
from .layouts import strided as strided
from .nn.functional import adaptive_avg_pool1d as adaptive_avg_pool1d
from .nn.functional import avg_pool1d as avg_pool1d
from .nn.functional import bilinear as bilinear
from .nn.functional import celu as celu
from .nn.functional import celu_ as celu_
from .nn.functional import channel_shuffle as channel_shuffle
from .nn.functional import conv1d as conv1d
from .nn.functional import conv2d as conv2d
from .nn.functional import conv3d as conv3d
from .nn.functional import conv_transpose1d as conv_transpose1d
from .nn.functional import conv_transpose2d as conv_transpose2d
from .nn.functional import conv_transpose3d as conv_transpose3d
from .nn.functional import cosine_similarity as cosine_similarity
from .nn.functional import group_norm as group_norm
from .nn.functional import hardshrink as hardshrink
from .nn.functional import layer_norm as layer_norm
from .nn.functional import max_pool1d as max_pool1d
from .nn.functional import max_pool1d_with_indices as max_pool1d_with_indices
from .nn.functional import max_pool2d as max_pool2d
from .nn.functional import max_pool3d as max_pool3d
from .nn.functional import pairwise_distance as pairwise_distance
from .nn.functional import pdist as pdist
from .nn.functional import pixel_shuffle as pixel_shuffle
from .nn.functional import pixel_unshuffle as pixel_unshuffle
from .nn.functional import prelu as prelu
from .nn.functional import rms_norm as rms_norm
from .nn.functional import rrelu as rrelu
from .nn.functional import rrelu_ as rrelu_
from .nn.functional import selu as selu
from .nn.functional import selu_ as selu_
from .nn.functional import threshold as threshold
from .nn.functional import threshold_ as threshold_
from .nn.functional.recurrent import gru as gru
from .nn.functional.recurrent import gru_cell as gru_cell
from .nn.functional.recurrent import lstm as lstm
from .nn.functional.recurrent import lstm_cell as lstm_cell
from .nn.functional.recurrent import rnn_relu as rnn_relu
from .nn.functional.recurrent import rnn_relu_cell as rnn_relu_cell
from .nn.functional.recurrent import rnn_tanh as rnn_tanh
from .nn.functional.recurrent import rnn_tanh_cell as rnn_tanh_cell
from .nn.functional.top_level import adaptive_max_pool1d as adaptive_max_pool1d
from .nn.functional.top_level import alpha_dropout as alpha_dropout
from .nn.functional.top_level import alpha_dropout_ as alpha_dropout_
from .nn.functional.top_level import batch_norm as batch_norm
from .nn.functional.top_level import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from .nn.functional.top_level import conv_tbc as conv_tbc
from .nn.functional.top_level import cosine_embedding_loss as cosine_embedding_loss
from .nn.functional.top_level import ctc_loss as ctc_loss
from .nn.functional.top_level import dropout as dropout
from .nn.functional.top_level import dropout_ as dropout_
from .nn.functional.top_level import embedding as embedding
from .nn.functional.top_level import embedding_renorm_ as embedding_renorm_
from .nn.functional.top_level import feature_alpha_dropout as feature_alpha_dropout
from .nn.functional.top_level import feature_alpha_dropout_ as feature_alpha_dropout_
from .nn.functional.top_level import feature_dropout as feature_dropout
from .nn.functional.top_level import feature_dropout_ as feature_dropout_
from .nn.functional.top_level import grid_sampler as grid_sampler
from .nn.functional.top_level import hinge_embedding_loss as hinge_embedding_loss
from .nn.functional.top_level import instance_norm as instance_norm
from .nn.functional.top_level import kl_div as kl_div
from .nn.functional.top_level import margin_ranking_loss as margin_ranking_loss
from .nn.functional.top_level import native_channel_shuffle as native_channel_shuffle
from .nn.functional.top_level import poisson_nll_loss as poisson_nll_loss
from .nn.functional.top_level import triplet_margin_loss as triplet_margin_loss
from .ops.comparison import allclose as allclose
from .ops.comparison import eq as eq
from .ops.comparison import ge as ge
from .ops.comparison import greater as greater
from .ops.comparison import greater_equal as greater_equal
from .ops.comparison import gt as gt
from .ops.comparison import isclose as isclose
from .ops.comparison import isfinite as isfinite
from .ops.comparison import isin as isin
from .ops.comparison import isinf as isinf
from .ops.comparison import isnan as isnan
from .ops.comparison import isneginf as isneginf
from .ops.comparison import isposinf as isposinf
from .ops.comparison import isreal as isreal
from .ops.comparison import le as le
from .ops.comparison import less as less
from .ops.comparison import less_equal as less_equal
from .ops.comparison import lt as lt
from .ops.comparison import ne as ne
from .ops.comparison import not_equal as not_equal
from .ops.conjugation import conj_physical as conj_physical
from .ops.conversion import fill as fill
from .ops.dirichlet_samples import _dirichlet_grad as _dirichlet_grad
from .ops.distances import cdist as cdist
from .ops.distances import renorm as renorm
from .ops.fake_quantize import fake_quantize_per_channel_affine as fake_quantize_per_channel_affine
from .ops.fake_quantize import fake_quantize_per_tensor_affine as fake_quantize_per_tensor_affine
from .ops.indexing_places import nonzero_static as nonzero_static
from .ops.indexing_places import unravel_index as unravel_index
from .ops.indexing_scatter import take_along_dim as take_along_dim
from .ops.indexing_select import diagonal_scatter as diagonal_scatter
from .ops.joining import block_diag as block_diag
from .ops.joining import broadcast_shapes as broadcast_shapes
from .ops.joining import broadcast_tensors as broadcast_tensors
from .ops.joining import cartesian_prod as cartesian_prod
from .ops.joining import cat as cat
from .ops.joining import column_stack as column_stack
from .ops.joining import combinations as combinations
from .ops.joining import concat as concat
from .ops.joining import concatenate as concatenate
from .ops.joining import dstack as dstack
from .ops.joining import hstack as hstack
from .ops.joining import meshgrid as meshgrid
from .ops.joining import stack as stack
from .ops.joining import vstack as row_stack
from .ops.joining import vstack as vstack
from .ops.linalg import addbmm as addbmm
from .ops.linalg import addmm as addmm
from .ops.linalg import addmv as addmv
from .ops.linalg import addr as addr
from .ops.linalg import baddbmm as baddbmm
from .ops.linalg import bmm as bmm
from .ops.linalg import dot as dot
from .ops.linalg import ger as ger
from .ops.linalg import inner as inner
from .ops.linalg import matmul as matmul
from .ops.linalg import mm as mm
from .ops.linalg import mv as mv
from .ops.linalg import outer as outer
from .ops.linalg import vdot as vdot
from .ops.linalg_cholesky import cholesky_solve as cholesky_solve
from .ops.linalg_householder import geqrf as geqrf
from .ops.linalg_householder import householder_product as orgqr
from .ops.linalg_householder import ormqr as ormqr
from .ops.linalg_householder import qr as qr
from .ops.linalg_lu import det as det
from .ops.linalg_lu import logdet as logdet
from .ops.linalg_lu import slogdet as slogdet
from .ops.linalg_solve import chain_matmul as chain_matmul
from .ops.linalg_solve import matrix_exp as matrix_exp
from .ops.linalg_solve import triangular_solve as triangular_solve
from .ops.linalg_tensor import cross as cross
from .ops.linalg_tensor import einsum as einsum
from .ops.linalg_tensor import kron as kron
from .ops.linalg_tensor import tensordot as tensordot
from .ops.linalg_tensor import trace as trace
from .ops.nn_activation import relu as relu
from .ops.nn_softmax import log_softmax as log_softmax
from .ops.nn_softmax import softmax as softmax
from .ops.pointwise import add as add
from .ops.pointwise import addcdiv as addcdiv
from .ops.pointwise import addcmul as addcmul
from .ops.pointwise import div as div
from .ops.pointwise import divide as divide
from .ops.pointwise import floor_divide as floor_divide
from .ops.pointwise import fmod as fmod
from .ops.pointwise import lerp as lerp
from .ops.pointwise import mul as mul
from .ops.pointwise import multiply as multiply
from .ops.pointwise import neg as neg
from .ops.pointwise import negative as negative
from .ops.pointwise import positive as positive
from .ops.pointwise import reciprocal as reciprocal
from .ops.pointwise import remainder as remainder
from .ops.pointwise import rsub as rsub
from .ops.pointwise import square as square
from .ops.pointwise import sub as sub
from .ops.pointwise import subtract as subtract
from .ops.pointwise import true_divide as true_divide
from .ops.pointwise_bits import bitwise_and as bitwise_and
from .ops.pointwise_bits import bitwise_left_shift as bitwise_left_shift
from .ops.pointwise_bits import bitwise_not as bitwise_not
from .ops.pointwise_bits import bitwise_or as bitwise_or
from .ops.pointwise_bits import bitwise_right_shift as bitwise_right_shift
from .ops.pointwise_bits import bitwise_xor as bitwise_xor
from .ops.pointwise_bits import logical_and as logical_and
from .ops.pointwise_bits import logical_not as logical_not
from .ops.pointwise_bits import logical_or as logical_or
from .ops.pointwise_bits import logical_xor as logical_xor
from .ops.pointwise_exp import exp as exp
from .ops.pointwise_exp import exp2 as exp2
from .ops.pointwise_exp import expm1 as expm1
from .ops.pointwise_exp import log as log
from .ops.pointwise_exp import log1p as log1p
from .ops.pointwise_exp import log2 as log2
from .ops.pointwise_exp import log10 as log10
from .ops.pointwise_exp import logaddexp as logaddexp
from .ops.pointwise_exp import logaddexp2 as logaddexp2
from .ops.pointwise_exp import logit as logit
from .ops.pointwise_exp import rsqrt as rsqrt
from .ops.pointwise_exp import sigmoid as sigmoid
from .ops.pointwise_exp import sqrt as sqrt
from .ops.pointwise_exp import xlogy as xlogy
from .ops.pointwise_gamma import digamma as digamma
from .ops.pointwise_gamma import gammainc as igamma
from .ops.pointwise_gamma import gammaincc as igammac
from .ops.pointwise_gamma import lgamma as lgamma
from .ops.pointwise_gamma import multigammaln as mvlgamma
from .ops.pointwise_gamma import polygamma as polygamma
from .ops.pointwise_numbers import frexp as frexp
from .ops.pointwise_numbers import gcd as gcd
from .ops.pointwise_numbers import lcm as lcm
from .ops.pointwise_numbers import ldexp as ldexp
from .ops.pointwise_numbers import nextafter as nextafter
from .ops.pointwise_power import float_power as float_power
from .ops.pointwise_power import pow as pow
from .ops.pointwise_rounding import abs as abs
from .ops.pointwise_rounding import absolute as absolute
from .ops.pointwise_rounding import angle as angle
from .ops.pointwise_rounding import ceil as ceil
from .ops.pointwise_rounding import copysign as copysign
from .ops.pointwise_rounding import fix as fix
from .ops.pointwise_rounding import floor as floor
from .ops.pointwise_rounding import frac as frac
from .ops.pointwise_rounding import heaviside as heaviside
from .ops.pointwise_rounding import round as round
from .ops.pointwise_rounding import sgn as sgn
from .ops.pointwise_rounding import sign as sign
from .ops.pointwise_rounding import signbit as signbit
from .ops.pointwise_rounding import trunc as trunc
from .ops.pointwise_select import clamp as clamp
from .ops.pointwise_select import clamp_max as clamp_max
from .ops.pointwise_select import clamp_min as clamp_min
from .ops.pointwise_select import clip as clip
from .ops.pointwise_select import fmax as fmax
from .ops.pointwise_select import fmin as fmin
from .ops.pointwise_select import masked_fill as masked_fill
from .ops.pointwise_select import maximum as maximum
from .ops.pointwise_select import minimum as minimum
from .ops.pointwise_select import nan_to_num as nan_to_num
from .ops.pointwise_select import where as where
from .ops.pointwise_special import erf as erf
from .ops.pointwise_special import erfc as erfc
from .ops.pointwise_special import erfinv as erfinv
from .ops.pointwise_special import i0 as i0
from .ops.pointwise_trig import acos as acos
from .ops.pointwise_trig import acosh as acosh
from .ops.pointwise_trig import arccos as arccos
from .ops.pointwise_trig import arccosh as arccosh
from .ops.pointwise_trig import arcsin as arcsin
from .ops.pointwise_trig import arcsinh as arcsinh
from .ops.pointwise_trig import arctan as arctan
from .ops.pointwise_trig import arctan2 as arctan2
from .ops.pointwise_trig import arctanh as arctanh
from .ops.pointwise_trig import asin as asin
from .ops.pointwise_trig import asinh as asinh
from .ops.pointwise_trig import atan as atan
from .ops.pointwise_trig import atan2 as atan2
from .ops.pointwise_trig import atanh as atanh
from .ops.pointwise_trig import cos as cos
from .ops.pointwise_trig import cosh as cosh
from .ops.pointwise_trig import deg2rad as deg2rad
from .ops.pointwise_trig import hypot as hypot
from .ops.pointwise_trig import rad2deg as rad2deg
from .ops.pointwise_trig import sin as sin
from .ops.pointwise_trig import sinc as sinc
from .ops.pointwise_trig import sinh as sinh
from .ops.pointwise_trig import tan as tan
from .ops.pointwise_trig import tanh as tanh
from .ops.reduction import all as all
from .ops.reduction import any as any
from .ops.reduction import count_nonzero as count_nonzero
from .ops.reduction import hash_tensor as hash_tensor
from .ops.reduction import logsumexp as logsumexp
from .ops.reduction import mean as mean
from .ops.reduction import nanmean as nanmean
from .ops.reduction import nansum as nansum
from .ops.reduction import prod as prod
from .ops.reduction import sum as sum
from .ops.reduction_extrema import amax as amax
from .ops.reduction_extrema import amin as amin
from .ops.reduction_extrema import aminmax as aminmax
from .ops.reduction_extrema import argmax as argmax
from .ops.reduction_extrema import argmin as argmin
from .ops.reduction_extrema import max as max
from .ops.reduction_extrema import min as min
from .ops.reduction_moments import dist as dist
from .ops.reduction_moments import std as std
from .ops.reduction_moments import std_mean as std_mean
from .ops.reduction_moments import var as var
from .ops.reduction_moments import var_mean as var_mean
from .ops.reduction_order import argsort as argsort
from .ops.reduction_order import kthvalue as kthvalue
from .ops.reduction_order import median as median
from .ops.reduction_order import mode as mode
from .ops.reduction_order import msort as msort
from .ops.reduction_order import nanmedian as nanmedian
from .ops.reduction_order import sort as sort
from .ops.reduction_order import topk as topk
from .ops.reduction_scan import cummax as cummax
from .ops.reduction_scan import cummin as cummin
from .ops.reduction_scan import cumprod as cumprod
from .ops.reduction_scan import cumsum as cumsum
from .ops.reduction_scan import diff as diff
from .ops.reduction_scan import logcumsumexp as logcumsumexp
from .ops.shape import adjoint as adjoint
from .ops.shape import atleast_1d as atleast_1d
from .ops.shape import atleast_2d as atleast_2d
from .ops.shape import atleast_3d as atleast_3d
from .ops.shape import broadcast_to as broadcast_to
from .ops.shape import conj as conj
from .ops.shape import movedim as moveaxis
from .ops.shape import movedim as movedim
from .ops.shape import permute as permute
from .ops.shape import squeeze as squeeze
from .ops.shape import t as t
from .ops.shape import transpose as swapaxes
from .ops.shape import transpose as swapdims
from .ops.shape import transpose as transpose
from .ops.shape import unsqueeze as unsqueeze
from .ops.shape_parts import chunk as chunk
from .ops.shape_parts import diagonal as diagonal
from .ops.shape_parts import dsplit as dsplit
from .ops.shape_parts import hsplit as hsplit
from .ops.shape_parts import split as split
from .ops.shape_parts import split_with_sizes as split_with_sizes
from .ops.shape_parts import tensor_split as tensor_split
from .ops.shape_parts import unbind as unbind
from .ops.shape_parts import vsplit as vsplit
from .ops.shape_rearrange import complex_ as complex
from .ops.shape_rearrange import diag as diag
from .ops.shape_rearrange import diag_embed as diag_embed
from .ops.shape_rearrange import diagflat as diagflat
from .ops.shape_rearrange import flip as flip
from .ops.shape_rearrange import fliplr as fliplr
from .ops.shape_rearrange import flipud as flipud
from .ops.shape_rearrange import imag as imag
from .ops.shape_rearrange import polar as polar
from .ops.shape_rearrange import real as real
from .ops.shape_rearrange import roll as roll
from .ops.shape_rearrange import rot90 as rot90
from .ops.shape_rearrange import tile as tile
from .ops.shape_rearrange import tril as tril
from .ops.shape_rearrange import triu as triu
from .ops.shape_rearrange import view_as_real as view_as_real
from .ops.statistics import corrcoef as corrcoef
from .ops.statistics import cumulative_trapezoid as cumulative_trapezoid
from .ops.statistics import gradient as gradient
from .ops.statistics import trapezoid as trapezoid
from .ops.statistics import trapz as trapz
from .serialization import load as load
from .serialization import save as save
from .utils.dlpack import to_dlpack as to_dlpack
from .version import __version__ as __version__

newaxis = None  # x[:, newaxis]

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "DoubleTensor",
    "Event",
    "FloatTensor",
    "Generator",
    "GradScaler",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "OutOfMemoryError",
    "ShortTensor",
    "Size",
    "Stream",
    "Tensor",
    "TypedStorage",
    "UntypedStorage",
    "__version__",
    "abs",
    "abs_",
    "absolute",
    "accelerator",
    "acos",
    "acos_",
    "acosh",
    "acosh_",
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addmv_",
    "addr",
    "adjoint",
    "alias_copy",
    "all",
    "allclose",
    "alpha_dropout",
    "alpha_dropout_",
    "amax",
    "amin",
    "aminmax",
    "amp",
    "angle",
    "any",
    "arange",
    "arccos",
    "arccos_",
    "arccosh",
    "arccosh_",
    "arcsin",
    "arcsin_",
    "arcsinh",
    "arcsinh_",
    "arctan",
    "arctan2",
    "arctan_",
    "arctanh",
    "arctanh_",
    "are_deterministic_algorithms_enabled",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "as_strided",
    "as_strided_",
    "as_strided_copy",
    "as_strided_scatter",
    "as_tensor",
    "asarray",
    "asin",
    "asin_",
    "asinh",
    "asinh_",
    "associative_scan",
    "atan",
    "atan2",
    "atan_",
    "atanh",
    "atanh_",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "autocast",
    "autocast_decrement_nesting",
    "autocast_increment_nesting",
    "autograd",
    "avg_pool1d",
    "backends",
    "baddbmm",
    "bartlett_window",
    "batch_norm",
    "bernoulli",
    "bfloat16",
    "bilinear",
    "binary_cross_entropy_with_logits",
    "bincount",
    "binomial",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "blackman_window",
    "block_diag",
    "bmm",
    "bool",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "can_cast",
    "cartesian_prod",
    "cat",
    "cdist",
    "cdouble",
    "ceil",
    "ceil_",
    "celu",
    "celu_",
    "cfloat",
    "chain_matmul",
    "channel_shuffle",
    "channels_last",
    "channels_last_3d",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "chunk",
    "clamp",
    "clamp_",
    "clamp_max",
    "clamp_max_",
    "clamp_min",
    "clamp_min_",
    "clear_autocast_cache",
    "clear_cache",
    "clip",
    "clip_",
    "clone",
    "column_stack",
    "combinations",
    "compile",
    "compiler",
    "complex",
    "complex64",
    "complex128",
    "concat",
    "concatenate",
    "cond",
    "conj",
    "conj_physical",
    "conj_physical_",
    "constant_pad_nd",
    "contiguous_format",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "copysign",
    "corrcoef",
    "cos",
    "cos_",
    "cosh",
    "cosh_",
    "cosine_embedding_loss",
    "cosine_similarity",
    "count_nonzero",
    "cov",
    "cpu",
    "cross",
    "ctc_loss",
    "cuda",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "default_generator",
    "deg2rad",
    "deg2rad_",
    "det",
    "detach",
    "detach_",
    "device",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_copy",
    "diagonal_scatter",
    "diff",
    "digamma",
    "dist",
    "distributed",
    "distributions",
    "div",
    "divide",
    "dot",
    "double",
    "dropout",
    "dropout_",
    "dsplit",
    "dstack",
    "dtype",
    "e",
    "einsum",
    "embedding",
    "embedding_renorm_",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "erf_",
    "erfc",
    "erfc_",
    "erfinv",
    "exp",
    "exp2",
    "exp2_",
    "exp_",
    "expand_copy",
    "expm1",
    "expm1_",
    "eye",
    "fake_quantize_per_channel_affine",
    "fake_quantize_per_tensor_affine",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "fft",
    "fill",
    "fill_",
    "finfo",
    "fix",
    "fix_",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "frac_",
    "frexp",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "func",
    "functional",
    "futures",
    "gather",
    "gcd",
    "gcd_",
    "ge",
    "geqrf",
    "ger",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "get_default_device",
    "get_default_dtype",
    "get_deterministic_debug_mode",
    "get_device",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "get_printoptions",
    "get_rng_state",
    "gradient",
    "greater",
    "greater_equal",
    "grid_sampler",
    "group_norm",
    "gru",
    "gru_cell",
    "gt",
    "half",
    "hamming_window",
    "hann_window",
    "hardshrink",
    "hash_tensor",
    "heaviside",
    "hinge_embedding_loss",
    "histc",
    "histogram",
    "histogramdd",
    "hsplit",
    "hstack",
    "hub",
    "hypot",
    "i0",
    "i0_",
    "igamma",
    "igammac",
    "iinfo",
    "imag",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_put_",
    "index_reduce",
    "index_select",
    "inf",
    "inference_mode",
    "initial_seed",
    "inner",
    "instance_norm",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "inverse",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "is_complex",
    "is_conj",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_floating_point",
    "is_grad_enabled",
    "is_index_check_enabled",
    "is_inference",
    "is_inference_mode_enabled",
    "is_neg",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_storage",
    "is_tensor",
    "is_warn_always_enabled",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "istft",
    "jax_function",
    "jit",
    "kaiser_window",
    "kl_div",
    "kron",
    "kthvalue",
    "layer_norm",
    "layout",
    "lcm",
    "lcm_",
    "ldexp",
    "ldexp_",
    "le",
    "legacy_contiguous_format",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "library",
    "linalg",
    "linspace",
    "load",
    "lobpcg",
    "log",
    "log1p",
    "log1p_",
    "log2",
    "log2_",
    "log10",
    "log10_",
    "log_",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logdet",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logit_",
    "logspace",
    "logsumexp",
    "long",
    "lstm",
    "lstm_cell",
    "lt",
    "lu",
    "lu_solve",
    "lu_unpack",
    "manual_seed",
    "margin_ranking_loss",
    "masked",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "matmul",
    "matrix_exp",
    "matrix_power",
    "max",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool3d",
    "maximum",
    "mean",
    "median",
    "memory_format",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "mode",
    "moveaxis",
    "movedim",
    "mps",
    "msort",
    "mul",
    "multinomial",
    "multiply",
    "multiprocessing",
    "mv",
    "mvlgamma",
    "nan",
    "nan_to_num",
    "nan_to_num_",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "narrow",
    "narrow_copy",
    "native_channel_shuffle",
    "ne",
    "neg",
    "neg_",
    "negative",
    "negative_",
    "newaxis",
    "nextafter",
    "nn",
    "no_grad",
    "nonzero",
    "nonzero_static",
    "norm",
    "norm_except_dim",
    "normal",
    "not_equal",
    "numel",
    "ones",
    "ones_like",
    "optim",
    "orgqr",
    "ormqr",
    "outer",
    "overrides",
    "pairwise_distance",
    "pca_lowrank",
    "pdist",
    "permute",
    "permute_copy",
    "pi",
    "pinverse",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson",
    "poisson_nll_loss",
    "polar",
    "polygamma",
    "positive",
    "pow",
    "prelu",
    "preserve_format",
    "prod",
    "profiler",
    "promote_types",
    "put",
    "qr",
    "quantile",
    "quasirandom",
    "rad2deg",
    "rad2deg_",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "random",
    "randperm",
    "range",
    "ravel",
    "real",
    "reciprocal",
    "reciprocal_",
    "relu",
    "relu_",
    "remainder",
    "renorm",
    "repeat_interleave",
    "reset_stats",
    "reshape",
    "resize_as_",
    "resolve_conj",
    "resolve_neg",
    "result_type",
    "return_types",
    "rms_norm",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
    "roll",
    "rot90",
    "round",
    "round_",
    "row_stack",
    "rrelu",
    "rrelu_",
    "rsqrt",
    "rsqrt_",
    "rsub",
    "save",
    "scalar_tensor",
    "scan",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "searchsorted",
    "seed",
    "segment_reduce",
    "select",
    "select_copy",
    "select_scatter",
    "selu",
    "selu_",
    "serialization",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_autocast_gpu_dtype",
    "set_default_device",
    "set_default_dtype",
    "set_default_tensor_type",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_grad_enabled",
    "set_index_check",
    "set_num_interop_threads",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "set_warn_always",
    "sgn",
    "short",
    "sigmoid",
    "sigmoid_",
    "sign",
    "signal",
    "signbit",
    "sin",
    "sin_",
    "sinc",
    "sinc_",
    "sinh",
    "sinh_",
    "slice_copy",
    "slice_scatter",
    "slogdet",
    "softmax",
    "sort",
    "sparse",
    "sparse_coo",
    "sparse_coo_tensor",
    "special",
    "split",
    "split_copy",
    "split_with_sizes",
    "split_with_sizes_copy",
    "spmm",
    "sqrt",
    "sqrt_",
    "square",
    "square_",
    "squeeze",
    "squeeze_copy",
    "stack",
    "stats",
    "std",
    "std_mean",
    "stft",
    "strided",
    "sub",
    "subtract",
    "sum",
    "svd",
    "svd_lowrank",
    "swapaxes",
    "swapdims",
    "t",
    "t_copy",
    "take",
    "take_along_dim",
    "tan",
    "tan_",
    "tanh",
    "tanh_",
    "tensor",
    "tensor_split",
    "tensordot",
    "testing",
    "threshold",
    "threshold_",
    "tile",
    "to_dlpack",
    "topk",
    "torch_version",
    "trace",
    "transpose",
    "transpose_copy",
    "trapezoid",
    "trapz",
    "triangular_solve",
    "tril",
    "tril_indices",
    "triplet_margin_loss",
    "triu",
    "triu_indices",
    "true_divide",
    "trunc",
    "trunc_",
    "typename",
    "types",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unbind",
    "unbind_copy",
    "unflatten",
    "unfold_copy",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "unsqueeze",
    "unsqueeze_copy",
    "use_deterministic_algorithms",
    "use_key",
    "utils",
    "vander",
    "var",
    "var_mean",
    "vdot",
    "version",
    "view_as_complex",
    "view_as_real",
    "view_copy",
    "vmap",
    "vsplit",
    "vstack",
    "where",
    "while_loop",
    "xlogy",
    "xlogy_",
    "xpu",
    "zero_",
    "zeros",
    "zeros_like",
]


publish(
    __name__,
    (
        "Event",
        "OutOfMemoryError",
        "Size",
        "Stream",
        "TypedStorage",
        "UntypedStorage",
        "device",
        "dtype",
        "finfo",
        "iinfo",
        "layout",
        "memory_format",
    ),
)
del publish

collect_as_before()
del collect_as_before

# What most programs do not use: the import does without.
_WHEN_ASKED_FOR = {
    "__future__",
    "_dynamo",
    "_functorch",
    "_inductor",
    "distributed",
    "distributions",
    "futures",
    "hub",
    "jit",
    "masked",
    "mps",
    "multiprocessing",
    "overrides",
    "sparse",
    "xpu",
}

if TYPE_CHECKING:
    from . import _dynamo as _dynamo
    from . import _functorch as _functorch
    from . import _inductor as _inductor
    from . import distributed as distributed
    from . import distributions as distributions
    from . import futures as futures
    from . import hub as hub
    from . import jit as jit
    from . import masked as masked
    from . import mps as mps
    from . import multiprocessing as multiprocessing
    from . import overrides as overrides
    from . import sparse as sparse
    from . import xpu as xpu

del TYPE_CHECKING


def __getattr__(name: str) -> object:
    if name in _WHEN_ASKED_FOR:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(globals().keys() | _WHEN_ASKED_FOR)
