"""Operators of the database that do not pass yet; see ``op_db_entries.NOT_YET``."""

from __future__ import annotations

__all__ = ["NOT_YET_NN"]

NOT_YET_NN: dict[str, dict[str, str]] = {
    "nn.functional.conv_transpose3d": {"float32": "dtype, shape or requires_grad"},
    "nn.functional.cosine_embedding_loss": {"float32": "dtype, shape or requires_grad"},
    "nn.functional.ctc_loss": {"all": "no such name yet"},
    "nn.functional.fractional_max_pool2d": {"float32": "an exception: AttributeError"},
    "nn.functional.fractional_max_pool3d": {"float32": "an exception: AttributeError"},
    "nn.functional.grid_sample": {"all": "no such name yet"},
    "nn.functional.hinge_embedding_loss": {"float32": "dtype, shape or requires_grad"},
    "nn.functional.kl_div": {"float32": "dtype, shape or requires_grad"},
    "nn.functional.linear_cross_entropy": {"all": "no such name yet"},
    "nn.functional.linear_cross_entropy chunked": {"all": "no such name yet"},
    "nn.functional.linear_cross_entropy chunked_none": {"all": "no such name yet"},
    "nn.functional.max_unpool1d": {"float32": "dtype, shape or requires_grad"},
    "nn.functional.max_unpool2d": {"float32": "dtype, shape or requires_grad"},
    "nn.functional.max_unpool3d": {"float32": "dtype, shape or requires_grad"},
    "nn.functional.multi_head_attention_forward": {"float32": "dtype, shape or requires_grad"},
    "nn.functional.multi_margin_loss": {"float32": "an exception: IndexError"},
    "nn.functional.multilabel_margin_loss": {"float32": "an exception: IndexError"},
    "nn.functional.pad circular": {"float32": "values"},
    "nn.functional.pdist": {"all": "no such name yet"},
    "nn.functional.pixel_shuffle": {"float32": "an exception: ZeroDivisionError"},
    "nn.functional.pixel_unshuffle": {"float32": "an exception: ZeroDivisionError"},
    "nn.functional.rrelu": {"float32": "values"},
    "nn.functional.unfold": {"float32": "an exception: ZeroDivisionError"},
}
