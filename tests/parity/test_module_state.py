"""States of modules saved and loaded as programs do it: hooks, overrides, meta devices, lazy and shared parameters."""

from __future__ import annotations

import copy
import io
import pickle
from collections import OrderedDict

import pytest

from .helper import same

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def net(torch):
    nn = torch.nn
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2)))


def assign_true(torch):
    m = net(torch)
    s = {k: (v.double() if v.is_floating_point() else v) for k, v in m.state_dict().items()}
    n = net(torch)
    old = n[0].weight
    r = n.load_state_dict(s, assign=True)
    return (
        str(r),
        [(k, str(v.dtype), v.requires_grad, type(v).__name__) for k, v in n.named_parameters()],
        n[0].weight is old,
        n[0].weight.data_ptr() == s["0.weight"].data_ptr(),
        [str(b.dtype) for b in n.buffers()],
    )


def assign_meta(torch):
    with torch.device("meta"):
        m = net(torch)
    a = [p.is_meta for p in m.parameters()]
    m.load_state_dict(net(torch).state_dict(), assign=True)
    return (
        a,
        [p.is_meta for p in m.parameters()],
        [p.requires_grad for p in m.parameters()],
        m.eval()(torch.ones(2, 3)),
    )


def meta_no_assign(torch):
    with torch.device("meta"):
        m = net(torch)
    m.load_state_dict(net(torch).state_dict())
    return [p.is_meta for p in m.parameters()], repr(m[0].weight), repr(m[0])


def to_empty(torch):
    m = torch.nn.Linear(3, 2, device="meta")
    a = m.to_empty(device="cpu")
    torch.manual_seed(0)
    a.reset_parameters()
    return a is m, m.weight.detach(), m.weight.requires_grad, type(m.weight).__name__, str(m.weight.device)


def meta_to_cpu(torch):
    torch.nn.Linear(3, 2, device="meta").to("cpu")


def skip_init(torch):
    torch.manual_seed(3)
    m = torch.nn.utils.skip_init(torch.nn.Linear, 3, 2, dtype=torch.float64)
    return str(m.weight.dtype), repr(m), torch.rand(1)


def skip_init_bad(torch):
    class M(torch.nn.Module):
        def __init__(self):
            super().__init__()

    torch.nn.utils.skip_init(M)


def skip_init_notmodule(torch):
    torch.nn.utils.skip_init(lambda device=None: None)


def strict_false(torch):
    m = net(torch)
    s = m.state_dict()
    s["extra.w"] = torch.ones(1)
    del s["0.bias"]
    r = m.load_state_dict(s, strict=False)
    return (
        repr(r),
        str(r),
        r.missing_keys,
        r.unexpected_keys,
        repr(net(torch).load_state_dict(net(torch).state_dict())),
        tuple(r),
    )


def strict_err(torch):
    m = net(torch)
    s = m.state_dict()
    s["extra.w"] = torch.ones(1)
    s["3.0.q"] = torch.ones(1)
    del s["0.bias"]
    s["1.weight"] = torch.ones(7)
    s["3.0.bias"] = 3
    m.load_state_dict(s)


def strict_false_mismatch(torch):
    m = net(torch)
    s = m.state_dict()
    s["1.weight"] = torch.ones(7)
    m.load_state_dict(s, strict=False)


def load_not_mapping(torch):
    net(torch).load_state_dict([1])


def pre_post_hooks(torch):
    log = []
    m = net(torch)
    m.register_state_dict_pre_hook(lambda mod, prefix, keep: log.append(("pre", prefix, keep)))
    m[0].register_state_dict_pre_hook(lambda mod, prefix, keep: log.append(("pre0", prefix, keep)))

    def post(mod, sd, prefix, meta):
        log.append(("post", prefix, sorted(sd), dict(meta)))

    m[3].register_state_dict_post_hook(post)

    def ret(mod, sd, prefix, meta):
        return {k + "!": v for k, v in sd.items()}

    m._register_state_dict_hook(ret)
    sd = m.state_dict(prefix="a.")

    def lpre(mod, sd, prefix, lm, strict, miss, unexp, err):
        log.append(("lpre", type(mod).__name__, prefix, strict, len(sd)))

    def lpost(mod, inc):
        log.append(("lpost", type(mod).__name__, list(inc.missing_keys), list(inc.unexpected_keys)))
        inc.missing_keys.clear()

    n = net(torch)
    n.register_load_state_dict_pre_hook(lpre)
    n[3][0].register_load_state_dict_pre_hook(lpre)
    h = n.register_load_state_dict_post_hook(lpost)
    s = n.state_dict()
    del s["0.bias"]
    r = n.load_state_dict(s)
    h.remove()
    return log, list(sd), str(r)


