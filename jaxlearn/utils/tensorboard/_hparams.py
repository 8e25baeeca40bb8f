"""Hyperparameters as messages of TensorBoard's plugin for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Value
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import (
    DataType,
    Experiment,
    HParamInfo,
    MetricInfo,
    MetricName,
    Status,
)
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

from ..._tensor.core import TensorBase
from ._pixels import make_np


def hparams(
    hparam_dict: Any = None, metric_dict: Any = None, hparam_domain_discrete: Any = None
) -> tuple[Any, Any, Any]:
    """The experiment, its beginning with the values, and its end.

    Args:
        hparam_dict: values by name: numbers, texts, truth values or tensors of one element; None is left out.
        metric_dict: the results by name.
        hparam_domain_discrete: by name, a list of the values that there may be.

    Raises:
        TypeError: an argument is no dictionary, or lists values of another type.
        ValueError: a value has another type.
    """
    domains = hparam_domain_discrete or {}
    given = {"hparam_dict": hparam_dict, "metric_dict": metric_dict, "hparam_domain_discrete": domains}
    for name, argument in given.items():
        if not isinstance(argument, dict):
            raise TypeError(f"parameter: {name} should be a dictionary, nothing logged.")
    _check_domains(domains, hparam_dict)
    start, infos = SessionStartInfo(), []
    for name, value in hparam_dict.items():
        if value is None:
            continue
        if isinstance(value, str):
            start.hparams[name].string_value = value
            kind, field = "DATA_TYPE_STRING", "string_value"
        elif isinstance(value, (int, float)):  # with bool, as torch has it
            start.hparams[name].number_value = value
            kind, field = "DATA_TYPE_FLOAT64", "number_value"
        elif isinstance(value, TensorBase):
            start.hparams[name].number_value = make_np(value)[0]
            infos.append(HParamInfo(name=name, type=DataType.Value("DATA_TYPE_FLOAT64")))
            continue
        else:
            raise ValueError("value should be one of int, float, str, bool, or torch.Tensor")
        domain = None
        if name in domains:
            domain = ListValue(values=[Value(**{field: each}) for each in domains[name]])
        infos.append(HParamInfo(name=name, type=DataType.Value(kind), domain_discrete=domain))
    metrics = [MetricInfo(name=MetricName(tag=name)) for name in metric_dict]
    return (
        _summary(metadata.EXPERIMENT_TAG, experiment=Experiment(hparam_infos=infos, metric_infos=metrics)),
        _summary(metadata.SESSION_START_INFO_TAG, session_start_info=start),
        _summary(
            metadata.SESSION_END_INFO_TAG,
            session_end_info=SessionEndInfo(status=Status.Value("STATUS_SUCCESS")),
        ),
    )


def _check_domains(domains: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    for name, domain in domains.items():
        known = name in values and isinstance(domain, list)
        if not known or not all(isinstance(each, type(values[name])) for each in domain):
            raise TypeError(
                f"parameter: hparam_domain_discrete[{name}] should be a list of same type as hparam_dict[{name}]."
            )


def _summary(tag: str, **content: Any) -> Any:
    data = HParamsPluginData(version=metadata.PLUGIN_DATA_VERSION, **content)
    plugin = SummaryMetadata.PluginData(plugin_name=metadata.PLUGIN_NAME, content=data.SerializeToString())
    return Summary(value=[Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=plugin))])
