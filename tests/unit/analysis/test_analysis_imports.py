"""Imports: what a golden cannot show of files, their folders, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import netspec
from netspec import driver
from netspec.diagnostics import Diagnostic, Sink
from netspec.program import Program
from netspec.program.graph import Graph, Layer

MODEL = "model {\n  input x: real[B, 4]\n  Linear(2)\n}\n"
HEAD = "block Head { Linear(2) }\n"
USING = 'import "a.net" as a  # netspec: allow[unused-import]\n' + MODEL


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / next(iter(files))


def checked(
    path: Path, overrides: Mapping[str, str] | None = None
) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    sink = Sink()
    source = driver.read(path, sink)
    assert source is not None
    return driver.check(source, sink, overrides), sink.diagnostics


def codes(path: Path) -> list[str]:
    return [diagnostic.code for diagnostic in checked(path)[1]]


def test_a_text_imports_nothing() -> None:
    (found,) = netspec.check('import "a.net" as a\n' + MODEL)
    assert found.code == "NS0012"


def test_names_of_files_begin_where_the_spec_s_name_begins(tmp_path: Path) -> None:
    spec = written(
        tmp_path,
        {
            "m.net": 'import "parts/a.net" as a\n' + MODEL,
            "parts/a.net": 'import "b.net" as b\n',
            "parts/b.net": "block Head {",
        },
    )
    _, (found,) = checked(spec)
    names = [label.span.source.name for label in found.labels]
    assert names == [str(tmp_path / name) for name in ("parts/b.net", "parts/a.net", "m.net")]


def chain(length: int) -> Iterator[tuple[str, str]]:
    """A spec, and as many files, each imported by the one before."""
    yield "m.net", ""
    for number in range(1, length):
        after = f"f{number + 1}"
        yield f"f{number}.net", f'import "{after}.net"\nblock Head {{ {after}.Head }}\n'
    yield f"f{length}.net", HEAD


def test_the_number_of_files_is_limited(tmp_path: Path) -> None:
    files = {f"f{n}.net": HEAD for n in range(300)}
    uses = [f'import "f{n}.net"  # netspec: allow[unused-import]\n' for n in range(300)]
    assert codes(written(tmp_path, {"m.net": "".join(uses) + MODEL, **files})) == ["NS0010"]
    few = written(tmp_path, {"few.net": "".join(uses[:256]) + MODEL})
    assert codes(few) == []
    again = written(tmp_path, {"again.net": "".join(uses[:256]) + 'import "f0.net" as g\n' + MODEL})
    assert codes(again) == ["NS8030"]


def test_a_chain_of_files_may_be_as_long_as_the_limit(tmp_path: Path) -> None:
    # Blocks within one another are limited elsewhere, so that nothing uses the whole chain.
    top = 'import "f1.net" as f1  # netspec: allow[unused-import]\n' + MODEL
    for length, expected in ((256, []), (257, ["NS0010"])):
        files = {**dict(chain(length)), "m.net": top}
        assert codes(written(tmp_path / str(length), files)) == expected


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """Each of 20 files imports the next one twice: read each time, that would be a million."""
    files = {"m.net": 'import "f0.net" as f\n' + MODEL.replace("Linear(2)", "f.Head")}
    for n in range(20):
        after = f'"f{n + 1}.net"'
        files[f"f{n}.net"] = f"import {after} as one\nimport {after} as two\n{HEAD}"
    files["f20.net"] = HEAD
    program, found = checked(written(tmp_path, files))
    assert found == ()
    assert program is not None
    assert len(program.libraries) == 21


def test_two_names_for_one_file_share_its_params(tmp_path: Path) -> None:
    body = "  Linear(a.n) -> Linear(b.n, bias=false)  # netspec: allow[two-linears]\n"
    text = f'import "a.net" as a\nimport "a.net" as b\nmodel {{\n  input x: real[B, 4]\n{body}}}\n'
    spec = written(tmp_path, {"m.net": text, "a.net": "param n = 3\n"})
    program, found = checked(spec, {"b.n": "5"})
    assert found == ()
    assert program is not None
    assert program.params == (("a.n", 5),)
    assert [dict(layer.arguments)["out_features"] for layer in leaves(program)] == [5, 5]


def leaves(program: Program) -> list[Layer]:
    (model,) = program.models
    return [layer for _, layer in model.graph.layers()]


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    spec = written(tmp_path, {"m.net": USING, "parts/b.net": HEAD})
    (tmp_path / "a.net").symlink_to(tmp_path / "parts" / "b.net")
    assert codes(spec) == []


def test_a_ring_of_links_ends(tmp_path: Path) -> None:
    spec = written(tmp_path, {"m.net": 'import "loop/m.net" as a\n' + MODEL})
    (tmp_path / "loop").symlink_to(tmp_path)
    assert codes(spec) == ["NS2032"]
    (tmp_path / "a.net").symlink_to(tmp_path / "a.net")
    assert codes(written(tmp_path, {"n.net": USING})) == ["NS2030"]


@pytest.mark.parametrize("name", ["b" * 5000 + ".net", "a.net/b.net", "folder.net", "."])
def test_what_is_no_file_is_missing(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.net").mkdir()
    spec = written(tmp_path, {"m.net": f'import "{name}" as b\n{MODEL}', "a.net": HEAD})
    assert codes(spec) in (["NS2030"], ["NS2031"])


def test_a_file_that_cannot_be_read_is_told_with_its_import(tmp_path: Path) -> None:
    spec = written(tmp_path, {"m.net": USING})
    (tmp_path / "a.net").write_bytes(b"block Caf\xe9 { Linear(2) }")
    _, (found,) = checked(spec)
    assert found.code == "NS0002"
    assert [str(label.span) for label in found.labels] == [f"{spec}:1:8"]


def test_a_mistake_is_told_once_however_many_ways_lead_to_it(tmp_path: Path) -> None:
    spec = written(
        tmp_path,
        {
            "m.net": 'import "a.net" as a\nimport "b.net" as b\n'
            + MODEL.replace("Linear(2)", "a.Head -> b.Head"),
            "a.net": 'import "c.net" as c\nblock Head { c.Head }\n',
            "b.net": 'import "c.net" as c\nblock Head { c.Head }\n',
            "c.net": "param n = wdith\nblock Head { Linaer(n) }\n",
        },
    )
    assert codes(spec) == ["NS2001", "NS2002"]


def test_a_name_of_the_spec_is_unknown_in_what_it_imports(tmp_path: Path) -> None:
    spec = written(
        tmp_path,
        {
            "m.net": 'import "a.net" as a\nparam width = 3\n' + MODEL.replace("Linear", "a.Own"),
            "a.net": "block Own(n) { Linear(width) }\n",
        },
    )
    _, (found,) = checked(spec)
    assert found.message == "unknown name `width`"


def test_blocks_of_one_name_are_classes_of_their_own(tmp_path: Path) -> None:
    import torch

    spec = written(
        tmp_path,
        {
            "m.net": 'import "a.net" as a\nblock Head(n) { a.Head(n) -> ReLU -> a.Head(n) }\n'
            + MODEL.replace("Linear(2)", "Head(4)\n  a.Head(2)"),
            "a.net": "block Head(n) { Linear(n) -> Tanh }\n",
        },
    )
    loaded = netspec.load(spec)
    graph = loaded.program.models[0].graph
    assert [child.module.name for child in graph.children if isinstance(child.module, Graph)]
    module = loaded.build()
    assert module(torch.zeros(3, 4)).shape == (3, 2)
    own, inner, other = (module.get_submodule(key) for key in ("0", "0.0", "1"))
    assert type(inner) is type(other)
    assert type(own) is not type(inner)


def test_the_saved_spec_runs_again_with_what_it_imports(tmp_path: Path) -> None:
    data = "data {\n  x = normal(0, 1, size=[40, 4])\n  y = x[:, 0]\n}\n"
    train = "train {\n  loss = MSELoss\n  optimizer = SGD(lr=0.1)\n  epochs = a.epochs\n}\n"
    model = "model { a.Body -> deep.Body -> spec.Body -> Linear(1) }\n"
    uses = 'import "a.net" as a\nimport "deep/a.net" as deep\nimport "deep/spec.net"\n'
    spec = written(
        tmp_path,
        {
            "m.net": uses + data + model + train,
            "a.net": 'import "deep/a.net"  as deep\nparam epochs = 2\n'
            "block Body { Linear(deep.n) -> ReLU }\n",
            "deep/a.net": "param n = 3\nblock Body { Linear(n) -> Tanh }\n",
            "deep/spec.net": 'import "a.net"\nblock Body { a.Body -> Linear(a.n) }\n',
        },
    )
    run = netspec.load(spec, params={"deep.n": 5, "a.epochs": 3}).train(runs=tmp_path / "runs")
    assert run.folder is not None
    assert run.epochs == 3
    kept = sorted(path.name for path in (run.folder / "imports").iterdir())
    assert kept == ["a.net", "a_2.net", "spec.net"]
    saved = netspec.load(run.folder / "spec.net")
    assert saved.params == {"deep.n": 5, "a.epochs": 3}
    again = saved.train(runs=tmp_path / "runs")
    assert again.metrics == run.metrics
    assert again.folder is not None
    for name in ("spec.net", "imports/a.net", "imports/a_2.net", "imports/spec.net"):
        assert (again.folder / name).read_text() == (run.folder / name).read_text()
