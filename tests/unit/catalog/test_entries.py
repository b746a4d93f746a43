from __future__ import annotations

import subprocess
import sys

from netspec import catalog
from netspec.catalog.index import declarations
from netspec.catalog.records import REQUIRED
from netspec.program.graph import Sequence

CATALOG = catalog.load()


def test_the_catalogue_is_read_once() -> None:
    assert catalog.load() is CATALOG
    assert CATALOG.find("layer", "Linear") is CATALOG.find("layer", "Linear")


def test_every_declaration_parses() -> None:
    for kind, name in declarations():
        entry = CATALOG.find(kind, name)
        assert entry is not None
        assert (entry.kind, entry.name) == (kind, name)
        assert entry.doc.endswith(".")


def test_only_what_is_asked_for_is_parsed() -> None:
    program = (
        "from unittest.mock import patch\n"
        "from netspec import catalog\n"
        "from netspec.catalog import entries\n"
        "seen = []\n"
        "parse = entries.parse\n"
        "with patch.object(entries, 'parse', lambda s, k: (seen.append(s.text), parse(s, k))[1]):\n"
        "    catalog.load().find('layer', 'Linear')\n"
        "    catalog.load().find('layer', 'Linear')\n"
        "    catalog.load().names('layer')\n"
        "assert len(seen) == 1, seen\n"
        "import sys\n"
        "assert not {'torch', 'numpy', 'sklearn', 'polars'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_unknown_names_are_not_found() -> None:
    assert CATALOG.find("layer", "Dense") is None
    assert CATALOG.find("loss", "Linear") is None


def test_a_declaration_says_where_its_thing_is() -> None:
    homes = {
        ("layer", "Linear"): "torch.nn.Linear",
        ("loss", "MSELoss"): "torch.nn.MSELoss",
        ("optimizer", "AdamW"): "torch.optim.AdamW",
        ("schedule", "StepLR"): "torch.optim.lr_scheduler.StepLR",
        ("function", "cat"): "torch.cat",
        ("function", "gelu"): "torch.nn.functional.gelu",
        ("function", "expand"): "torch.Tensor.expand",
        ("metric", "accuracy"): "netspec.runner.metrics.accuracy",
        ("estimator", "Ridge"): "sklearn.linear_model.Ridge",
    }
    for (kind, name), target in homes.items():
        entry = CATALOG.find(kind, name)
        assert entry is not None
        assert entry.target == target


def test_what_follows_the_semicolon() -> None:
    entry = CATALOG.find("layer", "LSTM")
    assert entry is not None
    hidden, size, layers = entry.arguments[:3]
    assert hidden.required
    assert (size.inferred, size.keyword_only, size.default) == (True, True, REQUIRED)
    assert (layers.inferred, layers.keyword_only, layers.default) == (False, True, 1)


def test_operands_of_variadic_functions_are_gathered() -> None:
    cat, reshape = CATALOG.find("function", "cat"), CATALOG.find("function", "reshape")
    assert cat is not None
    assert reshape is not None
    assert cat.gather(("a", "b"), lambda items: "+".join(items)) == ("a+b",)
    assert reshape.gather(("x", "2", "3"), lambda items: ",".join(items)) == ("x", "2,3")
    sequence = Sequence(items=())
    assert cat.gather((sequence,), lambda items: Sequence(items=())) == (sequence,)
