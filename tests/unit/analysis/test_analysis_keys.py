"""Keys of `state_dict` come from the text and nothing else (language reference, section 4)."""

from __future__ import annotations

import pytest
from spec_pieces import keys, layers, model_of

WEIGHTS = ("weight", "bias")


def linear(*prefixes: str) -> list[str]:
    return [f"{prefix}.{name}" for prefix in prefixes for name in WEIGHTS]


def test_unlabelled_stages_are_counted_all() -> None:
    assert keys(model_of("Linear(8) -> ReLU -> Linear(2)")) == linear("0", "2")


def test_counting_goes_through_unlabelled_loops() -> None:
    model = model_of(
        """
        Linear(8)
        repeat 2 { Linear(8) -> ReLU }
        for width in [4, 2] { Linear(width) }
        """
    )
    assert layers(model) == ["0", "1", "2", "3", "4", "5", "6"]


def test_a_label_with_an_index_is_a_list() -> None:
    model = model_of("for i in 0..2 { fc[i]: Linear(8) -> ReLU }\nfc[1] -> fc[0]", "real[B, 8]")
    assert keys(model) == linear("fc.0", "fc.1")
    assert layers(model) == ["fc.0", "fc.1", "relu_0", "relu_1"]


def test_a_list_stands_where_its_first_does_in_the_order_of_the_indices() -> None:
    model = model_of(
        """
        for i in range(2, -1, -1) {
          a[i]: Linear(4) -> ReLU
          b[2 - i]: { Linear(4) -> Tanh }
        }
        """
    )
    wanted = linear("a.0", "a.1", "a.2", "b.0.0", "b.1.0", "b.2.0")
    assert keys(model) == wanted


def test_a_labelled_loop_without_a_round_is_a_label_all_the_same() -> None:
    for depth in (0, 1):
        model = model_of(f"Linear(8) -> ReLU\nh: repeat {depth} {{ ReLU }}\nLinear(2)")
        assert keys(model) == linear("linear_0", "linear_1")


def test_counting_goes_through_if() -> None:
    model = model_of("if true { Linear(8) -> ReLU }\nLinear(2)")
    assert keys(model) == linear("0", "2")


def test_counting_goes_through_parentheses_and_braces() -> None:
    assert layers(model_of("(Linear(8) -> ReLU) -> Linear(2)")) == ["0", "1", "2"]
    assert layers(model_of("{ Linear(8) -> ReLU } -> Linear(2)")) == ["0", "1", "2"]


def test_a_label_is_a_key() -> None:
    assert keys(model_of("fc1: Linear(8) -> ReLU -> fc2: Linear(2)")) == linear("fc1", "fc2")


def test_beside_a_label_stages_are_named_by_class_and_ordinal() -> None:
    model = model_of("Linear(8) -> ReLU -> Linear(8) -> ReLU -> head: Linear(2)")
    assert layers(model) == ["linear_0", "relu_0", "linear_1", "relu_1", "head"]


def test_beside_a_named_value_too() -> None:
    model = model_of("h = x -> Linear(8) -> ReLU\nh -> Linear(2)")
    assert layers(model) == ["linear_0", "relu_0", "linear_1"]


def test_beside_a_function_too() -> None:
    assert layers(model_of("Linear(8) -> relu -> Linear(2)")) == ["linear_0", "linear_1"]


def test_an_ordinal_leaves_a_label_alone() -> None:
    model = model_of("linear_0: Linear(8) -> ReLU -> Linear(4) -> ReLU -> Linear(2)")
    assert layers(model) == ["linear_0", "relu_0", "linear_1", "relu_1", "linear_2"]


@pytest.mark.parametrize(
    ("stage", "key"),
    [
        ("BatchNorm1d", "batch_norm1d_0"),
        ("LayerNorm", "layer_norm_0"),
        ("LeakyReLU", "leaky_relu_0"),
        ("ReLU6", "relu6_0"),
        ("GELU", "gelu_0"),
        ("SELU", "selu_0"),
        ("GLU", "glu_0"),
        ("PReLU", "prelu_0"),
    ],
)
def test_classes_in_snake_case(stage: str, key: str) -> None:
    assert layers(model_of(f"y = x -> {stage}\ny + y")) == [key]


def test_a_labelled_container_prefixes_its_children() -> None:
    model = model_of("features: { Linear(8) -> ReLU }\nclassifier: (Linear(4) -> ReLU)")
    assert layers(model) == ["features.0", "features.1", "classifier.0", "classifier.1"]


def test_a_container_within_a_container() -> None:
    model = model_of("body: { stem: { Linear(8) -> ReLU } -> head: Linear(2) }")
    assert layers(model) == ["body.stem.0", "body.stem.1", "body.head"]


def test_a_labelled_repeat_numbers_its_rounds() -> None:
    model = model_of("h: repeat 2 { ln: LayerNorm -> fc: Linear(4) }")
    assert keys(model) == linear("h.0.ln", "h.0.fc", "h.1.ln", "h.1.fc")


