"""What a rule is asked about: the checked program, its text, and what both say together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from netspec.analysis.lints.flow import Flow, flow_of, training_flow
from netspec.program import Program
from netspec.program.train import Phase, TrainPlan
from netspec.source import Span
from netspec.syntax import tree


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A program without errors, with the tree it came from."""

    program: Program
    file: tree.File

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The flow of every model, without the loss."""
        return tuple(flow_of(model) for model in self.program.models)

    @cached_property
    def trainings(self) -> tuple[Flow, ...]:
        """The flow of what is trained into the loss, one for each phase."""
        network, plan = self.program.network, self.program.train
        if network is None or plan is None:
            return ()
        held = len(plan.models) > 1
        return tuple(training_flow(network, phase, held=held) for phase in plan.phases)

    @property
    def plan(self) -> TrainPlan | None:
        """The training plan, if the spec trains."""
        return self.program.train

    # --- lengths, as far as they are known before reading -------------------------------------

    @property
    def train_rows(self) -> int | None:
        """How many rows are trained on."""
        data = self.program.data
        return None if data is None or data.sizes is None else data.sizes[0]

    @property
    def steps_an_epoch(self) -> int | None:
        """How many optimizer steps an epoch has."""
        plan = self.program.train
        if plan is None:
            return None
        if plan.batch is None:
            return 1
        if self.train_rows is None:
            return None
        return -(-self.train_rows // (plan.batch * plan.accumulate))

    @property
    def most_steps(self) -> int | None:
        """How many optimizer steps the run has when nothing stops it early; at most so many."""
        plan, an_epoch = self.program.train, self.steps_an_epoch
        if plan is None:
            return None
        limits = [] if plan.steps is None else [plan.steps]
        if plan.epochs is not None and an_epoch is not None:
            limits.append(plan.epochs * an_epoch)
        return min(limits, default=None)

    @property
    def most_epochs(self) -> int | None:
        """How many epochs the run has when nothing stops it early; at most so many."""
        plan, an_epoch = self.program.train, self.steps_an_epoch
        if plan is None:
            return None
        limits = [] if plan.epochs is None else [plan.epochs]
        if plan.steps is not None and an_epoch is not None:
            limits.append(-(-plan.steps // an_epoch))
        return min(limits, default=None)

    # --- places in the text -------------------------------------------------------------------

    def setting(self, name: str, phase: Phase | None = None) -> tree.Bind | None:
        """`name = ...` in the `train` block, or in a phase of it."""
        for statement in self._train() if phase is None else self._of(phase):
            match statement:
                case tree.Bind(targets=(tree.Name(id=found),)) if found == name:
                    return statement
        return None

    def setting_value(self, name: str, phase: Phase | None = None) -> tree.Expr | None:
        """What a setting is set to."""
        statement = self.setting(name, phase)
        return None if statement is None else statement.values[0]

    def group_setting(self, group: Span, name: str, phase: Phase) -> Span | None:
        """Where a parameter group sets `name`."""
        for statement in self._of(phase):
            if isinstance(statement, tree.Group) and statement.span == group:
                for inner in statement.body.statements:
                    match inner:
                        case tree.Bind(targets=(tree.Name(id=found),)) if found == name:
                            return inner.span
        return None

    def _of(self, phase: Phase) -> tuple[tree.Statement, ...]:
        """The statements of a phase: those of `train` where the text has none."""
        for statement in self._train():
            if isinstance(statement, tree.Phase) and statement.span == phase.span:
                return statement.body.statements
        return self._train()

    def _train(self) -> tuple[tree.Statement, ...]:
        blocks = [item for item in self.file.items if isinstance(item, tree.Train)]
        return tuple(statement for block in blocks for statement in block.body.statements)
