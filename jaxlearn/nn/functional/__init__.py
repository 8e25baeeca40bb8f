"""``torch.nn.functional``: layers and losses as functions."""

from __future__ import annotations

from ...ops.nn_activation import glu as glu
from ...ops.nn_activation import hardshrink as hardshrink
from ...ops.nn_activation import prelu as prelu
from ...ops.nn_activation import softshrink as softshrink
from ...ops.nn_activation_smooth import gelu as gelu
from ...ops.nn_activation_smooth import logsigmoid as logsigmoid
from ...ops.nn_activation_smooth import softplus as softplus
from ...ops.nn_activation_smooth import softsign as softsign
from ...ops.nn_activation_smooth import tanhshrink as tanhshrink
from ...ops.nn_conv import conv1d as conv1d
from ...ops.nn_conv import conv2d as conv2d
from ...ops.nn_conv import conv3d as conv3d
from ...ops.nn_conv_transpose import conv_transpose1d as conv_transpose1d
from ...ops.nn_conv_transpose import conv_transpose2d as conv_transpose2d
from ...ops.nn_conv_transpose import conv_transpose3d as conv_transpose3d
from ...ops.nn_distance import pdist as pdist
from ...ops.nn_grouped import grouped_mm as grouped_mm
from ...ops.nn_linear import bilinear as bilinear
from ...ops.nn_linear import linear as linear
from ...ops.nn_loss_ranking import cosine_similarity as cosine_similarity
from ...ops.nn_loss_ranking import pairwise_distance as pairwise_distance
from ...ops.nn_norm import layer_norm as layer_norm
from ...ops.nn_norm import local_response_norm as local_response_norm
from ...ops.nn_norm import normalize as normalize
from ...ops.nn_norm import rms_norm as rms_norm
from ...ops.nn_pad import pad as pad
from ...ops.nn_pool_adaptive import adaptive_avg_pool1d as adaptive_avg_pool1d
from ...ops.nn_pool_adaptive import adaptive_avg_pool2d as adaptive_avg_pool2d
from ...ops.nn_pool_adaptive import adaptive_avg_pool3d as adaptive_avg_pool3d
from ...ops.nn_pool_adaptive import adaptive_max_pool1d as adaptive_max_pool1d
from ...ops.nn_pool_adaptive import adaptive_max_pool2d as adaptive_max_pool2d
from ...ops.nn_pool_adaptive import adaptive_max_pool3d as adaptive_max_pool3d
from ...ops.nn_pool_avg import avg_pool1d as avg_pool1d
from ...ops.nn_pool_avg import avg_pool2d as avg_pool2d
from ...ops.nn_pool_avg import avg_pool3d as avg_pool3d
from ...ops.nn_pool_max import max_pool1d as max_pool1d
from ...ops.nn_pool_max import max_pool2d as max_pool2d
from ...ops.nn_pool_max import max_pool3d as max_pool3d
from ...ops.nn_rearrange import channel_shuffle as channel_shuffle
from ...ops.nn_rearrange import fold as fold
from ...ops.nn_rearrange import pixel_shuffle as pixel_shuffle
from ...ops.nn_rearrange import pixel_unshuffle as pixel_unshuffle
from ...ops.nn_rearrange import unfold as unfold
from ...ops.pointwise_exp import sigmoid as sigmoid
from ...ops.pointwise_trig import tanh as tanh
from .. import grad as grad
from .activation import hardsigmoid as hardsigmoid
from .activation import hardswish as hardswish
from .activation import hardtanh as hardtanh
from .activation import leaky_relu as leaky_relu
from .activation import log_softmax as log_softmax
from .activation import relu as relu
from .activation import relu6 as relu6
from .activation import softmax as softmax
from .activation import softmin as softmin
from .activation import threshold as threshold
from .activation_smooth import celu as celu
from .activation_smooth import elu as elu
from .activation_smooth import mish as mish
from .activation_smooth import selu as selu
from .activation_smooth import silu as silu
from .dropout import alpha_dropout as alpha_dropout
from .dropout import dropout as dropout
from .dropout import dropout1d as dropout1d
from .dropout import dropout2d as dropout2d
from .dropout import dropout3d as dropout3d
from .dropout import feature_alpha_dropout as feature_alpha_dropout
from .dropout import rrelu as rrelu
from .dropout import rrelu_ as rrelu_
from .grid import affine_grid as affine_grid
from .grid import grid_sample as grid_sample
from .inplace import celu_ as celu_
from .inplace import elu_ as elu_
from .inplace import hardtanh_ as hardtanh_
from .inplace import leaky_relu_ as leaky_relu_
from .inplace import relu_ as relu_
from .inplace import selu_ as selu_
from .inplace import threshold_ as threshold_
from .losses_classification import binary_cross_entropy as binary_cross_entropy
from .losses_classification import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from .losses_classification import cross_entropy as cross_entropy
from .losses_classification import nll_loss as nll_loss
from .losses_ctc import ctc_loss as ctc_loss
from .losses_linear import linear_cross_entropy as linear_cross_entropy
from .losses_multiclass import multi_margin_loss as multi_margin_loss
from .losses_multiclass import multilabel_margin_loss as multilabel_margin_loss
from .losses_multiclass import multilabel_soft_margin_loss as multilabel_soft_margin_loss
from .losses_ranking import cosine_embedding_loss as cosine_embedding_loss
from .losses_ranking import hinge_embedding_loss as hinge_embedding_loss
from .losses_ranking import margin_ranking_loss as margin_ranking_loss
from .losses_ranking import soft_margin_loss as soft_margin_loss
from .losses_ranking import triplet_margin_loss as triplet_margin_loss
from .losses_ranking import triplet_margin_with_distance_loss as triplet_margin_with_distance_loss
from .losses_regression import gaussian_nll_loss as gaussian_nll_loss
from .losses_regression import huber_loss as huber_loss
from .losses_regression import kl_div as kl_div
from .losses_regression import l1_loss as l1_loss
from .losses_regression import mse_loss as mse_loss
from .losses_regression import poisson_nll_loss as poisson_nll_loss
from .losses_regression import smooth_l1_loss as smooth_l1_loss
from .multi_head import _canonical_mask as _canonical_mask
from .multi_head import _in_projection_packed as _in_projection_packed
from .multi_head import _mha_shape_check as _mha_shape_check
from .multi_head import _none_or_dtype as _none_or_dtype
from .multi_head import multi_head_attention_forward as multi_head_attention_forward
from .normalization import batch_norm as batch_norm
from .normalization import group_norm as group_norm
from .normalization import instance_norm as instance_norm
from .pooling import lp_pool1d as lp_pool1d
from .pooling import lp_pool2d as lp_pool2d
from .pooling import lp_pool3d as lp_pool3d
from .pooling import max_unpool1d as max_unpool1d
from .pooling import max_unpool2d as max_unpool2d
from .pooling import max_unpool3d as max_unpool3d
from .pooling_indices import adaptive_max_pool1d_with_indices as adaptive_max_pool1d_with_indices
from .pooling_indices import adaptive_max_pool2d_with_indices as adaptive_max_pool2d_with_indices
from .pooling_indices import adaptive_max_pool3d_with_indices as adaptive_max_pool3d_with_indices
from .pooling_indices import fractional_max_pool2d as fractional_max_pool2d
from .pooling_indices import fractional_max_pool2d_with_indices as fractional_max_pool2d_with_indices
from .pooling_indices import fractional_max_pool3d as fractional_max_pool3d
from .pooling_indices import fractional_max_pool3d_with_indices as fractional_max_pool3d_with_indices
from .pooling_indices import max_pool1d_with_indices as max_pool1d_with_indices
from .pooling_indices import max_pool2d_with_indices as max_pool2d_with_indices
from .pooling_indices import max_pool3d_with_indices as max_pool3d_with_indices
from .sparse import embedding as embedding
from .sparse import embedding_bag as embedding_bag
from .sparse import one_hot as one_hot
from .top_level import conv_tbc as conv_tbc
from .top_level import native_channel_shuffle as native_channel_shuffle
from .vision import gumbel_softmax as gumbel_softmax
from .vision import interpolate as interpolate
from .vision import scaled_dot_product_attention as scaled_dot_product_attention
from .vision import upsample as upsample
from .vision import upsample_bilinear as upsample_bilinear
from .vision import upsample_nearest as upsample_nearest

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "affine_grid",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "elu_",
    "embedding",
    "embedding_bag",
    "feature_alpha_dropout",
    "fold",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "linear_cross_entropy",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "mish",
    "mse_loss",
    "multi_head_attention_forward",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "native_channel_shuffle",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "scaled_dot_product_attention",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]
