from __future__ import annotations

import pytest
from outline import outline, parsed, statements

from netspec.syntax import tree
from netspec.syntax.stuck import SOFT


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("64", 64),
        ("1_000", 1000),
        ("0.5", 0.5),
        (".5", 0.5),
        ("3e-4", 3e-4),
        ("2E3", 2000.0),
        ("20%", 0.2),
        ("12.5%", 0.125),
    ],
)
def test_numbers(written: str, meant: float) -> None:
    (param,) = parsed(f"param a = {written}").items
    assert isinstance(param, tree.Param)
    assert isinstance(param.default, tree.Number)
    assert param.default.value == meant
    assert type(param.default.value) is type(meant)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a + b * c", "Binary(+ a Binary(* b c))"),
        ("a - b - c", "Binary(- Binary(- a b) c)"),
        ("-a ** -b", "Unary(- Binary(** a Unary(- b)))"),
        ("a ** b ** c", "Binary(** a Binary(** b c))"),
        ("a // b % c @ d", "Binary(@ Binary(% Binary(// a b) c) d)"),
        ("10 % 3", "Binary(% 10 3)"),
        ("10%n", "Binary(% 10 n)"),
        ("not a == b and c or d", "Binary(or Binary(and Unary(not Binary(== a b)) c) d)"),
        ("a if b else c if d else e", "Conditional(a b Conditional(c d e))"),
        ("a.b[0](1).c", "Attribute(Call(Subscript(Attribute(a b) [0]) [1] []) c)"),
        ("a[:, -1]", "Subscript(a [Slice(None None None) Unary(- 1)])"),
        ("a[..., :8, 1::2]", "Subscript(a [... Slice(None 8 None) Slice(1 None 2)])"),
        ("f(a, b=1)", "Call(f [a] [Keyword(b 1)])"),
        ("f(a, b=1,)", "Call(f [a] [Keyword(b 1)])"),
        ("f(input=1).output", "Attribute(Call(f [] [Keyword(input 1)]) output)"),
        ("[]", "ListDisplay([])"),
        ("[1, 2,]", "ListDisplay([1 2])"),
        ("(a,)", "TupleDisplay([a])"),
        ("(a, (b, c))", "TupleDisplay([a TupleDisplay([b c])])"),
        ("a -> b -> c", "Pipe([a b c])"),
        ("a -> (b -> c) -> d", "Pipe([a Pipe([b c]) d])"),
        ("a + b -> c", "Pipe([Binary(+ a b) c])"),
        ("a -> l: B(1) -> c", "Pipe([a Labelled(l [] Call(B [1] [])) c])"),
        ("l[i]: A", "Labelled(l [i] A)"),
        ("l: (A -> B)", "Labelled(l [] Pipe([A B]))"),
        ("l: { A }", "Labelled(l [] Inline(Body([Flow([A])])))"),
        ("[true, false, none]", "ListDisplay([True False None])"),
        ('"a # b"', "'a # b'"),
    ],
)
def test_expressions(written: str, meant: str) -> None:
    (statement,) = statements(written)
    assert outline(statement) == f"Flow([{meant}])"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a, b", "Flow([a b])"),
        ("a = b", "Bind([a] [b])"),
        ("out, (h, c) = x -> L", "Bind([out TupleDisplay([h c])] [Pipe([x L])])"),
        ("skip[i] = x", "Bind([Subscript(skip [i])] [x])"),
        ("input x", "Input(x None)"),
        ("input x: real[B, 4]", "Input(x TypeExpr(real [] [B 4]))"),
        ("input x: index(10)[B, T]", "Input(x TypeExpr(index [10] [B T]))"),
        ("input x: [..., 2 * d]", "Input(x TypeExpr(None [] [... Binary(* 2 d)]))"),
        ("input x: real[]", "Input(x TypeExpr(real [] []))"),
        ("input x: real", "Input(x TypeExpr(real [] None))"),
        ("output a, b", "Output([a b])"),
        ("for i in 0..n { A }", "For(None [] [i] Range(0 n) Body([Flow([A])]))"),
        ("l: for c in [1, 2] { }", "For(l [] [c] ListDisplay([1 2]) Body([]))"),
        ("for i, (c, n) in a { }", "For(None [] [i TupleDisplay([c n])] a Body([]))"),
        ("repeat 2 { A }", "Repeat(None [] 2 Body([Flow([A])]))"),
        ("h: repeat n + 1 { }", "Repeat(h [] Binary(+ n 1) Body([]))"),
        (
            "if a { } else if b { } else { }",
            "If([Branch(a Body([])) Branch(b Body([]))] Body([]))",
        ),
        ("if a { }", "If([Branch(a Body([]))] None)"),
        ("h[0]: repeat 2 { }", "Repeat(h [0] 2 Body([]))"),
        ("repeat 2 { }\n-> A\n-> B", "Continued(Repeat(None [] 2 Body([])) [A B])"),
        (
            "hs = scan step in x along 1 carry h = zeros(B) { h }",
            "Scan([hs] [Scanned(step x)] 1 [Carried(h Call(zeros [B] []))] Body([Flow([h])]) [])",
        ),
        (
            "a, b = scan s in x, m in y along 1 carry h = 0, c = x -> A { } -> B",
            "Scan([a b] [Scanned(s x) Scanned(m y)] 1 [Carried(h 0) Carried(c Pipe([x A]))] "
            "Body([]) [B])",
        ),
        ("scan s in x along -1 { }", "Scan([] [Scanned(s x)] Unary(- 1) [] Body([]) [])"),
        (
            "tie a.weight = b[0].weight",
            "Tie(Attribute(a weight) Attribute(Subscript(b [0]) weight))",
        ),
        ('freeze "a.*", "b"', "Freeze(['a.*' 'b'])"),
        ('init "*" = normal(std=1)', "Init('*' Call(normal [] [Keyword(std 1)]))"),
    ],
)
def test_statements(written: str, meant: str) -> None:
    (statement,) = statements(written)
    assert outline(statement) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("netspec 1", "Version(1)"),
        ('import "a.net"', "Import('a.net' None)"),
        ('import "a.net" as lib', "Import('a.net' lib)"),
        ("param a: int = 3 in 4..256", "Param(a int 3 Interval(4 256 False))"),
        ("param a = 1 in 1e-5..1e-1 log", "Param(a None 1 Interval(1e-05 0.1 True))"),
        ("param a = 1 in [1, 2]", "Param(a None 1 Choices([1 2]))"),
        ("model { }", "Definition(model None [] Body([]))"),
        ("model (a) { }", "Definition(model None [Parameter(a [] None False)] Body([]))"),
        (
            "block B(a, b: int|none = none; c = A) { }",
            "Definition(block B [Parameter(a [] None False) Parameter(b [int none] None False) "
            "Parameter(c [] A True)] Body([]))",
        ),
        ("data { }", "Data(Body([]))"),
        ("train { stop when a == 0 }", "Train(Body([Stop(Binary(== a 0))]))"),
        ("train { phase p { } }", "Train(Body([Phase(p Body([]))]))"),
        ('train { group "a", "b" { } }', "Train(Body([Group(['a' 'b'] Body([]))]))"),
        ("test { assert a }", "Test(Body([Assert(a)]))"),
        (
            'extern layer S(a: float = 1.0): real[...] -> prob[...] from "m:S"',
            "Extern(layer S [Parameter(a [float] 1.0 False)] Signature([TypeExpr(real [] [...])] "
            "[TypeExpr(prob [] [...])]) [] 'm:S')",
        ),
        (
            "extern source s: (x: real[2], y: index(2))",
            "Extern(source s [] Signature([] [TypeExpr(real [] [2]) TypeExpr(index [2] None)]) "
            "[x y] None)",
        ),
        (
            "extern optimizer A(; b: int = -1)",
            "Extern(optimizer A [Parameter(b [int] Unary(- 1) True)] None [] None)",
        ),
        (
            "extern loss L: (score[B, C], index(C)[B]) -> real[]",
            "Extern(loss L [] Signature([TypeExpr(score [] [B C]) TypeExpr(index [C] [B])] "
            "[TypeExpr(real [] [])]) [] None)",
        ),
    ],
)
def test_items(written: str, meant: str) -> None:
    (item,) = parsed(written).items
    assert outline(item) == meant


