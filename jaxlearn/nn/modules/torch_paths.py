"""Classes under the paths that torch has for them, where this package has them in another file.

``from jaxlearn.nn.modules.loss import CrossEntropyLoss`` works because of it. The names are listed, not found.
"""

from __future__ import annotations

from types import ModuleType

from ..._naming import publish
from . import (
    activation,
    activation_smooth,
    attention,
    batchnorm,
    channelshuffle,
    container,
    conv,
    conv_transpose,
    instancenorm,
    lazy_layers,
    lazy_norm,
    linear,
    loss,
    loss_classes,
    loss_margin,
    module,
    padding,
    padding_constant,
    parameter_container,
    pooling,
    pooling_adaptive,
    pooling_fractional,
    pooling_max,
    rnn,
    rnn_cell,
    softmax,
    transformer,
)

__all__: list[str] = []


def _provide(module: ModuleType, **classes: object) -> None:
    vars(module).update(classes)
    publish(module.__name__, [name for name, found in classes.items() if isinstance(found, type)])


_provide(
    activation,
    CELU=activation_smooth.CELU,
    ELU=activation_smooth.ELU,
    GELU=activation_smooth.GELU,
    GLU=softmax.GLU,
    LogSigmoid=activation_smooth.LogSigmoid,
    LogSoftmax=softmax.LogSoftmax,
    Mish=activation_smooth.Mish,
    MultiheadAttention=attention.MultiheadAttention,
    SELU=activation_smooth.SELU,
    SiLU=activation_smooth.SiLU,
    Sigmoid=activation_smooth.Sigmoid,
    Softmax=softmax.Softmax,
    Softmax2d=softmax.Softmax2d,
    Softmin=softmax.Softmin,
    Softplus=activation_smooth.Softplus,
    Softsign=activation_smooth.Softsign,
    Tanh=activation_smooth.Tanh,
    Tanhshrink=activation_smooth.Tanhshrink,
)
_provide(
    batchnorm,
    LazyBatchNorm1d=lazy_norm.LazyBatchNorm1d,
    LazyBatchNorm2d=lazy_norm.LazyBatchNorm2d,
    LazyBatchNorm3d=lazy_norm.LazyBatchNorm3d,
    _LazyNormBase=lazy_norm._LazyNormBase,
    _NormBase=batchnorm.NormBase,
)
_provide(
    container,
    ParameterDict=parameter_container.ParameterDict,
    ParameterList=parameter_container.ParameterList,
)
_provide(
    conv,
    ConvTranspose1d=conv_transpose.ConvTranspose1d,
    ConvTranspose2d=conv_transpose.ConvTranspose2d,
    ConvTranspose3d=conv_transpose.ConvTranspose3d,
    LazyConv1d=lazy_layers.LazyConv1d,
    LazyConv2d=lazy_layers.LazyConv2d,
    LazyConv3d=lazy_layers.LazyConv3d,
    LazyConvTranspose1d=lazy_layers.LazyConvTranspose1d,
    LazyConvTranspose2d=lazy_layers.LazyConvTranspose2d,
    LazyConvTranspose3d=lazy_layers.LazyConvTranspose3d,
    _ConvTransposeNd=conv_transpose._ConvTranspose,
    _LazyConvXdMixin=lazy_layers._LazyConvXdMixin,
)
_provide(
    instancenorm,
    LazyInstanceNorm1d=lazy_norm.LazyInstanceNorm1d,
    LazyInstanceNorm2d=lazy_norm.LazyInstanceNorm2d,
    LazyInstanceNorm3d=lazy_norm.LazyInstanceNorm3d,
)
_provide(linear, LazyLinear=lazy_layers.LazyLinear)
_provide(
    loss,
    BCELoss=loss_classes.BCELoss,
    BCEWithLogitsLoss=loss_classes.BCEWithLogitsLoss,
    CTCLoss=loss_classes.CTCLoss,
    CosineEmbeddingLoss=loss_margin.CosineEmbeddingLoss,
    CrossEntropyLoss=loss_classes.CrossEntropyLoss,
    HingeEmbeddingLoss=loss_margin.HingeEmbeddingLoss,
    LinearCrossEntropyLoss=loss_classes.LinearCrossEntropyLoss,
    MarginRankingLoss=loss_margin.MarginRankingLoss,
    MultiLabelMarginLoss=loss_margin.MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss=loss_margin.MultiLabelSoftMarginLoss,
    MultiMarginLoss=loss_margin.MultiMarginLoss,
    NLLLoss=loss_classes.NLLLoss,
    NLLLoss2d=loss_classes.NLLLoss2d,
    SoftMarginLoss=loss_margin.SoftMarginLoss,
    TripletMarginLoss=loss_margin.TripletMarginLoss,
    TripletMarginWithDistanceLoss=loss_margin.TripletMarginWithDistanceLoss,
)
_provide(
    padding,
    ConstantPad1d=padding_constant.ConstantPad1d,
    ConstantPad2d=padding_constant.ConstantPad2d,
    ConstantPad3d=padding_constant.ConstantPad3d,
    ZeroPad1d=padding_constant.ZeroPad1d,
    ZeroPad2d=padding_constant.ZeroPad2d,
    ZeroPad3d=padding_constant.ZeroPad3d,
    _CircularPadNd=padding._CircularPadNd,
    _ConstantPadNd=padding_constant._ConstantPadNd,
)
_provide(
    pooling,
    AdaptiveAvgPool1d=pooling_adaptive.AdaptiveAvgPool1d,
    AdaptiveAvgPool2d=pooling_adaptive.AdaptiveAvgPool2d,
    AdaptiveAvgPool3d=pooling_adaptive.AdaptiveAvgPool3d,
    AdaptiveMaxPool1d=pooling_adaptive.AdaptiveMaxPool1d,
    AdaptiveMaxPool2d=pooling_adaptive.AdaptiveMaxPool2d,
    AdaptiveMaxPool3d=pooling_adaptive.AdaptiveMaxPool3d,
    FractionalMaxPool2d=pooling_fractional.FractionalMaxPool2d,
    FractionalMaxPool3d=pooling_fractional.FractionalMaxPool3d,
    MaxPool1d=pooling_max.MaxPool1d,
    MaxPool2d=pooling_max.MaxPool2d,
    MaxPool3d=pooling_max.MaxPool3d,
    MaxUnpool1d=pooling_max.MaxUnpool1d,
    MaxUnpool2d=pooling_max.MaxUnpool2d,
    MaxUnpool3d=pooling_max.MaxUnpool3d,
    _AdaptiveAvgPoolNd=pooling_adaptive._AdaptiveAvgPoolNd,
    _AdaptiveMaxPoolNd=pooling_adaptive._AdaptiveMaxPoolNd,
    _AvgPoolNd=pooling._AvgPoolNd,
    _LPPoolNd=pooling._LPPoolNd,
    _MaxPoolNd=pooling_max._MaxPoolNd,
    _MaxUnpoolNd=pooling_max._MaxUnpoolNd,
)
_provide(
    rnn,
    GRUCell=rnn_cell.GRUCell,
    LSTMCell=rnn_cell.LSTMCell,
    RNNCell=rnn_cell.RNNCell,
    RNNCellBase=rnn_cell.RNNCellBase,
)
_provide(transformer, _get_clones=transformer._clones)
publish(channelshuffle.__name__, ("ChannelShuffle",))
publish(module.__name__, ("Module",))
publish(transformer.__name__, ("TransformerDecoderLayer", "TransformerEncoderLayer"))
