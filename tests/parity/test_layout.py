"""Strides, contiguity and storages of results, as a program that asks for them sees them in torch."""

from __future__ import annotations

import io

import pytest

from tests.parity.helper import same


def matrix(torch):
    return torch.arange(6.0).reshape(2, 3)


def images(torch):
    return torch.arange(96.0).reshape(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)


def strides(*functions):
    """The program that gives the strides of what the functions make of a cube with permuted dimensions."""

    def program(torch):
        z = torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)
        return [f(torch, z).stride() for f in functions]

    return program


PROGRAMS = {
    "elementwise": strides(
        lambda torch, z: z + 1,
        lambda torch, z: z.exp(),
        lambda torch, z: z + z,
        lambda torch, z: z * torch.ones(4, 2, 3),
        lambda torch, z: torch.ones(4, 2, 3) * z,
        lambda torch, z: z + torch.ones(3),
        lambda torch, z: torch.ones(4, 1, 1) + z,
        lambda torch, z: torch.ones(2, 1) - z.transpose(0, 1)[:, :1],
        lambda torch, z: z > 1,
        lambda torch, z: torch.where(z > 1, z, -z),
        lambda torch, z: torch.relu(z),
        lambda torch, z: z.clamp(0, 1),
        lambda torch, z: z.expand(2, 4, 2, 3) * 2,
        lambda torch, z: z[::2] + 1,
        lambda torch, z: z[:, :1] + z[:1],
    ),
    "copies": strides(
        lambda torch, z: z.clone(),
        lambda torch, z: z[::2].clone(),
        lambda torch, z: z[:, :1].clone(),
        lambda torch, z: z.expand(5, 4, 2, 3).clone(),
        lambda torch, z: z.clone(memory_format=torch.contiguous_format),
        lambda torch, z: z.contiguous(),
        lambda torch, z: z.double(),
        lambda torch, z: z.to(torch.int32),
        lambda torch, z: z.reshape(-1),
        lambda torch, z: z.flip(0),
        lambda torch, z: torch.cat([z, z]),
        lambda torch, z: z.sum(0),
        lambda torch, z: z.cumsum(0),
        lambda torch, z: z.softmax(0),
        lambda torch, z: z @ z.mT,
    ),
    "like": strides(
        lambda torch, z: torch.zeros_like(z),
        lambda torch, z: torch.ones_like(z),
        lambda torch, z: torch.empty_like(z),
        lambda torch, z: torch.full_like(z, 2),
        lambda torch, z: torch.rand_like(z),
        lambda torch, z: torch.randn_like(z),
        lambda torch, z: torch.randint_like(z, 5),
        lambda torch, z: torch.zeros_like(z[::2]),
        lambda torch, z: torch.zeros_like(z, memory_format=torch.contiguous_format),
        lambda torch, z: torch.empty_strided((2, 3), (1, 2)),
    ),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_strides(program):
    same(PROGRAMS[program])


def test_a_result_is_a_base_of_its_own():
    def program(torch):
        y = matrix(torch).t() + 1
        return y._is_view(), y._base, y.is_contiguous(), y.t().is_contiguous(), y.storage_offset()

    same(program)


@pytest.mark.parametrize(
    "view",
    [
        lambda y: y.view(-1),
        lambda y: y.t().view(-1),
        lambda y: y.reshape(-1),
        lambda y: y.t().reshape(-1),
        lambda y: y.flatten(),
        lambda y: y.as_strided((6,), (1,)),
        lambda y: y[1:].as_strided((2, 2), (2, 1)),
        lambda y: y.t()[0].view(3, 1),
        lambda y: y.view(3, 2, 1),
    ],
)
def test_views_of_a_result_follow_its_memory(view):
    def program(torch):
        y = matrix(torch).t() + 1
        v = view(y)
        seen = v.clone(), v.stride(), v.storage_offset(), v._is_view(), v.data_ptr() == y.data_ptr()
        v.mul_(2)
        y[0].add_(1)
        return *seen, v, y

    same(program, message=True)


def test_writes_keep_the_layout():
    def program(torch):
        y = matrix(torch).t() + 1
        y.add_(torch.ones(3, 2))
        y.copy_(y * 2)
        y[0] = torch.ones(2)
        y.t().view(-1)[1] = 100.0
        y.clamp_(max=50)
        return y, y.stride(), y.storage().tolist()

    same(program)


def test_an_optimizer_keeps_the_layout():
    def program(torch):
        p = torch.nn.Parameter(matrix(torch).t().clone())
        optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
        for _ in range(2):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
        return p, p.stride(), p.is_contiguous()

    same(program)


def test_random_numbers_go_in_the_order_of_the_memory():
    def program(torch):
        torch.manual_seed(3)
        z = torch.zeros(5, 4).t()
        return torch.rand_like(z), torch.randn_like(z), torch.randint_like(z, 10), (z + 1).uniform_()

    same(program)


def test_channels_last():
    def program(torch):
        x = images(torch)
        torch.manual_seed(0)
        conv, norm = torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)
        h = conv(x)
        results = [x, x * 2, x.clone(), torch.relu(x), h, norm(h), torch.nn.functional.max_pool2d(h, 2)]
        results += [x.to(memory_format=torch.contiguous_format), x.contiguous()]
        conv = conv.to(memory_format=torch.channels_last)
        results += [conv.weight, conv(x.contiguous())]
        formats = torch.contiguous_format, torch.channels_last
        return [(r.stride(), *[r.is_contiguous(memory_format=f) for f in formats]) for r in results], h

    same(program)


