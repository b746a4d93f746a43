"""`test` blocks: each assert decided where a checked spec tells, else a plan for a run.

Takes the blocks and the program; gives the asserts in the order of the text. Whether one that is
decided holds is no finding of a check: `netspec test` reports that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netspec.analysis import errors
from netspec.analysis.facts import (
    COUNTED,
    FACTS,
    TYPED,
    Fact,
    Shown,
    as_shape,
    constants,
    counted,
    ends,
    occurrences,
    said,
    same_types,
)
from netspec.analysis.network.arithmetic import compare, compute
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.inputs import declared_size, written_kind
from netspec.analysis.network.namespaces import block_of, namespace_of
from netspec.analysis.network.operands import is_literal, literal
from netspec.analysis.network.values import UNKNOWN, Block, CatalogueName, Scope, Unknown
from netspec.analysis.runnable import RUNNABLE, Around, runnable
from netspec.program import Program
from netspec.program.asserts import Assertion, Decided, Side
from netspec.program.graph import Model
from netspec.syntax import tree
from netspec.syntax.operators import COMPARISONS
from netspec.syntax.walk import descend
from netspec.types import Dim
from netspec.types.kinds import NAMES

# Gives the model that a block of the spec or of an imported file stands for.
Analysed = Callable[[Block], Model | None]


def analyse_tests(
    blocks: Sequence[tree.Test],
    program: Program,
    bodies: Bodies,
    scope: Scope,
    analysed: Analysed,
    untrained: str | None,
    phases: tuple[str, ...] = (),
) -> tuple[Assertion, ...]:
    """The asserts of all blocks; those that are wrong in themselves are reported and left out.

    `untrained` says why the spec cannot be trained on a few rows, if it cannot; `phases` are those
    that it is trained in.
    """
    found: list[Assertion] = []
    faulty = bodies.context.sink.failed
    for block in blocks:
        asserts = Asserts(program, bodies, Frame(Scope(scope)), analysed, untrained, phases, faulty)
        for statement in block.body.statements:
            match statement:
                case tree.Assert():
                    made = asserts.assertion(statement.condition)
                    if made is not None:
                        found.append(made)
                case tree.Bind():
                    asserts.bind(statement)
                case _:
                    raise AssertionError("the parser lets nothing else pass in `test`")
    return tuple(found)


@dataclass(slots=True)
class _Compared:
    """A comparison within an assert: its sides, and whether it holds."""

    expression: tree.Binary
    left: Fact
    right: Fact
    holds: bool


@dataclass(slots=True, eq=False)
class Asserts:
    """Decides the asserts of one block; `frame` has the names that it binds."""

    program: Program
    bodies: Bodies
    frame: Frame
    analysed: Analysed
    untrained: str | None
    phases: tuple[str, ...]
    faulty: bool
    names: dict[str, Fact] = field(default_factory=dict)
    compared: list[_Compared] = field(default_factory=list)

    @property
    def around(self) -> Around:
        """What an assert that takes a run asks of this block."""
        report = self.bodies.context.report
        return Around(
            fact=self.fact,
            model=self.model,
            report=report,
            untrained=self.untrained,
            phases=self.phases,
        )

    def bind(self, statement: tree.Bind) -> None:
        """Bind a name to a fact."""
        report = self.bodies.context.report
        if len(statement.targets) != 1 or len(statement.values) != 1:
            report(errors.not_in_test(statement.span, "a name is bound alone here", None))
            return
        target = statement.targets[0]
        if not isinstance(target, tree.Name):
            report(errors.not_in_test(target.span, "a plain name is bound here", None))
            return
        self.names[target.id] = self.fact(statement.values[0])

    def assertion(self, condition: tree.Expr) -> Assertion | None:
        """One assert; None when it was reported."""
        if isinstance(condition, tree.Call) and _named(condition.func) in RUNNABLE:
            return runnable(condition, self.around)
        self.compared.clear()
        holds = self.fact(condition)
        if isinstance(holds, Unknown):
            return None
        if not isinstance(holds, bool):
            place, given = condition.span, _described(holds)
            self.bodies.context.report(errors.not_a_check(place, given, place.text))
            return None
        sides, origins = self._shown(holds)
        return Decided(span=condition.span, passed=holds, sides=sides, origins=origins)

    def _shown(self, holds: bool) -> tuple[tuple[Side, ...], tuple[Side, ...]]:
        """What was compared, as far as it is not plain from the text; where types come from."""
        wrong = [c for c in self.compared if not c.holds] if not holds else self.compared
        sides: list[Side] = []
        origins: list[Side] = []
        for one in wrong or self.compared:
            pair = ((one.expression.left, one.left), (one.expression.right, one.right))
            for expression, fact in pair:
                if not self._is_plain(expression):
                    sides.append(Side(span=expression.span, found=f"is {said(fact)}"))
                if isinstance(fact, Shown) and fact.origin is not None and not holds:
                    origins.append(Side(span=fact.origin, found=f"{said(fact)} comes from here"))
        return tuple(sides), tuple(origins)

    def _is_plain(self, expression: tree.Expr) -> bool:
        """Whether the text itself says what an expression is: no name in it is bound."""
        names = [node.id for node in descend(expression) if isinstance(node, tree.Name)]
        asked = any(isinstance(node, tree.Attribute) for node in descend(expression))
        bound = any(name in self.names or self.frame.scope.has(name) for name in names)
        return not asked and not bound

    # --- facts -------------------------------------------------------------------------------

    def fact(self, expression: tree.Expr) -> Fact:
        """The value of an expression of a test; mistakes are reported and become unknown."""
        match expression:
            case tree.Name() if expression.id in self.names:
                return self.names[expression.id]
            case tree.Attribute():
                return self._attribute(expression)
            case tree.Call(func=tree.Attribute(name=tree.Name(id="count")) as func):
                return self._count(func, expression)
            case tree.Call(func=tree.Name(id=name)) if name in RUNNABLE:
                self.bodies.context.report(errors.stands_alone(expression.span, name))
                return UNKNOWN
            case tree.Subscript(value=kind) if self._is_free(kind):
                return self._type(expression, kind, expression.items)
            case tree.Name() | tree.Call() if _named(_head(expression)) in NAMES:
                message = "the dimensions of a type stand in brackets"
                self.bodies.context.report(
                    errors.not_in_test(expression.span, message, "as in `real[B, 10]`")
                )
                return UNKNOWN
            case tree.ListDisplay() if self._has_names(expression):
                return self._type(expression, None, expression.items)
            case tree.ListDisplay() | tree.TupleDisplay():
                return constants([self.fact(item) for item in expression.items])
            case tree.Binary():
                return self._binary(expression)
            case tree.Unary(op="not"):
                truth = self._truth(expression.operand)
                return UNKNOWN if truth is None else not truth
            case tree.Conditional():
                truth = self._truth(expression.test)
                if truth is None:
                    return UNKNOWN
                return self.fact(expression.then if truth else expression.otherwise)
            case tree.Name() if self._model(expression, quiet=True) is not None:
                example = f"{expression.id}.params"
                self.bodies.context.report(errors.not_a_check(expression.span, "a model", example))
                return UNKNOWN
            case _:
                return self._constant(expression)

    def _constant(self, expression: tree.Expr) -> Fact:
        value = self.bodies.constant(expression, self.frame)
        if isinstance(value, Dim) and value.value is not None:
            return value.value
        return literal(value) if is_literal(value) else UNKNOWN

    def _truth(self, expression: tree.Expr) -> bool | None:
        fact = self.fact(expression)
        if isinstance(fact, bool):
            return fact
        if not isinstance(fact, Unknown):
            place = expression.span
            self.bodies.context.report(errors.not_a_check(place, _described(fact), place.text))
        return None

    def _binary(self, expression: tree.Binary) -> Fact:
        if expression.op in {"and", "or"}:
            # Both sides are looked at, so that a report can show what each came to.
            left_truth, right_truth = self._truth(expression.left), self._truth(expression.right)
            if left_truth is None or right_truth is None:
                return UNKNOWN
            if expression.op == "and":
                return left_truth and right_truth
            return left_truth or right_truth
        left, right = self.fact(expression.left), self.fact(expression.right)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return UNKNOWN
        report = self.bodies.context.report
        if isinstance(left, Shown) or isinstance(right, Shown):
            return self._types(expression, as_shape(left), as_shape(right))
        if expression.op not in COMPARISONS:
            value = compute(expression, left, right, report)
            return literal(value) if is_literal(value) else UNKNOWN
        holds = compare(expression, left, right, report)
        if not isinstance(holds, bool):
            return UNKNOWN
        self.compared.append(_Compared(expression, left, right, holds))
        return holds

    def _types(self, expression: tree.Binary, left: Fact, right: Fact) -> Fact:
        """Whether two types are the same."""
        report = self.bodies.context.report
        if not isinstance(left, Shown) or not isinstance(right, Shown):
            odd = expression.right if isinstance(left, Shown) else expression.left
            given = _described(right if isinstance(left, Shown) else left)
            report(errors.not_a_type(odd.span, given))
            return UNKNOWN
        if expression.op not in {"==", "!="}:
            message = f"types are the same or not, and know no `{expression.op}`"
            report(errors.not_in_test(expression.span, message, "compare them with `==`"))
            return UNKNOWN
        holds = same_types([left], [right]) == (expression.op == "==")
        self.compared.append(_Compared(expression, left, right, holds))
        return holds

    # --- models ------------------------------------------------------------------------------

    def model(self, expression: tree.Expr) -> Model | None:
        """The model that a name stands for; anything else is reported."""
        return self._model(expression, quiet=False)

    def _model(self, expression: tree.Expr, *, quiet: bool) -> Model | None:
        report = self.bodies.context.report
        block = self._block(expression)
        if block is not None and block.definition.keyword == "model":
            known = [m for m in self.program.models if m.span == block.definition.span]
            return known[0] if known else self.analysed(block)
        if block is None and _named(expression) == "model":
            # A model with a mistake is none of the program's, and which one is meant is not known.
            if self.program.model is None and not quiet and not self.faulty:
                names = [model.name for model in self.program.models]
                report(errors.which_model(expression.span, names))
            return None if self.faulty else self.program.model
        if not quiet:
            names = [model.name for model in self.program.models if model.name]
            shown = expression.span.text
            report(errors.no_such_model(expression.span, shown, names, is_block=block is not None))
        return None

    def _block(self, expression: tree.Expr) -> Block | None:
        """The block or model that `G` or `lib.G` names."""
        return block_of(expression, self.frame.scope)

    def _attribute(self, expression: tree.Attribute) -> Fact:
        name = expression.name
        inner = expression.value
        if isinstance(inner, tree.Attribute) and inner.name.id in TYPED:
            return self._end(inner, name)
        if self._block(expression) is None and namespace_of(inner, self.frame.scope) is not None:
            return self._constant(expression)
        model = self.model(inner)
        if model is None:
            return UNKNOWN
        if name.id in COUNTED:
            return counted(model, name.id)
        if name.id in TYPED:
            found = ends(model, name.id)
            if len(found) == 1:
                return next(iter(found.values()))
            report = self.bodies.context.report
            report(errors.which_end(expression.span, name.id, [*found], inner.span.text))
            return UNKNOWN
        place, text = name.span, inner.span.text
        if name.id == "count":
            message, advice = "`count` is asked what to count", f"write `{text}.count(Linear)`"
            self.bodies.context.report(errors.not_in_test(place, message, advice))
        else:
            self.bodies.context.report(errors.no_such_fact(place, name.id, text, FACTS))
        return UNKNOWN

    def _end(self, expression: tree.Attribute, name: tree.Name) -> Fact:
        """`model.output.score`: the type of one of several."""
        model = self.model(expression.value)
        if model is None:
            return UNKNOWN
        named = ends(model, expression.name.id)
        if name.id in named:
            return named[name.id]
        several = [*named] if len(named) > 1 else []
        text = expression.span.text
        self.bodies.context.report(errors.no_such_fact(name.span, name.id, text, several))
        return UNKNOWN

    def _count(self, func: tree.Attribute, call: tree.Call) -> Fact:
        """`model.count(Conv2d)`."""
        report = self.bodies.context.report
        model = self.model(func.value)
        if model is None:
            return UNKNOWN
        if len(call.args) != 1 or call.keywords:
            wanted = "`count` takes the name of one layer or block"
            report(errors.not_in_test(call.span, wanted, f"write `{func.span.text}(Linear)`"))
            return UNKNOWN
        value = self.bodies.evaluate(call.args[0], self.frame)
        match value:
            case Unknown():
                return UNKNOWN
            case CatalogueName(entry) if entry.kind == "layer":
                return occurrences(model, entry.name)
            case Block():
                return occurrences(model, value.definition.span)
            case _:
                wanted = "`count` takes the name of a layer or block"
                advice = f"write `{func.span.text}(Linear)`"
                report(errors.not_in_test(call.args[0].span, wanted, advice))
                return UNKNOWN

    # --- types -------------------------------------------------------------------------------

    def _is_free(self, expression: tree.Expr) -> bool:
        """Whether this begins with a name that nothing binds: before brackets, that of a kind."""
        name = _named(_head(expression))
        return bool(name) and name not in self.names and not self.frame.scope.has(name)

    def _has_names(self, display: tree.ListDisplay) -> bool:
        """Whether a list holds names that nothing binds: those of dimensions."""
        names = [node.id for node in descend(display) if isinstance(node, tree.Name)]
        return any(name not in self.names and not self.frame.scope.has(name) for name in names)

    def _type(
        self,
        expression: tree.Expr,
        kind: tree.Expr | None,
        items: Sequence[tree.Expr | tree.Slice | tree.Dots],
    ) -> Fact:
        """A type as an assert writes it; names that nothing binds are dimensions."""
        report = self.bodies.context.report
        head = kind.func if isinstance(kind, tree.Call) else kind
        args = kind.args if isinstance(kind, tree.Call) else ()
        assert head is None or isinstance(head, tree.Name)
        frame = Frame(Scope(self.frame.scope))
        for name, fact in self.names.items():
            if isinstance(fact, int):
                frame.scope.bind(name, fact, expression.span)
        type_of = tree.TypeExpr(span=expression.span, kind=head, args=args, dims=None)
        found = None if head is None else written_kind(self.bodies, type_of, frame)
        if head is not None and found is None:
            return UNKNOWN
        dims: list[Dim] = []
        dots: int | None = None
        for item in items:
            if isinstance(item, tree.Dots) and dots is None:
                dots = len(dims)
                continue
            if isinstance(item, tree.Dots | tree.Slice):
                report(errors.not_in_test(item.span, "this is no dimension of a type", None))
                return UNKNOWN
            for node in descend(item):
                if isinstance(node, tree.Name) and not frame.scope.has(node.id):
                    frame.scope.bind(node.id, Dim.symbol(node.id), node.span)
            size = declared_size(self.bodies, item, frame)
            if size is None:
                return UNKNOWN
            dims.append(size)
        return Shown(kind=found, dims=tuple(dims), dots=dots)


def _head(expression: tree.Expr) -> tree.Expr:
    return expression.func if isinstance(expression, tree.Call) else expression


def _named(expression: tree.Expr) -> str:
    return expression.id if isinstance(expression, tree.Name) else ""


def _described(fact: Fact) -> str:
    """A fact as what it is: "the number 5", "the type real[B, 3]"."""
    match fact:
        case bool():
            return f"`{said(fact)}`"
        case int() | float():
            return f"the number `{said(fact)}`"
        case str():
            return f"the text `{said(fact)}`"
        case Shown():
            return f"the type `{said(fact)}`"
        case _:
            return f"`{said(fact)}`"
