"""What importing jaxlearn costs: none of the packages that only some programs need, and never torch or TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Imported by the function that needs it, or never.
LATE = (
    "IPython",
    "PIL",
    "array_record",
    "grain",
    "matplotlib",
    "orbax",
    "pandas",
    "scipy",
    "tensorboard",
    "tensorflow",
    "tensorflow_datasets",
    "torch",
    "torchvision",
    "tqdm",
)
PUBLIC = (
    "jaxlearn",
    "jaxlearn.nn.functional",
    "jaxlearn.optim",
    "jaxlearn.utils.data",
    "jaxlearn.vision",
    "jaxlearn.train",
)


def loaded_by(statement: str) -> set[str]:
    """Top-level packages in a fresh interpreter after a statement."""
    program = (
        f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def foundation() -> set[str]:
    """What jax, flax.nnx and optax import themselves is not ours to avoid."""
    return loaded_by("import jax, flax.nnx, optax")


@pytest.mark.parametrize("module", PUBLIC)
def test_import_is_light(module: str, foundation: set[str]) -> None:
    loaded = loaded_by(f"import {module}")
    assert "torch" not in loaded
    assert "tensorflow" not in loaded
    assert sorted((loaded - foundation) & set(LATE)) == []


def test_import_leaves_the_users_jax_configuration_alone() -> None:
    program = (
        "import jax; before = dict(jax.config.values); import jaxlearn; "
        "after = dict(jax.config.values); "
        "changed = {k: (before.get(k), v) for k, v in after.items() if before.get(k) != v}; assert not changed, changed"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_import_starts_no_device() -> None:
    """A program may still choose its platform after the import."""
    program = "import jaxlearn; from jax._src import xla_bridge; assert not xla_bridge._backends, xla_bridge._backends"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
