"""Losses that find the fields they compare: names that nothing binds, typed by where they stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from netspec.analysis.made_up import field_of
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.namespaces import block_of
from netspec.analysis.network.values import Block, Scope, Value
from netspec.analysis.training.applied import AppliedModels
from netspec.analysis.training.loss_values import TARGET, Losses
from netspec.catalog import Entry
from netspec.catalog.rules import PLACE_BY_PLACE
from netspec.program.data import DataPlan, Field
from netspec.program.graph import Model
from netspec.source import Span
from netspec.syntax import tree
from netspec.syntax.operators import ARITHMETIC
from netspec.types import Bindings, Capture, Dim, Fixed, Kind, Rest, TensorType, unify

# The type of what a model takes at a place; None where it does not say.
Taken = Callable[[Block, int], TensorType | None]

# Kinds of declarations that several kinds of data suit: the one that is made up for them. What
# lies within 0 to 1 and tells two classes apart is one of the two.
SUITED = {
    **dict.fromkeys(("target", "sign", "score", "number", "real", "K", "F", "N"), Kind("real")),
    "fraction": Kind("index", Dim.of(2)),
    **{name: Kind(name) for name in ("unit", "prob", "logprob", "int", "bool")},
}
# They compare with probabilities, which the declaration leaves open.
OF_PROBABILITIES = frozenset({"KLDivLoss", "kl_div"})


class SeekingLosses(Losses):
    """Evaluates losses; `data` gains a field for each name of `names` whose type can be told."""

    def __init__(
        self,
        bodies: Bodies,
        model: Model | None,
        applied: AppliedModels,
        data: DataPlan,
        scope: Scope,
        span: Span,
        names: Collection[str] | None,
        taken: Taken,
    ) -> None:
        super().__init__(bodies, model, applied, data, scope, span)
        self._candidates = names
        self._taken = taken

    def target(self, entry: Entry) -> Field | None:
        """As everywhere; a loss by its name asks for `y` beside the model's output."""
        if self._may_be(TARGET, self.frame):
            span = self.around.span
            self._seek_operands(entry, [self.outputs[0], tree.Name(span=span, id=TARGET)], {})
        return super().target(entry)

    def evaluate(self, expression: tree.Expr, frame: Frame) -> Value:
        """As everywhere, after a look at names whose types can be told from beside them."""
        match expression:
            case tree.Pipe(stages=(first, stage, *_)):
                self._seek_flow(first, stage, frame)
            case tree.Call(func=tree.Name(id=name)):
                self._seek_call(name, expression.args, expression.keywords, frame)
            case tree.Binary(op=op, left=left, right=right) if op in ARITHMETIC:
                self._seek_alike((left, right), frame)
        return super().evaluate(expression, frame)

    # --- where a name may stand --------------------------------------------------------------

    def _seek_flow(self, first: tree.Expr, stage: tree.Expr, frame: Frame) -> None:
        """`x -> Model`, `(x, y) -> Model`, `x -> f(y)`."""
        given = first.items if isinstance(first, tree.TupleDisplay) else (first,)
        block = block_of(stage, frame.scope)
        if block is not None:
            for place, expression in enumerate(given):
                if self._is_sought(expression, frame):
                    self._keep_field(expression, self._taken(block, place))
            return
        match stage:
            case tree.Name(id=name):
                self._seek_call(name, given, (), frame)
            case tree.Call(func=tree.Name(id=name)):
                self._seek_call(name, (*given, *stage.args), stage.keywords, frame)
            case _:
                pass

    def _seek_call(
        self,
        name: str,
        args: Sequence[tree.Expr],
        keywords: Sequence[tree.Keyword],
        frame: Frame,
    ) -> None:
        """`mse_loss(output, y)`, with a loss or a function."""
        catalog = self.context.catalog
        entry = catalog.find("loss", name) or catalog.find("function", name)
        if entry is None or not any(self._is_sought(arg, frame) for arg in args):
            return
        if name in PLACE_BY_PLACE:
            self._seek_alike(args, frame)
            return
        known = [None if self._is_sought(arg, frame) else self.evaluate(arg, frame) for arg in args]
        operands = [arg if of is None else of for arg, of in zip(args, known, strict=True)]
        self._seek_operands(entry, operands, {given.name.id: given.value for given in keywords})

    def _seek_alike(self, sides: Sequence[tree.Expr], frame: Frame) -> None:
        """`output - y`: numbers of the shape of what they meet."""
        sought = [side for side in sides if self._is_sought(side, frame)]
        if not sought or len(sought) == len(sides):
            return
        values = [self.evaluate(side, frame) for side in sides if side not in sought]
        shapes = [value.type for value in values if isinstance(value, Tensor)]
        if shapes:
            widest = max(shapes, key=lambda shape: shape.rank)
            for side in sought:
                self._keep_field(side, widest.with_kind(Kind("real")))

    def _seek_operands(
        self,
        entry: Entry,
        operands: Sequence[object],
        keywords: Mapping[str, tree.Expr],
    ) -> None:
        """Tell the types of names among the operands by the declaration and the other operands."""
        if entry.signature is None:
            return
        patterns = entry.signature.inputs
        bindings = Bindings()
        for pattern, operand in zip(patterns, operands, strict=False):
            if isinstance(operand, Tensor):
                unify(tuple(_items(pattern)), operand.type.shape, bindings)
        for pattern, operand in zip(patterns, operands, strict=False):
            told = _told(pattern, bindings)
            if told is not None and entry.name in OF_PROBABILITIES:
                logs = keywords.get("log_target")
                of_logs = isinstance(logs, tree.Constant) and logs.value is True
                told = told.with_kind(Kind("logprob" if of_logs else "prob"))
            if isinstance(operand, tree.Name):
                self._keep_field(operand, told)

    # --- fields ------------------------------------------------------------------------------

    def _may_be(self, name: str, frame: Frame) -> bool:
        """Whether a name can be that of a field not found yet."""
        return not frame.scope.has(name) and (self._candidates is None or name in self._candidates)

    def _is_sought(self, expression: tree.Expr, frame: Frame) -> bool:
        return (
            isinstance(expression, tree.Name)
            and self._may_be(expression.id, frame)
            and self.catalogue_name(expression.id) is None
        )

    def _keep_field(self, name: tree.Expr, told: TensorType | None) -> None:
        """A field of that name, where its type is told: rows are its first dimension."""
        assert isinstance(name, tree.Name)
        if told is None or told.shape[:1] != (Dim.symbol("B"),) or self.data.field(name.id):
            return
        if any(dim.value is None for dim in told.shape[1:]):
            return
        self.data = replace(self.data, fields=(*self.data.fields, field_of(name, told)))
        tensor = self.around.input(told, name.span, name.id)
        self.values.bind(name.id, tensor, name.span)


def _items(pattern: tree.TypeExpr) -> Iterator[Capture | Fixed | Rest]:
    """A declared shape as what shapes are matched with."""
    for dim in pattern.dims or ():
        match dim:
            case tree.Dots():
                yield Rest()
            case tree.Name(id=name):
                yield Capture(name)
            case tree.Number(value=int() as value):
                yield Fixed(Dim.of(value))


def _told(pattern: tree.TypeExpr, bindings: Bindings) -> TensorType | None:
    """The type that a declaration asks for where its names stand for these sizes."""
    shape: list[Dim] = []
    for item in _items(pattern):
        match item:
            case Rest():
                if bindings.rest is None:
                    return None
                shape.extend(bindings.rest)
            case Capture(name=name):
                if name not in bindings.sizes:
                    return None
                shape.append(bindings.sizes[name])
            case Fixed(size=size):
                shape.append(size)
    name = pattern.kind.id if pattern.kind is not None else "real"
    kind = SUITED.get(name)
    if name == "index" and pattern.args and isinstance(pattern.args[0], tree.Name):
        kind = Kind("index", bindings.sizes.get(pattern.args[0].id))
    return None if kind is None or len(shape) == 0 else TensorType(kind, tuple(shape))
