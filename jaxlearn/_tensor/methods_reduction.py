"""Tensor methods: reductions, running sums and order."""

from __future__ import annotations

from ..ops import distances, reduction, statistics
from ..ops import reduction_extrema as extrema
from ..ops import reduction_moments as moments
from ..ops import reduction_order as order
from ..ops import reduction_scan as scan
from . import histograms, linalg_finite, weighted
from .inplace import inplace

__all__ = ["ReductionMethods"]


class ReductionMethods:
    """Reductions as methods; see the function of the same name in :mod:`jaxlearn` for each."""

    all = reduction.all
    any = reduction.any
    count_nonzero = reduction.count_nonzero
    hash_tensor = reduction.hash_tensor
    logsumexp = reduction.logsumexp
    mean = reduction.mean
    nanmean = reduction.nanmean
    nansum = reduction.nansum
    prod = reduction.prod
    sum = reduction.sum
    sum_to_size = reduction.sum_to_size

    amax = extrema.amax
    amin = extrema.amin
    aminmax = extrema.aminmax
    argmax = extrema.argmax
    argmin = extrema.argmin
    max = extrema.max
    min = extrema.min

    corrcoef = statistics.corrcoef
    cov = weighted.cov
    dist = moments.dist
    histc = histograms.histc
    histogram = histograms.histogram
    norm = linalg_finite.norm
    renorm = distances.renorm
    renorm_ = inplace(distances.renorm)
    std = moments.std
    var = moments.var

    argsort = order.argsort
    kthvalue = order.kthvalue
    median = order.median
    mode = order.mode
    msort = order.msort
    nanmedian = order.nanmedian
    nanquantile = weighted.nanquantile
    quantile = weighted.quantile
    sort = order.sort
    topk = order.topk

    cummax = scan.cummax
    cummin = scan.cummin
    cumprod = scan.cumprod
    cumprod_ = inplace(scan.cumprod)
    cumsum = scan.cumsum
    cumsum_ = inplace(scan.cumsum)
    diff = scan.diff
    logcumsumexp = scan.logcumsumexp