def post_hook_returns(torch):
    m = net(torch)
    m.register_load_state_dict_post_hook(lambda mod, k: 1)
    m.load_state_dict(m.state_dict())


def state_post_hook_returns(torch):
    m = net(torch)
    m.register_state_dict_post_hook(lambda *a: {})
    m.state_dict()


def override_load(torch):
    class Old(torch.nn.Module):
        _version = 2

        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(2))
            self.register_buffer("steps", torch.zeros(()))

        def _load_from_state_dict(
            self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        ):
            v = local_metadata.get("version", None)
            if v is None or v < 2:
                state_dict[prefix + "scale"] = state_dict.pop(prefix + "gamma")
            super()._load_from_state_dict(
                state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
            )

    m = torch.nn.Sequential(Old(), torch.nn.Linear(2, 2))
    s = m.state_dict()
    v = dict(s._metadata)
    t = {("0.gamma" if k == "0.scale" else k): x + 3 for k, x in s.items()}
    r = m.load_state_dict(t)
    return str(r), v, m[0].scale.detach(), list(t)


def override_save(torch):
    class M(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(2))
            self.cfg = 5

        def _save_to_state_dict(self, destination, prefix, keep_vars):
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "cfg"] = self.cfg

        def _load_from_state_dict(self, sd, prefix, *a):
            self.cfg = sd.pop(prefix + "cfg")
            super()._load_from_state_dict(sd, prefix, *a)

    m = torch.nn.ModuleList([M(), M()])
    s = m.state_dict()
    s["1.cfg"] = 9
    m.load_state_dict(s)
    return list(s), m[1].cfg


