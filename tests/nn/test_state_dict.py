"""state_dict and load_state_dict: contents, aliasing, errors that change nothing, hooks and extra state."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


def model():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def values(module):
    return {k: v.numpy().copy() for k, v in module.state_dict().items()}


def unchanged(module, before):
    return all(np.array_equal(v, before[k]) for k, v in values(module).items())


def test_contents_and_metadata():
    state = model().state_dict()
    assert list(state) == [
        "0.weight",
        "0.bias",
        "1.weight",
        "1.bias",
        "1.running_mean",
        "1.running_var",
        "1.num_batches_tracked",
    ]
    assert dict(state._metadata) == {"": {"version": 1}, "0": {"version": 1}, "1": {"version": 2}}
    assert not state["0.weight"].requires_grad
    assert next(iter(model().state_dict(prefix="m."))) == "m.0.weight"


def test_values_share_the_storage():
    net = model()
    state = net.state_dict()
    with torch.no_grad():
        net[0].weight.fill_(3.0)
    assert (state["0.weight"] == 3).all()
    assert net.state_dict(keep_vars=True)["0.weight"] is net[0].weight


def test_round_trip():
    source, target = model(), model()
    assert repr(target.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    assert unchanged(target, values(source))
    with torch.no_grad():
        source[0].weight.zero_()
    assert target[0].weight.abs().sum().item() > 0


def test_all_that_does_not_fit_is_listed_and_nothing_changes():
    net = model()
    before = values(net)
    state = {
        "0.weight": torch.ones(2),
        "foo": torch.ones(1),
        "1.bias": 3,
        "0.bias.x": torch.ones(2),
        "1.running_mean": torch.ones(3),
    }
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    # What torch 2.13.0 says, running_mean apart.
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "0.bias", "1.weight", "1.running_var". \n'
        '\tUnexpected key(s) in state_dict: "foo", "0.bias.x". \n'
        "\tsize mismatch for 0.weight: copying a param with shape torch.Size([2]) from checkpoint, the shape in "
        "current model is torch.Size([3, 2]).\n"
        '\tWhile copying the parameter named "1.bias", expected torch.Tensor or Tensor-like object from checkpoint but '
        "received <class 'int'>"
    )
    assert unchanged(net, before)


def test_not_strict():
    net = model()
    result = net.load_state_dict({"0.bias": torch.ones(3), "foo": torch.ones(1)}, strict=False)
    assert result.unexpected_keys == ["foo"] and "0.weight" in result.missing_keys
    assert (net[0].bias == 1).all()
    before = values(net)
    with pytest.raises(RuntimeError, match=r"size mismatch for 0\.weight"):
        net.load_state_dict({"0.bias": torch.zeros(3), "0.weight": torch.ones(2)}, strict=False)
    assert unchanged(net, before)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like, got <class 'list'>"):
        net.load_state_dict([])


def test_values_are_converted_and_copied():
    net = nn.Linear(2, 1, bias=False)
    array = np.array([[1, 2]])
    net.load_state_dict({"weight": torch.from_numpy(array)})
    array[:] = 9
    assert net.weight.dtype is torch.float32 and net.weight.tolist() == [[1.0, 2.0]]


def test_assign_takes_the_tensors_themselves():
    net = nn.Linear(2, 1, bias=False)
    given = torch.ones(1, 2, dtype=torch.float64)
    net.load_state_dict({"weight": given}, assign=True)
    assert (
        net.weight.dtype is torch.float64
        and isinstance(net.weight, nn.Parameter)
        and net.weight.requires_grad
    )
    given.zero_()
    assert net.weight.sum().item() == 0
    old = net.weight
    with pytest.raises(RuntimeError, match="Unexpected key"):
        net.load_state_dict({"weight": torch.ones(1, 2), "x": given}, assign=True)
    assert net.weight is old


def test_extra_state():
    class Extra(nn.Module):
        extra = 1

        def get_extra_state(self):
            return {"extra": self.extra}

        def set_extra_state(self, state):
            self.extra = state["extra"]

    module = Extra()
    module.extra = 5
    other = Extra()
    other.load_state_dict(module.state_dict())
    assert other.extra == 5
    with pytest.raises(RuntimeError, match='Missing key\\(s\\) in state_dict: "_extra_state"'):
        other.load_state_dict({})
    with pytest.raises(RuntimeError, match='Unexpected key\\(s\\) in state_dict: "_extra_state"'):
        nn.Identity().load_state_dict({"_extra_state": 1})


def test_hooks():
    net, seen = model(), []
    handles = [
        net.register_state_dict_pre_hook(
            lambda module, prefix, keep_vars: seen.append(("pre", prefix, keep_vars))
        ),
        net.register_state_dict_post_hook(
            lambda module, state, prefix, meta: state.update(extra=torch.ones(1))
        ),
        net.register_load_state_dict_pre_hook(lambda module, state, *rest: state.pop("extra", None)),
        net.register_load_state_dict_post_hook(
            lambda module, keys: seen.append(("post", list(keys.missing_keys)))
        ),
    ]
    state = net.state_dict()
    assert list(state)[-1] == "extra"
    net.load_state_dict(state)
    assert seen == [("pre", "", False), ("post", [])]
    for handle in handles:
        handle.remove()
    assert "extra" not in net.state_dict() and len(seen) == 2


def test_version_one_batch_norm_has_no_counter():
    net = nn.BatchNorm1d(2)
    state = net.state_dict()
    del state["num_batches_tracked"], state._metadata
    net.load_state_dict(state)
    assert net.num_batches_tracked.item() == 0


def test_names_may_change_while_loading():
    class Renamed(nn.Linear):
        def _load_from_state_dict(self, state_dict, prefix, *args):
            if prefix + "kernel" in state_dict:
                state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")
            super()._load_from_state_dict(state_dict, prefix, *args)

    given = {"kernel": torch.ones(1, 2), "bias": torch.ones(1)}
    net = Renamed(2, 1)
    net.load_state_dict(given)
    assert (net.weight == 1).all() and set(given) == {"kernel", "bias"}
