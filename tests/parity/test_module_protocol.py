"""What programs do with modules beside saving them: hooks, registration, conversion, copies, replacing parts."""

from __future__ import annotations

import copy

import pytest

from .helper import same

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def net(torch):
    nn = torch.nn
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2)))


def setstate_old(torch):
    torch.manual_seed(0)
    m = torch.nn.Linear(2, 2)
    st = dict(m.__getstate__()) if hasattr(m, "__getstate__") else dict(m.__dict__)
    for k in (
        "_forward_hooks_with_kwargs",
        "_non_persistent_buffers_set",
        "_state_dict_pre_hooks",
        "_backward_pre_hooks",
    ):
        st.pop(k, None)
    n = torch.nn.Linear.__new__(torch.nn.Linear)
    n.__setstate__(st)
    n.register_forward_hook(lambda m, i, o: o * 2)
    return n(torch.ones(1, 2)).detach() - 2 * m(torch.ones(1, 2)).detach(), list(n.state_dict())


def to_forms(torch):
    m = net(torch)
    out = []
    for a, k in (
        (("cpu", torch.float64), {"non_blocking": True}),
        ((torch.device("cpu"),), {}),
        ((torch.float16,), {}),
        ((torch.ones(1, dtype=torch.bfloat16),), {}),
        ((), {"device": "cpu", "dtype": torch.float32}),
        ((torch.complex64,), {}),
    ):
        m.to(*a, **k)
        out.append([str(x.dtype) for x in m.state_dict().values()])
    return out


def to_bad(torch):
    net(torch).to(torch.int64)


def to_bad2(torch):
    net(torch).to(foo=1)


def type_half(torch):
    m = net(torch)
    m.type(torch.float64)
    a = [str(x.dtype) for x in m.state_dict().values()]
    m.half()
    b = [str(x.dtype) for x in m.state_dict().values()]
    m.float()
    m.bfloat16()
    return a, b, [str(x.dtype) for x in m.state_dict().values()]


def global_hooks(torch):
    M = torch.nn.modules.module
    log = []
    hs = [
        M.register_module_forward_pre_hook(lambda m, i: log.append(("pre", type(m).__name__))),
        M.register_module_forward_hook(lambda m, i, o: log.append(("fwd", type(m).__name__))),
        M.register_module_forward_hook(
            lambda m, i, k, o: log.append(("kw", type(m).__name__, sorted(k))), with_kwargs=True
        ),
        M.register_module_full_backward_hook(
            lambda m, gi, go: log.append(("bwd", type(m).__name__, [g is None for g in gi]))
        ),
        M.register_module_full_backward_pre_hook(lambda m, go: log.append(("bpre", type(m).__name__))),
    ]
    m = net(torch)
    m(torch.ones(2, 3)).sum().backward()
    for h in hs:
        h.remove()
    m(torch.ones(2, 3))
    return log


def hook_kwargs(torch):
    log = []

    class M(torch.nn.Module):
        def forward(self, x, *, k=1):
            return x * k

    m = M()
    m.register_forward_pre_hook(lambda mod, a, kw: ((a[0] + 1,), {"k": 5}), with_kwargs=True)
    m.register_forward_hook(lambda mod, a, kw, o: (log.append(dict(kw)), o + 1)[1], with_kwargs=True)
    m.register_forward_hook(lambda mod, a, o: log.append("first"), prepend=True)
    return m(torch.ones(2), k=2), log


def hook_always(torch):
    log = []

    class M(torch.nn.Module):
        def forward(self, x):
            raise ValueError("no")

    m = M()
    m.register_forward_hook(lambda mod, a, o: log.append(o), always_call=True)
    try:
        m(torch.ones(1))
    except ValueError as e:
        log.append(str(e))
    return log