@pytest.mark.parametrize(
    "program",
    [
        lambda torch: matrix(torch).contiguous(memory_format=torch.channels_last),
        lambda torch: matrix(torch).clone(memory_format=torch.channels_last),
        lambda torch: matrix(torch).contiguous(memory_format=torch.preserve_format),
    ],
)
def test_formats_for_other_dimensions(program):
    same(program, message=True)


def test_storages():
    def program(torch):
        x = matrix(torch)
        v, y, z = x[1, 1:], x.clone(), x.t() + 0
        storage = x.untyped_storage()
        return (
            storage.nbytes(), storage.size(), len(storage), len(x.storage()), v.storage().size(),
            storage.data_ptr() == x.data_ptr(), v.untyped_storage().data_ptr() == x.data_ptr(),
            v.data_ptr() - x.data_ptr(), y.data_ptr() == x.data_ptr(), x.is_set_to(x.view(2, 3)),
            x.is_set_to(x.t()), x.view(torch.int16).storage().size(), z.storage().tolist(), z.element_size(),
            list(z[:, :1].untyped_storage())[:8], torch.zeros(0).data_ptr(),
        )  # fmt: skip

    same(program)


def test_saved_tensors_keep_their_layout():
    def program(torch):
        file = io.BytesIO()
        torch.save({"a": matrix(torch).t() + 1, "b": matrix(torch).t()}, file)
        file.seek(0)
        loaded = torch.load(file)
        return loaded, [t.stride() for t in loaded.values()]

    same(program)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padded_and_shuffled_images_keep_channels_last(mode):
    def program(torch):
        nn, x = (
            torch.nn,
            torch.arange(128.0).reshape(2, 4, 4, 4).contiguous(memory_format=torch.channels_last),
        )
        made = [
            nn.functional.pad(x, (1, 1, 1, 0), mode),
            nn.PixelShuffle(2)(x),
            nn.PixelUnshuffle(2)(x),
            nn.ChannelShuffle(2)(x),
        ]
        return [(y, y.stride()) for y in made]

    same(program)


def test_a_leaf_that_is_a_view_gives_its_strides_to_its_gradient():
    def program(torch):
        x = torch.arange(6.0).reshape(2, 3).t().requires_grad_()
        (x * x).sum().backward()
        return x.grad, x.grad.stride()

    same(program)
