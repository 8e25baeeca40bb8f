"""torch's older name of a part of :mod:`jaxlearn.hub`: https://docs.pytorch.org/docs/stable/model_zoo.html"""

from __future__ import annotations

from ..hub import load_state_dict_from_url as load_url

__all__ = ["load_url"]
