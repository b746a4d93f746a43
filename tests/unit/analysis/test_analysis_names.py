"""Names in a body: rebinding, captures, sharing, indices, results."""

from __future__ import annotations

import pytest
import torch
from spec_pieces import codes, keys, layers, model_of, output

from netspec import codegen
from netspec.program.graph import Compute, Graph, Invoke


def graph_of(graph: Graph, key: str) -> Graph:
    child = graph.child(key)
    assert isinstance(child, Graph)
    return child


def test_rebinding_replaces_the_value() -> None:
    model = model_of("x = x -> Linear(8)\nx = x -> ReLU -> Linear(3)\nx")
    assert output(model) == "real[B, 3]"


def test_a_binding_moves_the_flow() -> None:
    assert output(model_of("h = x -> Linear(8)\nReLU -> Linear(3)")) == "real[B, 3]"


def test_rebinding_across_an_unlabelled_loop() -> None:
    model = model_of("for width in [8, 6] { x = x -> Linear(width) -> ReLU }\nx -> Linear(2)")
    assert output(model) == "real[B, 2]"
    assert layers(model) == ["linear_0", "relu_0", "linear_1", "relu_1", "linear_2"]


def test_rebinding_across_a_labelled_loop() -> None:
    model = model_of("h: for width in [8, 6] { x = x -> Linear(width) -> ReLU }\nx -> Linear(2)")
    assert output(model) == "real[B, 2]"
    assert layers(model)[-1] == "linear_0"
    assert keys(model)[0].startswith("h.0.")


def test_a_labelled_loop_carries_two_names() -> None:
    model = model_of(
        """
        a = x -> Linear(8)
        h: repeat 2 {
          a = a -> Linear(8) -> ReLU
          x = x -> Linear(4)
        }
        a = a -> Linear(4)
        a + x
        """
    )
    assert output(model) == "real[B, 4]"
    rounds = graph_of(model.graph, "h")
    assert len(rounds.outputs) == 2


def test_a_container_captures_what_it_sees() -> None:
    model = model_of("y = x -> Linear(4)\nbody: { h = x -> ReLU\n h + y }")
    assert len(graph_of(model.graph, "body").inputs) == 2
    (step,) = (s for s in model.graph.steps if isinstance(s, Invoke) and s.child == "body")
    assert len(step.operands) == 2


@pytest.mark.parametrize("label", ["", "part: "])
def test_a_label_changes_no_name(label: str) -> None:
    model = model_of(
        f"""
        skip[0] = x
        y = x
        n = 4
        x -> {label}{{
          n = n * 2
          y = y -> Linear(n)
          skip[n] = y
        }}
        y + skip[8] -> Linear(n + 1)
        """
    )
    assert output(model) == "real[B, 9]"


def test_an_indexed_name_comes_out_of_a_labelled_loop() -> None:
    model = model_of(
        """
        skip[0] = x
        down: for i in 0..3 { skip[i + 1] = skip[i] -> Linear(4) -> ReLU }
        skip[0] + skip[1] + skip[2] + skip[3]
        """
    )
    assert len(model.graph.inputs) == 1
    assert len(graph_of(model.graph, "down").outputs) == 3


def test_inputs_and_labels_of_a_container_are_its_own() -> None:
    model = model_of(
        """
        y = x -> act: Tanh -> Linear(8)
        h = x -> part: {
          input y
          act: ReLU -> Linear(3) -> act
        }
        cat(y, h -> act, dim=1)
        """
    )
    assert output(model) == "real[B, 11]"
    assert layers(model) == ["act", "linear_0", "part.act", "part.linear_0"]


def test_a_round_of_one_stage_gives_what_its_body_gives() -> None:
    model = model_of(
        "h: repeat 2 {\n x, state = x -> GRU(4, batch_first=true)\n x\n}", "real[B, 10, 4]"
    )
    assert output(model) == "real[B, 10, 4]"


def test_a_layer_given_to_a_block_takes_a_label() -> None:
    model = model_of(
        "Twice(LeakyReLU(0.2))", before="block Twice(layer) { a: layer -> Linear(4) -> a }"
    )
    assert layers(model) == ["0.a", "0.linear_0"]


def test_a_default_layer_sees_the_arguments_before_it() -> None:
    block = """
    block Wide(width=8, layer=Linear(width)) {
      width = 3
      layer
    }
    """
    assert output(model_of("Wide", before=block)) == "real[B, 8]"


def test_names_in_parentheses_are_unpacked() -> None:
    assert output(model_of("(a, b) = split(x, 2, dim=1)\na + b")) == "real[B, 2]"


def test_a_block_sees_params_and_no_values() -> None:
    block = "param width = 8\nblock Hidden { Linear(width) -> ReLU }"
    assert output(model_of("Hidden", before=block)) == "real[B, 8]"
    assert codes(
        """
        block Bad { Linear(4)
          + y }
        model {
          input x: real[B, 4]
          y = x -> Linear(4)
          Bad + y
        }
        """
    )