def test_a_round_of_a_single_stage_is_that_stage() -> None:
    block = "block Layer { ln_1: LayerNorm -> mlp: Linear(4) }"
    model = model_of("h: repeat 2 { Layer }", before=block)
    assert keys(model) == linear("h.0.ln_1", "h.0.mlp", "h.1.ln_1", "h.1.mlp")
    assert layers(model_of("h: repeat 3 { Linear(4) }")) == ["h.0", "h.1", "h.2"]


def test_a_labelled_for_numbers_its_rounds() -> None:
    assert layers(model_of("h: for width in [8, 6] { Linear(width) }")) == ["h.0", "h.1"]


def test_rounds_of_several_stages_count_within() -> None:
    model = model_of("h: repeat 2 { Linear(4) -> ReLU }")
    assert layers(model) == ["h.0.0", "h.0.1", "h.1.0", "h.1.1"]


def test_a_block_is_one_stage() -> None:
    block = "block Hidden(width) { Linear(width) -> ReLU }"
    model = model_of("Hidden(8) -> Hidden(6) -> Linear(2)", before=block)
    assert layers(model) == ["0.0", "0.1", "1.0", "1.1", "2"]
    model = model_of("a: Hidden(8) -> Hidden(6) -> ReLU", before=block)
    assert layers(model) == ["a.0", "a.1", "hidden_0.0", "hidden_0.1", "relu_0"]


def test_rates_of_params_do_not_move_keys() -> None:
    text = "features: { Linear(width) -> ReLU }\nhead: Linear(2)"
    small = model_of(text, before="param width = 4")
    large = model_of(text, before="param width = 64")
    assert keys(small) == keys(large)


def test_torchvision_resnet_block() -> None:
    block = """
    block BasicBlock(planes, stride=1) {
      input x: real[B, C, H, W]
      y = x -> conv1: Conv2d(planes, 3, stride=stride, padding=1, bias=false)
        -> bn1: BatchNorm2d -> relu: ReLU
        -> conv2: Conv2d(planes, 3, padding=1, bias=false) -> bn2: BatchNorm2d
      if stride != 1 or C != planes {
        x = x -> downsample: (Conv2d(planes, 1, stride=stride, bias=false) -> BatchNorm2d)
      }
      y + x -> relu
    }
    """
    model = model_of(
        "layer2: { BasicBlock(8, stride=2) -> BasicBlock(8) }", "real[B, 4, 8, 8]", block
    )
    found = [key for key in keys(model) if key.endswith("weight")]
    assert found == [
        "layer2.0.conv1.weight",
        "layer2.0.bn1.weight",
        "layer2.0.conv2.weight",
        "layer2.0.bn2.weight",
        "layer2.0.downsample.0.weight",
        "layer2.0.downsample.1.weight",
        "layer2.1.conv1.weight",
        "layer2.1.bn1.weight",
        "layer2.1.conv2.weight",
        "layer2.1.bn2.weight",
    ]


def test_no_layer_has_no_key_and_counts_as_none() -> None:
    block = "block Hidden(norm=none) { Linear(4) -> norm -> ReLU -> Linear(4) }"
    model = model_of("a: Hidden\nb: Hidden(norm=BatchNorm1d)", before=block)
    assert layers(model) == ["a.0", "a.1", "a.2", "b.0", "b.1", "b.2", "b.3"]


def test_a_label_on_no_layer_leaves_the_other_keys_as_they_are() -> None:
    block = "block Hidden(norm=none) { Linear(4) -> norm: norm -> ReLU -> Linear(4) }"
    model = model_of("a: Hidden\nb: Hidden(norm=BatchNorm1d)", before=block)
    assert layers(model) == [
        *("a.linear_0", "a.relu_0", "a.linear_1"),
        *("b.linear_0", "b.norm", "b.relu_0", "b.linear_1"),
    ]


def test_a_block_in_itself_nests() -> None:
    block = "block Residual(inner) {\n  input x\n  x + (x -> inner)\n}"
    model = model_of(
        "Residual(Residual(Linear(4)))\nReLU\nResidual({ fc: Linear(4) })", before=block
    )
    assert layers(model) == ["0.residual_0.linear_0", "1", "2.fc"]


def test_a_stage_stands_for_what_its_names_stood_for_where_it_was_written() -> None:
    model = model_of("n = 3\nlate = [Linear(n), ReLU]\nn = 5\nlate[0] -> late[1] -> Linear(n)")
    assert layers(model) == ["0", "1", "2"]
    shapes = [weight.shape for _, layer in model.graph.layers() for weight in layer.weights]
    assert shapes == [(3, 4), (3,), (5, 3), (5,)]


def test_layers_of_a_scan_belong_to_the_body_around_it() -> None:
    text = """
    rnn: {
      scan step in x along 1 carry h = zeros(B, 5) {
        h = tanh((step -> i2h: Linear(5)) + (h -> Linear(5)))
      }
    }
    """
    model = model_of(text, "real[B, T, 4]")
    assert layers(model) == ["rnn.i2h", "rnn.linear_0"]
