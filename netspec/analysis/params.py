"""Params: their values, domains, and what `--set` makes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netspec.analysis import errors
from netspec.analysis.network.evaluate import Expressions, Frame
from netspec.analysis.network.operands import literal, parts
from netspec.analysis.network.values import UNKNOWN, Unknown, Value, describe
from netspec.diagnostics import Label
from netspec.program.graph import Literal
from netspec.syntax import tree

INTEGER = re.compile(r"[+-]?\d[\d_]*")
NUMBER = re.compile(r"[+-]?(\d[\d_]*(\.\d+)?|\.\d+)([eE][+-]?\d+)?%?")
WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "none": None}
MAX_DIGITS = 18
# How deep lists may nest in the text of an override.
MAX_NESTING = 20
# What the items of a list may be whose default is empty.
KINDS: tuple[Value, ...] = (0, 0.0, True, "")
# The types that a param may declare, in words.
WANTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "string": "a text",
}


# What `--set` said of a param: the name it used, and the text.
Override = tuple[str, str]


def resolve_params(
    params: tuple[tree.Param, ...],
    overrides: Mapping[str, Override],
    evaluator: Expressions,
    frame: Frame,
) -> tuple[tuple[str, Literal], ...]:
    """Bind each param, its default or its override, in the order of the text."""
    resolved: list[tuple[str, Literal]] = []
    for param in params:
        value = _resolve(param, overrides.get(param.name.id), evaluator, frame)
        frame.scope.bind(param.name.id, value, param.name.span)
        if not isinstance(value, Unknown):
            resolved.append((param.name.id, literal(value)))
    return tuple(resolved)


def _resolve(
    param: tree.Param, override: Override | None, evaluator: Expressions, frame: Frame
) -> Value:
    default = evaluator.constant(param.default, frame)
    if isinstance(default, Unknown):
        return UNKNOWN
    if not _of_type(param, default, evaluator):
        return UNKNOWN
    bounds = _domain(param, evaluator, frame)
    if bounds is None:
        return UNKNOWN
    assert param.domain is not None or not bounds
    if param.domain is not None and not _inside(default, param.domain, bounds):
        shown = param.domain.span.text
        evaluator.context.report(
            errors.param_domain(
                param.default.span, param.name.id, param.default.span.text, shown, param.domain.span
            )
        )
        return UNKNOWN
    if override is None:
        return default
    name, text = override
    value = parsed(text, default)
    if isinstance(value, Unknown):
        wanted = _wanted(default)
        evaluator.context.report(errors.override_type(name, text, wanted, param.default.span))
        return UNKNOWN
    if param.domain is not None and not _inside(value, param.domain, bounds):
        shown = param.domain.span.text
        evaluator.context.report(errors.override_domain(name, text, shown, param.domain.span))
        return UNKNOWN
    return value


def _of_type(param: tree.Param, default: Value, evaluator: Expressions) -> bool:
    """Whether the default is of the type that `param name: type` declares."""
    if param.type is None:
        return True
    fits = {
        "int": isinstance(default, int) and not isinstance(default, bool),
        "float": isinstance(default, int | float) and not isinstance(default, bool),
        "bool": isinstance(default, bool),
        "string": isinstance(default, str),
    }
    if param.type.id not in fits:
        unknown = errors.argument_type_unknown(param.type.span, param.type.id, fits, "params")
        evaluator.context.report(unknown)
        return False
    if fits[param.type.id]:
        return True
    wanted = WANTED[param.type.id]
    message = f"the param `{param.name.id}` is declared as {wanted}, not {describe(default)}"
    declared = Label(param.type.span, f"declared as {wanted}")
    evaluator.context.report(errors.argument_type(param.default.span, message, also=(declared,)))
    return False


def _domain(param: tree.Param, evaluator: Expressions, frame: Frame) -> tuple[Value, ...] | None:
    """The ends of the interval, or the choices; empty without a domain, None with a report."""
    if param.domain is None:
        return ()
    ends: tuple[tree.Expr, ...]
    if isinstance(param.domain, tree.Interval):
        ends = (param.domain.low, param.domain.high)
    else:
        ends = param.domain.items
    values = tuple(evaluator.constant(end, frame) for end in ends)
    if any(isinstance(value, Unknown) for value in values):
        return None
    if isinstance(param.domain, tree.Interval):
        low, high = values
        for end, value in zip(ends, values, strict=True):
            if not isinstance(value, int | float) or isinstance(value, bool):
                evaluator.context.report(errors.not_number(end.span, "..", describe(value)))
                return None
        assert isinstance(low, int | float)
        assert isinstance(high, int | float)
        if low > high or (param.domain.log and low <= 0):
            span, log = param.domain.span, low <= high
            evaluator.context.report(errors.empty_domain(span, span.text, log))
            return None
    return values


def _inside(value: Value, domain: tree.Interval | tree.Choices, bounds: tuple[Value, ...]) -> bool:
    if isinstance(domain, tree.Choices):
        return any(value == choice and type(value) is type(choice) for choice in bounds)
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    return low <= value <= high


def parsed(text: str, default: Value) -> Value:
    """The value an override's text stands for, of the default's type; `UNKNOWN` when it is none."""
    value: Value
    if isinstance(default, str):
        return text
    if isinstance(default, tuple):
        return _listed(text, default)
    if text in WORDS:
        value = WORDS[text]
        return value if isinstance(default, bool) or default is None else UNKNOWN
    if isinstance(default, bool) or not NUMBER.fullmatch(text):
        return UNKNOWN
    if len(re.sub(r"\D", "", text)) > MAX_DIGITS:
        return UNKNOWN
    if INTEGER.fullmatch(text):
        value = int(text)
        return float(value) if isinstance(default, float) else value
    if isinstance(default, int):
        return UNKNOWN
    return float(text.rstrip("%").replace("_", "")) / (100 if text.endswith("%") else 1)


def _listed(text: str, default: tuple[Value, ...], depth: int = 0) -> Value:
    """`[8, 16]`: items of the kinds that are in the default, lists within it included."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")) or depth > MAX_NESTING:
        return UNKNOWN
    kinds = {type(part): part for part in parts(default)} or {type(k): k for k in KINDS}
    # Anything is a text, so a text is what is nothing else.
    likes = sorted(kinds.values(), key=lambda like: isinstance(like, str))
    items: list[Value] = []
    for item in _apart(text[1:-1]):
        if item.startswith("["):
            value = _listed(item, default, depth + 1)
        else:
            made = (parsed(item.strip("\"'"), like) for like in likes)
            value = next((value for value in made if not isinstance(value, Unknown)), UNKNOWN)
        if isinstance(value, Unknown):
            return UNKNOWN
        items.append(value)
    return tuple(items)


def _apart(text: str) -> list[str]:
    """The items of a list, parted by the commas that stand in no list within it."""
    items, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            items.append("")
        else:
            items[-1] += letter
    items = [item.strip() for item in items]
    return items[:-1] if items[-1] == "" else items


def _wanted(default: Value) -> str:
    match default:
        case bool():
            return "`true` or `false`"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case tuple():
            return "a list like the default, in `[ ]`"
        case _:
            return "such a value"