def old_backward_hook(torch):
    log = []
    torch.nn.modules.module._global_is_full_backward_hook = None  # torch never forgets an earlier test's
    torch.manual_seed(0)
    for m, shape in ((torch.nn.Tanh(), (1, 2)), (torch.nn.Conv2d(1, 2, 3), (1, 1, 4, 4))):
        h = m.register_backward_hook(lambda mod, gi, go: log.append((type(mod).__name__, gi, go)))
        x = torch.ones(shape, requires_grad=True)
        m(x).sum().backward()
        h.remove()
        m(x).sum().backward()
    log.append(m.weight.grad)
    m = torch.nn.ReLU()
    m.register_backward_hook(lambda mod, gi, go: (gi[0] * 3,))
    m(x).sum().backward()
    handle = torch.nn.modules.module.register_module_backward_hook(lambda mod, gi, go: log.append(len(go)))
    last = torch.nn.Sigmoid()
    last(x).sum().backward()
    try:
        torch.nn.modules.module.register_module_full_backward_hook(print)
    except RuntimeError as error:
        log.append(str(error))
    handle.remove()
    return log, x.grad


def old_and_full(torch):
    m = torch.nn.Linear(2, 2)
    m.register_full_backward_hook(lambda *a: None)
    m.register_backward_hook(lambda *a: None)


def full_then_old(torch):
    m = torch.nn.Linear(2, 2)
    m.register_backward_hook(lambda *a: None)
    m.register_full_backward_hook(lambda *a: None)


def backward_hook_changes(torch):
    torch.manual_seed(0)
    m = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    m[0].register_full_backward_hook(lambda mod, gi, go: tuple(g * 2 if g is not None else None for g in gi))
    x = torch.ones(1, 2, requires_grad=True)
    m(x).sum().backward()
    return x.grad, m[0].weight.grad


def del_replace(torch):
    m = net(torch)
    m[0] = torch.nn.Linear(3, 4, bias=False)
    m[-1] = torch.nn.Identity()
    del m[1]
    m.append(torch.nn.Tanh())
    m.insert(1, torch.nn.ReLU6())
    m.extend([torch.nn.ELU()])
    e = m.pop(0)
    return repr(m), repr(e), repr(m[1:3]), len(m), list(m.state_dict()), repr(m + m[:1]), repr(m[:1] * 2)


def get_set(torch):
    m = net(torch)
    out = [
        repr(m.get_submodule("3.0")),
        tuple(m.get_parameter("3.0.weight").shape),
        m.get_buffer("1.running_mean"),
    ]
    m.set_submodule("3.0", torch.nn.ReLU())
    for f in (
        lambda: m.get_submodule("9"),
        lambda: m.get_submodule("0.weight"),
        lambda: m.get_parameter("1.running_mean"),
        lambda: m.get_buffer("0.weight"),
        lambda: m.get_parameter("0.q"),
        lambda: m.set_submodule("", 1),
        lambda: m.set_submodule("0", 3),
        lambda: m.set_submodule("7.q", torch.nn.ReLU()),
        lambda: m.set_submodule("7", torch.nn.ReLU(), strict=True),
    ):
        try:
            out.append(repr(f()))
        except Exception as e:
            out.append((type(e).__name__, str(e)))
    return out, repr(m)


def nosuper(torch):
    out = []

    class A(torch.nn.Module):
        def __init__(self):
            self.l = torch.nn.Linear(1, 1)

    class B(torch.nn.Module):
        def __init__(self):
            self.w = torch.nn.Parameter(torch.ones(1))

    class C(torch.nn.Module):
        def __init__(self):
            self.x = 1

        def forward(self, x):
            return x

    class D(torch.nn.Module):
        def __init__(self):
            self.register_buffer("b", torch.ones(1))

    class E(torch.nn.Module):
        def __init__(self):
            self.b = torch.nn.Buffer(torch.ones(1))

    for f in (
        A,
        B,
        C,
        lambda: C()(1),
        lambda: list(C().parameters()),
        lambda: repr(C()),
        lambda: C().train(),
        lambda: C().state_dict(),
        D,
        E,
        lambda: C().foo,
    ):
        try:
            f()
            out.append("ok")
        except Exception as e:
            out.append((type(e).__name__, str(e)))
    return out


