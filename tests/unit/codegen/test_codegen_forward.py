from __future__ import annotations

import torch
from drawing import SPAN, Drawing, conv2d, dim, layer, linear, model, norm2d, relu, shaped

from netspec import codegen
from netspec.program.graph import Compute, Graph, Ref, SliceOperand, Slot


def statements(graph: Graph) -> list[str]:
    text = codegen.emit_model(model(graph, name="M"))
    body = text.split("def forward")[-1].splitlines()[1:]
    return [line.strip().split("  #")[0] for line in body]


def test_the_order_of_evaluation_is_that_of_the_graph() -> None:
    drawing = Drawing()
    x = drawing.input("B 2")
    first = drawing.compute("randn_like", x, shape="B 2")
    second = drawing.compute("rand_like", x, shape="B 2")
    graph = drawing.done(drawing.compute("-", second, first, shape="B 2"))
    assert statements(graph) == [
        "out = torch.randn_like(x)",
        "x = torch.rand_like(x)",
        "return x - out",
    ]
    torch.manual_seed(1)
    given = torch.zeros(3, 2)
    noise = torch.randn_like(given)
    expected = torch.rand_like(given) - noise
    torch.manual_seed(1)
    assert torch.equal(codegen.build_model(model(graph), "order.net")(given), expected)


def test_values_in_order_stand_where_they_are_used() -> None:
    drawing = Drawing()
    x = drawing.input("B 2")
    first = drawing.compute("randn_like", x, shape="B 2")
    second = drawing.compute("rand_like", x, shape="B 2")
    graph = drawing.done(drawing.compute("-", first, second, shape="B 2"))
    assert statements(graph) == ["return torch.randn_like(x) - torch.rand_like(x)"]


def test_a_name_still_needed_is_not_given_away() -> None:
    drawing = Drawing()
    first = drawing.input("B 2")
    second = drawing.stage("a", linear(2, 2), first, "B 2", name="x")
    third = drawing.stage("b", linear(2, 2), second, "B 2", name="x")
    total = drawing.compute("+", first, third, shape="B 2")
    assert statements(drawing.done(total)) == [
        "x_2 = self.a(x)",
        "x_2 = self.b(x_2)",
        "return x + x_2",
    ]


def test_a_line_holds_one_layer_with_a_matrix_and_what_goes_with_it() -> None:
    drawing = Drawing()
    x = drawing.input("B 3 8 8")
    value = x
    for number, inputs in enumerate((3, 4)):
        value = drawing.stage(f"conv{number}", conv2d(inputs, 4, 1), value, "B 4 8 8")
        value = drawing.stage(f"norm{number}", norm2d(4), value, "B 4 8 8")
        value = drawing.stage(f"act{number}", relu(), value, "B 4 8 8")
    assert statements(drawing.done(value)) == [
        "x = self.act0(self.norm0(self.conv0(x)))",
        "return self.act1(self.norm1(self.conv1(x)))",
    ]


def test_a_value_without_a_name_takes_the_name_it_flows_into() -> None:
    drawing = Drawing()
    x = drawing.input("B 2")
    value = drawing.stage("a", linear(2, 2), x, "B 2")
    value = drawing.stage("b", linear(2, 2), value, "B 2", name="scores")
    total = drawing.compute("+", x, value, shape="B 2")
    assert statements(drawing.done(total)) == [
        "scores = self.a(x)",
        "scores = self.b(scores)",
        "return x + scores",
    ]


def test_operators_have_the_parentheses_they_need_and_no_more() -> None:
    drawing = Drawing()
    x, y = drawing.input("B", "x"), drawing.input("B", "y")
    total = drawing.compute("+", x, y, shape="B")
    product = drawing.compute("*", total, 2, shape="B")
    power = drawing.compute("**", drawing.compute("neg", product, shape="B"), 2, shape="B")
    difference = drawing.compute("-", y, drawing.compute("-", x, 1, shape="B"), shape="B")
    less = drawing.compute("<", power, difference, shape="B")
    assert statements(drawing.done(less)) == ["return (-((x + y) * 2)) ** 2 < y - (x - 1)"]


def test_an_unused_result_is_a_blank() -> None:
    drawing = Drawing()
    x = drawing.input("T B 2")
    drawing.add("lstm", layer("LSTM", {"hidden_size": 3, "input_size": 2}))
    shapes = {"out": "T B 3", "h": "1 B 3", "c": "1 B 3"}
    _, _, c = drawing.run_several("lstm", x, shapes=shapes)
    assert statements(drawing.done(c)) == ["_, (_, c) = self.lstm(x)", "return c"]


def test_a_size_read_twice_is_read_once() -> None:
    drawing = Drawing()
    x = drawing.input("B T 6")
    value = drawing.compute("reshape", x, dim("B"), dim("T"), 2, 3, shape="B T 2 3")
    value = drawing.compute("reshape", value, dim("B"), -1, shape="B T")
    assert statements(drawing.done(value)) == [
        "B = x.shape[0]",
        "return x.reshape(B, x.shape[1], 2, 3).reshape(B, -1)",
    ]


def test_a_size_is_read_before_its_input_is_rebound() -> None:
    drawing = Drawing()
    x = drawing.input("B T")
    y = drawing.stage("a", linear(8, 4), x, "B 4", name="x")
    out = drawing.compute("reshape", y, dim("T"), -1, shape="T 4")
    assert statements(drawing.done(out)) == [
        "T = x.shape[1]",
        "x = self.a(x)",
        "return x.reshape(T, -1)",
    ]


def test_slices_have_blanks_around_bounds_that_are_more_than_a_name() -> None:
    drawing = Drawing()
    x = drawing.input("B T")
    everything = SliceOperand(None, None, None)
    upper = SliceOperand(None, dim("T") - 1, None)
    stepped = SliceOperand(1, None, 2)
    value = drawing.compute("getitem", x, everything, upper, shape="B T")
    value = drawing.compute("getitem", value, stepped, shape="B T")
    assert statements(drawing.done(value)) == ["return x[:, : x.shape[1] - 1][1::2]"]


def test_a_long_line_is_not_written_when_a_name_helps() -> None:
    drawing = Drawing()
    values = [drawing.input("B", f"a_rather_long_name_{at}") for at in range(6)]
    total = values[0]
    for value in values[1:]:
        total = drawing.compute("+", total, value, shape="B")
    lines = statements(drawing.done(total))
    assert all(len(line) <= 92 for line in lines)
    assert len(lines) > 1


def test_several_pieces_are_taken_apart() -> None:
    drawing = Drawing()
    x = drawing.input("B 6")
    slots = tuple(
        Slot(id=2000 + at, type=shaped("B 3"), span=SPAN, name=name)
        for at, name in enumerate(("a", "b"))
    )
    drawing.steps.append(
        Compute(span=SPAN, function="chunk", operands=(x, 2), keywords=(("dim", 1),), results=slots)
    )
    total = drawing.compute("*", Ref(2000), Ref(2001), shape="B 3")
    assert statements(drawing.done(total)) == ["a, b = x.chunk(2, dim=1)", "return a * b"]
