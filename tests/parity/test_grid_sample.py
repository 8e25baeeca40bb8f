"""Places exactly between two pixels' slopes fall to torch's side, as a spatial transformer's first step needs."""

from __future__ import annotations

from typing import Any

import pytest

from .helper import same


@pytest.mark.parametrize("size", [(12, 13), (28, 28)])
@pytest.mark.parametrize("align_corners", [True, False])
def test_gradient_at_the_identity(size: tuple[int, int], align_corners: bool) -> None:
    def program(torch: Any) -> Any:
        F = torch.nn.functional
        torch.manual_seed(0)
        image = torch.randn(1, 1, *size)
        grid = F.affine_grid(torch.eye(2, 3)[None], image.shape, align_corners=align_corners).requires_grad_()
        F.grid_sample(image, grid, align_corners=align_corners).sum().backward()
        return grid, grid.grad

    # Each gradient is a sum of products with numbers up to 30, in another order.
    same(program, rtol=1e-5, atol=1e-4)


def test_the_paddings_that_there_are_are_told() -> None:
    def program(torch: Any) -> str:
        with pytest.raises(NotImplementedError) as raised:
            torch.nn.functional.pad(torch.zeros(1, 1, 5, 5), (1, 1), mode="reflect")
        return str(raised.value)

    same(program, text=True)
