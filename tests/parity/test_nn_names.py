"""The names of torch's ``nn`` packages: all are here under the same paths, but those listed with a reason."""

from __future__ import annotations

import collections
import importlib
import inspect
import pkgutil

import pytest

import jaxlearn

from .helper import same, torch

PATHS = [
    *(
        "nn",
        "nn.functional",
        "nn.init",
        "nn.attention",
        "nn.attention.bias",
        "nn.attention.flex_attention",
        "nn.utils",
        "nn.utils.rnn",
        "nn.utils.prune",
    ),
    *(
        "nn.utils.parametrize",
        "nn.utils.parametrizations",
        "nn.utils.stateless",
        "nn.parameter",
        "nn.parallel",
    ),
    *("nn.common_types", "nn.modules"),
    *(
        f"nn.modules.{m.name}"
        for m in pkgutil.iter_modules(torch.nn.modules.__path__)
        if m.name != "_functions"
    ),
]

SCALED = "products of 8-bit floats with scales, which only some GPUs have"
FLASH = "chooses another library's kernel: XLA compiles attention"

# What is left out, each with its reason; a name that is here after all fails the test.
LEFT_OUT = {
    "nn.functional.ScalingType": SCALED,
    "nn.functional.SwizzleType": SCALED,
    "nn.functional.scaled_mm": SCALED,
    "nn.functional.scaled_grouped_mm": SCALED,
    "nn.functional.assert_int_or_pair": "a check inside torch's own functions",
    "nn.attention.WARN_FOR_UNFUSED_KERNELS": FLASH,
    "nn.attention.activate_flash_attention_impl": FLASH,
    "nn.attention.current_flash_attention_impl": FLASH,
    "nn.attention.list_flash_attention_impls": FLASH,
    "nn.attention.register_flash_attention_impl": FLASH,
    "nn.attention.restore_flash_attention_impl": FLASH,
    "nn.attention.flex_attention.FlexKernelOptions": "options of another compiler's kernels; any dictionary is taken",
    "nn.common_types.T": "a type variable of torch's own annotations",
}

# Names with an underscore that other programs import.
PRIVATE = {
    "nn.functional": [
        "_canonical_mask",
        "_in_projection_packed",
        "_mha_shape_check",
        "_none_or_dtype",
        "grad",
    ],
    "nn.modules.batchnorm": ["_BatchNorm", "_NormBase"],
    "nn.modules.conv": ["_ConvNd", "_ConvTransposeNd"],
    "nn.modules.instancenorm": ["_InstanceNorm"],
    "nn.modules.loss": ["_Loss", "_WeightedLoss"],
    "nn.modules.module": ["_IncompatibleKeys"],
    "nn.modules.padding": ["_CircularPadNd", "_ConstantPadNd"],
    "nn.modules.pooling": [
        "_AdaptiveAvgPoolNd",
        "_AdaptiveMaxPoolNd",
        "_AvgPoolNd",
        "_LPPoolNd",
        "_MaxPoolNd",
    ],
    "nn.modules.transformer": ["_get_clones"],
    "nn.modules.utils": ["_ntuple", "_pair", "_quadruple", "_reverse_repeat_tuple", "_single", "_triple"],
    "nn.common_types": [
        n for n in dir(torch.nn.common_types) if n.endswith("_t") and n != "_maybe_indices_t"
    ],
}


