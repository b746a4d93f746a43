"""Fields of a spec whose data are not there: those that its models and its losses ask for.

A model's `input` declares its type; what a loss holds against an output has the type that the
declaration of the loss asks for there. Nothing is guessed: a size that only the data would tell is
given by the caller, and what has no type is no field.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netspec.analysis import errors
from netspec.analysis.made_up import ROWS, field_of, made_up
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.inputs import declared_type
from netspec.analysis.network.models import analyse_model
from netspec.analysis.network.requirements import holds
from netspec.analysis.network.values import Block, Scope
from netspec.analysis.places import header
from netspec.analysis.training.applied import AppliedModels
from netspec.analysis.training.losses import analyse_loss
from netspec.analysis.training.phases import written_phases
from netspec.analysis.training.seeking import SeekingLosses
from netspec.analysis.training.statements import Statements
from netspec.analysis.training.terms import needed
from netspec.diagnostics import Diagnostic, Sink
from netspec.program.data import DataPlan, Field, SplitPlan
from netspec.program.graph import Model
from netspec.source import Span
from netspec.syntax import tree
from netspec.syntax.walk import descend
from netspec.types import Dim, TensorType

BATCH = Dim.symbol("B")
# What is said of data that are not there: a file, a set of torchvision, a set of the hub.
ABSENT = frozenset({"NS5501", "NS5534", "NS5541"})


@dataclass(slots=True, eq=False)
class Sought:
    """The search for the fields of a spec.

    `sizes` are given by the caller. `wanted` are the names of all sizes that the fields leave open,
    `lacks` the reports of those that were not given, by their places. `names` are those that a
    field may have, None for any, `scope` is that of the spec.
    """

    bodies: Bodies
    sizes: Mapping[str, int]
    names: Collection[str] | None
    scope: Scope
    wanted: dict[str, None] = field(default_factory=dict)
    # Whether the sizes that were given stay names, to see what is asked of them.
    named: bool = False
    # Whether a loss has a name that may be a field and whose type nothing tells.
    untold: bool = False
    lacks: dict[Span, Diagnostic] = field(default_factory=dict)

    def inputs(self, block: Block) -> tuple[Field, ...]:
        """What a model declares to take, a field each; those whose type it writes out."""
        declared = self.bodies.declared_inputs(block.definition)
        made = ((one.name, self.taken(block, place)) for place, one in enumerate(declared))
        return tuple(field_of(name, told) for name, told in made if told is not None)

    def taken(self, block: Block, place: int) -> TensorType | None:
        """The type of what a model takes at a place, the sizes that were given in it."""
        head = tree.Name(span=block.head, id=block.name)
        scope = self.bodies.block_scope(block, head, (), {})
        declared = self.bodies.declared_inputs(block.definition)
        if scope is None or place >= len(declared):
            return None
        return self._type(declared[place], Frame(scope))

    def _type(self, statement: tree.Input, frame: Frame) -> TensorType | None:
        written = statement.type
        if written is None or not written.dims:
            return None  # what is missing is told where the model is analysed
        first, *others = written.dims
        if isinstance(first, tree.Name) and not frame.scope.has(first.id):
            frame.scope.bind(first.id, BATCH, first.span)
        name = statement.name.id
        named = (node for part in (*written.args, *others) for node in descend(part))
        known = [self._known(node, name, frame) for node in named if isinstance(node, tree.Name)]
        if written.kind is not None and written.kind.id == "index" and not written.args:
            self.lacks[written.span] = errors.indices_not_told(written.span, name)
            return None
        found = declared_type(self.bodies, written, frame) if all(known) else None
        return None if found is None else replace(found, shape=(BATCH, *found.shape[1:]))

    def _known(self, name: tree.Name, input: str, frame: Frame) -> bool:
        """Whether a size was given, which is then bound, or is known anyway."""
        if frame.scope.has(name.id) or self.bodies.catalogue_name(name.id) is not None:
            return True
        self.wanted[name.id] = None
        if name.id in self.sizes:
            size = Dim.symbol(name.id) if self.named else self.sizes[name.id]
            frame.scope.bind(name.id, size, name.span)
            return True
        if all(place.text != name.id for place in self.lacks):
            self.lacks[name.span] = errors.size_not_given(name.span, name.id, input)
        return False

    def _analysed(self, block: Block, fields: Sequence[Field]) -> Model | None:
        types = {one.name: (one.type, one.span) for one in fields}
        return analyse_model(block, types.get, (), self.bodies)

    def check_sizes(self, block: Block) -> bool:
        """Whether the sizes that were given are such as a model asks for; False with reports."""
        context, self.named = self.bodies.context, True
        with context.trial():
            model = self._analysed(block, self.inputs(block))
        self.named = False
        fits = True
        for fact in () if model is None else model.requirements:
            symbols = fact.left.symbols | fact.right.symbols
            if symbols <= self.sizes.keys() and not holds(fact, dict(self.sizes)):
                given = [(name, self.sizes[name]) for name in sorted(symbols)]
                context.report(errors.size_refused(fact.span, given, fact.text))
                fits = False
        return fits

    # --- losses ------------------------------------------------------------------------------

    def of_losses(
        self, train: tree.Train, block: Block | None, applied: Sequence[Block], plan: DataPlan
    ) -> DataPlan:
        """The plan with the fields that the losses ask for besides.

        `block` is the model whose outputs they look at, `applied` are those that they apply.
        """
        with self.bodies.context.trial() as sink:
            model = None if block is None else self._analysed(block, plan.fields)
            if model is None and block is not None:
                return plan
            scope = Scope(self.scope)
            statements = Statements(train.body, self.bodies, Frame(scope))
            models = AppliedModels(self.bodies, applied)
            for phase in written_phases(train, statements, self.bodies, scope):
                binding = phase.statements.settings.get("loss")
                if binding is None:
                    continue
                own = tuple(phase.statements.terms)
                beside = tuple(statements.terms) if phase.name else ()
                taken = needed(beside, [binding, *(term.statement for term in own)])
                losses = SeekingLosses(
                    self.bodies, model, models, plan, scope, phase.span, self.names, self.taken
                )
                analyse_loss(
                    binding,
                    (*taken, *own),
                    losses,
                    own=own,
                    settings=phase.statements.names,
                    predicts=False,
                )
                plan = losses.data
        self.untold = any(report.code == "NS5063" for report in sink.diagnostics)
        return plan


def names_of(block: tree.Data | None) -> frozenset[str] | None:
    """The names that a data block binds; None where there is none, or where a source names them."""
    if block is None:
        return None
    names: set[str] = set()
    for statement in block.body.statements:
        match statement:
            case tree.Bind(targets=(tree.Name() as name,)):
                names.add(name.id)
            case tree.Flow(values=(tree.Call(func=tree.Name(id="split")),)):
                pass
            case _:
                return None
    return frozenset(names)


def made_up_data(
    block: tree.Data | None,
    read: Callable[[tree.Data], DataPlan | None],
    shares: Callable[[tree.Data], SplitPlan | None],
    sought: Sought,
    train: tree.Train,
    model: Block | None,
    applied: Sequence[Block],
) -> DataPlan | None:
    """The plan of data that are made up; None with reports.

    It has the fields of the data `block`, as far as what that names is there, else those that
    `model` takes, or what the losses of `train` give the `applied` models, and what they compare.
    `read` analyses the block, `shares` its split alone.
    """
    context = sought.bodies.context
    share = None
    if block is not None:
        sink, context.sink = context.sink, Sink()
        plan = read(block)
        found, context.sink = context.sink.diagnostics, sink
        absent = bool(found) and all(report.code in ABSENT for report in found)
        if not absent:
            for report in found:
                context.sink.report(report)
            for name in sought.sizes if plan is not None else ():
                context.report(errors.size_not_wanted(name, ()))
            return plan
        share = shares(block)
    context.without_data = True
    head = header(train.span if block is None else block.span)
    fields = () if model is None else sought.inputs(model)
    plan = DataPlan(span=head, fields=fields, split=share)
    if not sought.lacks and (model is not None or applied):
        plan = sought.of_losses(train, model, applied, plan)
    for name in sought.sizes:
        if name not in sought.wanted:
            context.report(errors.size_not_wanted(name, [*sought.wanted]))
    for report in sought.lacks.values():
        context.report(report)
    if sought.lacks or (model is not None and not sought.check_sizes(model)):
        return None
    if not plan.fields and applied and not sought.untold:
        context.report(errors.no_data(header(train.span)))
        return None
    if not plan.fields or context.schemas is None:
        return plan
    drawn = made_up(plan, plan.fields, ROWS, context.catalog, context.schemas, context.sink)
    # How many rows there are nobody knows.
    return None if drawn is None else replace(drawn, rows=None, sizes=None)