def plain_list(torch):
    class M(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.ls = [torch.nn.Linear(1, 1)]
            self.t = (torch.nn.ReLU(),)
            self.d = {"a": torch.nn.Linear(1, 1)}

    m = M()
    return repr(m), list(m.parameters()), list(m.state_dict())


def names_iter(torch):
    m = net(torch)
    m.add_module("x", m[0])
    m.register_module("none", None)
    return (
        [n for n, _ in m.named_modules()],
        [n for n, _ in m.named_modules(remove_duplicate=False)],
        [n for n, _ in m.named_children()],
        [n for n, _ in m.named_parameters(prefix="q", recurse=False)],
        [n for n, _ in m.named_buffers(prefix="q")],
        len(list(m.children())),
        repr(m),
        [n for n, _ in m.named_parameters("z")],
    )


def apply_init(torch):
    log = []

    def f(m):
        log.append(type(m).__name__)
        if isinstance(m, torch.nn.Linear):
            torch.nn.init.constant_(m.weight, 0.5)
            m.bias.data.fill_(0.1)

    m = net(torch)
    r = m.apply(f)
    return log, r is m, m.eval()(torch.ones(1, 3)).detach()


def deepcopy_hooks(torch):
    m = net(torch)
    log = []
    m.register_forward_hook(lambda *a: log.append(1))
    c = copy.deepcopy(m)
    c(torch.ones(2, 3))
    q = copy.copy(m)
    q[0].bias.data.zero_()
    return log, m[0].bias.detach(), c[0].weight is not m[0].weight, c.training


def grads_copy(torch):
    m = torch.nn.Linear(2, 1)
    m(torch.ones(1, 2)).sum().backward()
    c = copy.deepcopy(m)
    m.zero_grad()
    d = m.weight.grad
    c.zero_grad(set_to_none=False)
    return c.weight.grad, d


def freeze(torch):
    m = net(torch)
    m[0].requires_grad_(False)
    m.train()
    m[1].eval()
    m(torch.ones(4, 3)).sum().backward()
    return (
        [(n, q.requires_grad, q.grad is None) for n, q in m.named_parameters()],
        m[1].num_batches_tracked,
        m.training,
    )


def functional(torch):
    m = net(torch).eval()
    ps = {k: v.detach() * 2 for k, v in m.named_parameters()}
    a = torch.func.functional_call(m, ps, (torch.ones(1, 3),))
    b = torch.nn.utils.stateless.functional_call(m, ps, torch.ones(1, 3))
    return a, b, m(torch.ones(1, 3))


def attr_rules(torch):
    m = torch.nn.Linear(2, 2)
    out = []

    def t(f):
        try:
            f()
            out.append("ok")
        except Exception as e:
            out.append((type(e).__name__, str(e)))

    t(lambda: setattr(m, "weight", torch.ones(2, 2)))
    t(lambda: setattr(m, "weight", None))
    t(lambda: m.register_buffer("weight", torch.ones(1)))
    t(lambda: m.register_parameter("a.b", None))
    t(lambda: m.register_parameter("", None))
    t(lambda: m.register_parameter("forward", None))
    t(lambda: m.register_parameter(3, None))
    t(lambda: m.register_parameter("q", torch.ones(1)))
    t(lambda: m.register_parameter("q", torch.nn.Parameter(torch.ones(1)) * 1))
    t(lambda: m.add_module("x", 3))
    t(lambda: m.add_module("a.b", torch.nn.ReLU()))
    t(lambda: m.register_buffer("x", 3))
    t(lambda: m.foo)
    t(lambda: delattr(m, "foo"))
    t(lambda: m.train("a"))
    t(lambda: m(torch.ones(2, 3)))
    t(lambda: torch.nn.Module()(1))
    t(lambda: setattr(m, "bias", 3))
    t(lambda: m.register_parameter("bias", None))
    t(lambda: m.bias)
    return out, repr(m)


PROGRAMS = [
    setstate_old,
    to_forms,
    to_bad,
    to_bad2,
    type_half,
    global_hooks,
    hook_kwargs,
    hook_always,
    old_backward_hook,
    old_and_full,
    full_then_old,
    backward_hook_changes,
    del_replace,
    get_set,
    nosuper,
    plain_list,
    names_iter,
    apply_init,
    deepcopy_hooks,
    grads_copy,
    freeze,
    functional,
    attr_rules,
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    same(program, message=True)