@pytest.mark.parametrize("word", sorted(word.lower() for word in SOFT))
def test_soft_words_are_names(word: str) -> None:
    text = (
        f"{word} = x -> {word}: Linear(3, {word}={word})\n{word}.{word} -> {word}({word})\n{word}"
    )
    first, second, third = statements(text)
    assert outline(first).count(word) == 4
    assert outline(second).count(word) == 4
    assert outline(third) == f"Flow([{word}])"
    parsed(f"block {word}({word}={word}) {{ input {word} }}\nparam {word} = 1")


@pytest.mark.parametrize(
    "text",
    [
        "a -> b\n c",
        "\n\na -> b # comment\n# comment\n\n c\n\n",
        "a\n -> b\n c",
        "a # comment\n\n # comment\n -> b\n c",
        "(a\n->\nb)\nc",
        "a -> b\r\nc",
        "\ta -> b\t\n\tc",
    ],
)
def test_lines(text: str) -> None:
    assert [outline(s) for s in statements(text)] == ["Flow([Pipe([a b])])", "Flow([c])"]


def test_brackets_over_lines() -> None:
    (statement,) = statements("x = f(\n  a,\n  [\n    1,\n  ],\n  { A\n B },\n)")
    assert outline(statement) == (
        "Bind([x] [Call(f [a ListDisplay([1]) Inline(Body([Flow([A]) Flow([B])]))] [])])"
    )


@pytest.mark.parametrize("text", ["", "\n", "# nothing but this", "  \n\t\n"])
def test_a_file_may_be_empty(text: str) -> None:
    assert parsed(text).items == ()


def test_spans_end_at_the_last_significant_character() -> None:
    text = "model {\n  x = (a + b)  # sum\n    -> L(3)  # tail\n\n  # more\n  y\n}  # end\n"
    (model,) = parsed(text).items
    assert isinstance(model, tree.Definition)
    assert model.span.text == text[: text.index("  # end")]
    first, second = model.body.statements
    assert first.span.text == "x = (a + b)  # sum\n    -> L(3)"
    assert second.span.text == "y"
    assert isinstance(first, tree.Bind)
    (pipe,) = first.values
    assert isinstance(pipe, tree.Pipe)
    assert pipe.stages[0].span.text == "(a + b)"