def test_a_labelled_stage_is_used_again() -> None:
    model = model_of("fc: Linear(4) -> ReLU -> fc -> ReLU -> fc")
    assert keys(model) == ["fc.weight", "fc.bias"]
    uses = [s for s in model.graph.steps if isinstance(s, Invoke) and s.child == "fc"]
    assert len(uses) == 3


def test_a_labelled_block_is_used_again() -> None:
    block = "block Hidden { Linear(4) -> ReLU }"
    model = model_of("a = x -> tower: Hidden\nb = x * 2 -> tower\na + b", before=block)
    assert keys(model) == ["tower.0.weight", "tower.0.bias"]


def test_a_stage_twice_in_the_text_is_two_stages() -> None:
    assert len(keys(model_of("Linear(4) -> ReLU -> Linear(4)"))) == 4


def test_a_relu_used_again_takes_any_shape() -> None:
    model = model_of("Linear(8) -> act: ReLU -> Linear(3) -> act")
    assert output(model) == "real[B, 3]"


def test_indexed_names() -> None:
    model = model_of(
        """
        for i in 0..3 {
          skip[i] = x -> Linear(8 * (i + 1))
          x = skip[i] -> ReLU
        }
        cat(skip[0], skip[1], x, dim=1)
        """
    )
    assert output(model) == "real[B, 48]"


def test_indices_may_be_several_and_texts() -> None:
    model = model_of(
        """
        for i in 0..2 {
          for side in ["left", "right"] {
            part[i, side] = x -> Linear(i + 1)
          }
        }
        cat(part[0, "left"], part[1, "right"], part[1, "left"], part[0, "right"], dim=1)
        """
    )
    assert output(model) == "real[B, 6]"


@pytest.mark.parametrize("index", ["-1", '"left half"', '"\'); import os #"', '""'])
def test_an_index_that_is_no_name_in_python(index: str) -> None:
    model = model_of(f"part[{index}] = x -> Linear(3)\npart[{index}] * part[{index}]")
    assert codegen.build_model(model, "test.net")(torch.ones(2, 4)).shape == (2, 3)


def test_a_block_with_underscores_in_front() -> None:
    model = model_of("y = x -> __Part\ny + x", before="block __Part { Linear(4) }")
    assert keys(model) == ["part_0.0.weight", "part_0.0.bias"]


def test_results_are_unpacked_as_torch_nests_them() -> None:
    model = model_of(
        "out, (h, c) = x -> LSTM(16, batch_first=true)\noutput out, h, c", "real[B, 10, 4]"
    )
    assert [str(t) for t in model.graph.output_types] == [
        "real[B, 10, 16]",
        "real[1, B, 16]",
        "real[1, B, 16]",
    ]
    assert model.output_names == ("out", "h", "c")


@pytest.mark.parametrize("names", ["out", "out, h", "out, h, c, d"])
def test_every_result_has_a_name(names: str) -> None:
    text = f"model {{\n input x: real[B, 10, 4]\n {names} = x -> LSTM(16, batch_first=true)\n"
    assert codes(text + f" output {names}\n}}") == ["NS2105"]


def test_several_values_flow_together() -> None:
    block = """
    block Join {
      input a
      input b
      a * b
    }
    """
    assert output(model_of("(x, x -> ReLU) -> Join", before=block)) == "real[B, 4]"


def test_dimension_names_are_sizes() -> None:
    model = model_of("x -> reshape(B, T * 4) -> unsqueeze(dim=1)", "real[B, T, 4]")
    assert output(model) == "real[B, 1, 4*T]"


def test_a_size_of_outside_is_told_by_a_value_that_is_taken_in() -> None:
    model = model_of(
        """
        m = mean(x, dim=1)
        m -> part: { input z
          z / T -> Linear(4) }
        """,
        "real[B, T, 4]",
    )
    part = graph_of(model.graph, "part")
    assert [slot.name for slot in part.inputs] == ["m", "x"]
    built = codegen.build_model(model, "test.net")
    assert built(torch.ones(2, 6, 4)).shape == (2, 4)


def test_named_values_keep_their_names() -> None:
    model = model_of("hidden = x -> Linear(8)\nhidden + 1")
    names = [slot.name for step in model.graph.steps for slot in step.results]
    assert names[0] == "hidden"
    assert isinstance(model.graph.steps[-1], Compute)


def test_a_shared_block_counts_once_against_the_limits() -> None:
    block = "block Wide { Linear(40_000, bias=false) }"
    body = "x -> wide: Wide" + "\n-> wide" * 3
    assert keys(model_of(body, "real[B, 40_000]", before=block)) == ["wide.0.weight"]