def public(module, path):
    """The names that a module of torch lists, or defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    own = (n for n, v in vars(module).items() if getattr(v, "__module__", "") == f"torch.{path}")
    return [n for n in own if not n.startswith("_") and not inspect.ismodule(getattr(module, n))]


@pytest.mark.parametrize("path", PATHS)
def test_names(path):
    theirs, ours = importlib.import_module(f"torch.{path}"), importlib.import_module(f"jaxlearn.{path}")
    for name in (*public(theirs, path), *PRIVATE.get(path, ())):
        assert hasattr(ours, name) == (f"{path}.{name}" not in LEFT_OUT), f"{path}.{name}"


def test_the_same_class_under_each_path():
    nn = jaxlearn.nn
    for module in PATHS:
        if module.startswith("nn.modules."):
            for name in public(importlib.import_module(f"torch.{module}"), module):
                ours = getattr(importlib.import_module(f"jaxlearn.{module}"), name, None)
                if name in nn.__all__ and inspect.isclass(ours):
                    assert ours is getattr(nn, name), name


def wrapped(torch):
    torch.manual_seed(0)
    model = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)))
    x = torch.arange(8.0).reshape(4, 2)
    out = model(x)
    out.sum().backward()
    state = model.state_dict()
    torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    model.module.load_state_dict(state)
    metadata = list(state._metadata)
    return (
        repr(model),
        out,
        list(model.state_dict()),
        list(state),
        metadata,
        model.device_ids,
        isinstance(model.module, torch.nn.Sequential),
    )


def biases(torch):
    bias = torch.nn.attention.bias
    torch.manual_seed(0)
    q, k = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    attend = torch.nn.functional.scaled_dot_product_attention
    found = [attend(q, k, k, bias.causal_lower_right(3, 5)), attend(q, k, k, bias.causal_upper_left(3, 5))]
    with torch.nn.attention.sdpa_kernel([torch.nn.attention.SDPBackend.MATH]):
        found.append(attend(q, q, q, bias.causal_lower_right(3, 3)))
    text = repr(bias.causal_lower_right(2, 3)), int(bias.CausalVariant.LOWER_RIGHT)
    return found, text, [(b.name, b.value) for b in (torch.nn.attention.SDPBackend.MATH,)]


def registration_hooks(torch):
    M = torch.nn.modules.module
    seen = []

    def note(kind):
        def hook(module, name, value):
            seen.append((kind, type(module).__name__, name))
            return torch.nn.Identity() if name == "swapped" else None

        return hook

    handles = [
        M.register_module_parameter_registration_hook(note("parameter")),
        M.register_module_buffer_registration_hook(note("buffer")),
        M.register_module_module_registration_hook(note("module")),
    ]
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.BatchNorm1d(1))
    model.swapped = torch.nn.ReLU()
    model.add_module("last", torch.nn.ReLU())
    for handle in handles:
        handle.remove()
    torch.nn.Linear(1, 1)
    return seen, repr(model)


def factory(torch):
    f = torch.nn.factory_kwargs
    return f(None), f({"dtype": torch.float64, "factory_kwargs": {"device": "cpu"}})


@pytest.mark.parametrize("program", [wrapped, biases, registration_hooks, factory])
def test_programs(program):
    pytest.importorskip("torch.nn.attention.bias")
    same(program)


importlib.import_module("torch.nn.attention.bias")  # torch does not import it by itself

MISTAKES = {
    "is_causal": lambda torch: torch.nn.functional.scaled_dot_product_attention(
        *[torch.ones(1, 2, 2)] * 3, torch.nn.attention.bias.causal_upper_left(2, 2), is_causal=True
    ),
    "variant": lambda torch: torch.nn.attention.bias.CausalBias(1, 2, 2),
    "sizes": lambda torch: torch.nn.attention.bias.causal_upper_left(1, 2, 3),
    "sizes right": lambda torch: torch.nn.attention.bias.causal_lower_right(1),
    "backends": lambda torch: torch.nn.attention.sdpa_kernel(3).__enter__(),
    "unknown": lambda torch: torch.nn.factory_kwargs({"size": 3}),
    "parts": lambda torch: torch.nn.parallel.parallel_apply([torch.nn.ReLU()], [1, 2]),
    "dictionaries": lambda torch: torch.nn.parallel.gather([{"a": None}, {}], "cpu"),
    "twice": lambda torch: torch.nn.factory_kwargs({"dtype": 1, "factory_kwargs": {"dtype": 1}}),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    same(MISTAKES[name], message=True)


def test_replicas_share_parameters_and_parts_are_put_together_again():
    from jaxlearn.nn.parallel import gather, parallel_apply, replicate, scatter

    Pair = collections.namedtuple("Pair", "x y")
    nn, here = jaxlearn.nn, [jaxlearn.device("cpu")] * 2
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.BatchNorm1d(2, track_running_stats=False), shared)
    copies = replicate(model, here)
    assert copies[1][0] is copies[1][2] is not shared and copies[0][0].weight is shared.weight
    x = jaxlearn.arange(10.0).reshape(5, 2)
    parts = scatter(Pair(x, {"k": [x, None]}), here)
    assert [type(p) for p in parts] == [Pair, Pair] and parts[1].y["k"][1] is None
    back = gather(parts, here[0])
    assert isinstance(back, Pair) and back.x.equal(x) and back.y["k"][0].equal(x)
    assert gather([x.sum(), x.sum()], here[0]).shape == (2,)
    gather(parallel_apply(copies, [(p.x,) for p in parts]), here[0]).pow(2).sum().backward()
    assert shared.weight.grad is not None and copies[0][0].weight.grad is shared.weight.grad
    assert replicate(model, here, detach=True)[0][0].weight.requires_grad is False


def test_distributed_in_one_process():
    """torch's asks for a process group; here the one process is all there is."""
    model = jaxlearn.nn.parallel.DistributedDataParallel(
        jaxlearn.nn.Linear(2, 1), device_ids=None, find_unused_parameters=True
    )
    with model.no_sync():
        model(jaxlearn.ones(3, 2)).sum().backward()
    assert model.module.bias.grad.item() == 3 and list(model.state_dict()) == ["module.weight", "module.bias"]
    with pytest.raises(RuntimeError, match="not needed when a module"):
        jaxlearn.nn.parallel.DistributedDataParallel(jaxlearn.nn.ReLU())
    with pytest.raises(TypeError, match="unexpected keyword argument 'buckets'"):
        jaxlearn.nn.parallel.DistributedDataParallel(jaxlearn.nn.Linear(1, 1), buckets=3)