def extra_state(torch):
    class M(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.n = 1

        def get_extra_state(self):
            return {"n": self.n}

        def set_extra_state(self, x):
            self.n = x["n"]

    m = torch.nn.Sequential(M(), torch.nn.Linear(1, 1))
    s = m.state_dict()
    s["0._extra_state"] = {"n": 7}
    m.load_state_dict(s)
    k = list(s)
    del s["0._extra_state"]
    e = None
    try:
        m.load_state_dict(s)
    except RuntimeError as x:
        e = str(x)
    b = io.BytesIO()
    torch.save(m.state_dict(), b)
    b.seek(0)
    z = torch.load(b)
    return k, m[0].n, e, z["0._extra_state"]


def shared(torch):
    class T(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.emb = torch.nn.Embedding(5, 3)
            self.out = torch.nn.Linear(3, 5, bias=False)
            self.out.weight = self.emb.weight

        def forward(self, x):
            return self.out(self.emb(x))

    torch.manual_seed(0)
    m = T()
    o = torch.optim.SGD(m.parameters(), lr=0.1)
    m(torch.tensor([1, 2])).sum().backward()
    o.step()
    c = copy.deepcopy(m)
    m.load_state_dict(m.state_dict())
    m.double()
    return (
        len(list(m.parameters())),
        [k for k, _ in m.named_parameters()],
        [k for k, _ in m.named_parameters(remove_duplicate=False)],
        list(m.state_dict()),
        c.out.weight is c.emb.weight,
        m.out.weight is m.emb.weight,
        m.emb.weight.detach(),
    )


def parametrize_state(torch):
    class Sym(torch.nn.Module):
        def forward(self, X):
            return X.triu() + X.triu(1).transpose(-1, -2)

        def right_inverse(self, A):
            return A.triu()

    torch.manual_seed(0)
    m = torch.nn.Linear(3, 3)
    torch.nn.utils.parametrize.register_parametrization(m, "weight", Sym())
    s = m.state_dict()
    n = torch.nn.Linear(3, 3)
    torch.nn.utils.parametrize.register_parametrization(n, "weight", Sym())
    r = n.load_state_dict(s)
    m.weight = torch.eye(3)
    c = copy.deepcopy(n)
    out = [
        list(s),
        str(r),
        n.weight.detach(),
        m.weight.detach(),
        repr(n),
        c.weight.detach(),
        type(n).__name__,
    ]
    torch.nn.utils.parametrize.remove_parametrizations(n, "weight")
    return out, list(n.state_dict()), n.weight.detach()


def lists_of_lists(torch):
    nn = torch.nn

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.ParameterList([nn.ParameterList([torch.ones(1), torch.zeros(2)]), torch.ones(3)])
            self.d = nn.ParameterDict(
                {"x": nn.ParameterDict({"y": torch.ones(1)}), "z": nn.ParameterList([torch.ones(2)])}
            )
            self.k = nn.ModuleDict({"m": nn.ModuleList([nn.Linear(1, 1)])})

    m = M()
    return (
        list(m.state_dict()),
        repr(m),
        [tuple(q.shape) for q in m.parameters()],
        str(m.load_state_dict(m.state_dict())),
        len(m.a),
        len(m.d),
        [n for n, _ in m.named_modules()],
    )


def lazy_state(torch):
    nn = torch.nn
    torch.manual_seed(0)
    m = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d())
    s = m.state_dict()
    k = [(n, type(v).__name__) for n, v in s.items()]
    r = repr(m)
    full = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    res = str(m.load_state_dict(full.state_dict()))
    a = [type(q).__name__ for q in m.parameters()]
    r2 = repr(m)
    y = m(torch.ones(2, 3))
    return k, r, res, a, r2, repr(m), y.shape, [type(x).__name__ for x in m]


def lazy_errs(torch):
    m = torch.nn.LazyLinear(4)
    out = []
    for f in (
        lambda: m.weight.shape,
        lambda: copy.deepcopy(m.weight),
        lambda: hasattr(m.weight, "grad"),
        lambda: torch.nn.Linear(3, 4).load_state_dict(m.state_dict()),
        lambda: sum(q.numel() for q in m.parameters()),
        lambda: torch.optim.SGD(m.parameters(), lr=0.1),
        lambda: m.double().weight.dtype,
        lambda: repr(m.weight),
        lambda: m.weight.requires_grad,
        lambda: m.weight.materialize((4, 3)),
    ):
        try:
            out.append(str(f())[:60])
        except Exception as e:
            out.append((type(e).__name__, str(e)[:43]))
    return out


def lazy_pickled(torch):
    m = torch.nn.Sequential(torch.nn.LazyLinear(2), torch.nn.LazyBatchNorm1d())
    again = pickle.loads(pickle.dumps(m))
    text = repr(again)
    torch.manual_seed(0)
    out = again(torch.ones(3, 4))
    return text, repr(again), repr(m), out.shape, [type(x).__name__ for x in again]


def persistent(torch):
    class M(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("a", torch.ones(1), persistent=False)
            self.register_buffer("b", None)
            self.c = torch.nn.Buffer(torch.ones(2), persistent=False)
            self.register_buffer("e", torch.ones(1))
            self.register_parameter("p", None)

    m = M()
    m.b = torch.ones(3)
    m.e = None
    m.to(torch.float64)
    return (
        list(m.state_dict()),
        [n for n, _ in m.named_buffers()],
        str(m.a.dtype),
        str(m.load_state_dict(m.state_dict())),
        m.p,
    )


def consume_prefix(torch):
    m = net(torch)
    s = {"module." + k: v for k, v in m.state_dict().items()}
    torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(s, "module.")
    return list(s), str(m.load_state_dict(s))


def dest_positional(torch):
    d = OrderedDict()
    m = net(torch)
    r = m.state_dict(d, "p.", True)
    r2 = m.state_dict(destination={}, prefix="k.")
    return r is d, list(d), [v.requires_grad for v in d.values()], list(r2)


def save_module(torch):
    m = net(torch)
    b = io.BytesIO()
    torch.save(m, b)
    b.seek(0)
    n = torch.load(b, weights_only=False)
    return repr(n), n.eval()(torch.ones(1, 3)).detach()


PROGRAMS = [
    assign_true,
    assign_meta,
    meta_no_assign,
    to_empty,
    meta_to_cpu,
    skip_init,
    skip_init_bad,
    skip_init_notmodule,
    strict_false,
    strict_err,
    strict_false_mismatch,
    load_not_mapping,
    pre_post_hooks,
    post_hook_returns,
    state_post_hook_returns,
    override_load,
    override_save,
    extra_state,
    shared,
    parametrize_state,
    lists_of_lists,
    lazy_state,
    lazy_errs,
    lazy_pickled,
    persistent,
    consume_prefix,
    dest_positional,
    save_module,
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    same(program, message=True)
