"""What the parts of a script have in common, and the names that the parts of a phase have in it."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.codegen.layout import Expr, call
from netspec.codegen.losses import function_name
from netspec.program.graph import Model
from netspec.program.state import state
from netspec.program.train import Phase, TrainPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What the parts of a script have in common.

    `prediction` and `target` are what metrics compare, as expressions over `output` and `rows`;
    `whole` says that every step takes all rows, `shuffled` that there surely are more rows than a
    batch takes; `measured_rows` is how many are measured at once. `draws` is how many random
    numbers a row of images takes in training, `crops` says that they change when measured
    too. `compiled` holds inside the loop of a plan that says so.
    """

    plan: TrainPlan
    network: Model
    makes: str
    first: str
    has_val: bool
    has_test: bool
    prediction: str | None
    target: str | None
    whole: bool
    shuffled: bool
    measured_rows: int | None
    draws: int = 0
    crops: bool = False
    compiled: bool = False

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The phases of a step."""
        return tuple(Turn(script=self, phase=phase) for phase in self.plan.phases)

    @property
    def held(self) -> bool:
        """Whether there are several models, each under its name."""
        return len(self.plan.models) > 1

    @property
    def freezes(self) -> bool:
        """Whether some parameters do not learn."""
        return bool(self.plan.frozen) or any(
            one.frozen for one in state(self.network.graph).values()
        )

    @property
    def variable(self) -> str:
        """What the model, or the holder of the models, is called."""
        return "models" if self.held else "model"

    @property
    def called(self) -> str:
        """What is called: inside the training loop, perhaps what torch made of the model."""
        return "compiled" if self.compiled else self.variable

    @property
    def parameter(self) -> str:
        """That as a parameter of a function."""
        return f"{self.variable}: nn.{'ModuleDict' if self.held else 'Module'}"

    @property
    def compares(self) -> bool:
        """Whether there are metrics to compute."""
        return bool(self.plan.metrics) and self.prediction is not None and self.target is not None

    @property
    def may_end_within(self) -> bool:
        """Whether the last epoch may end before all its rows were seen."""
        return self.plan.steps is not None and not self.whole

    @property
    def forward(self) -> Expr | None:
        """The call of the model on a batch of rows; none where the losses call the models."""
        if self.plan.models:
            return None
        slots = self.network.graph.inputs
        return call(self.called, [Expr(f'rows["{slot.name or "x"}"]') for slot in slots])

    def operand(self, name: str) -> str:
        """A model output or a data field, inside the loop."""
        names = self.network.output_names
        if name in names and not self.plan.models:
            return "output" if len(names) == 1 else f"output[{names.index(name)}]"
        return f'rows["{name}"]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A phase's turn in a step, with the names that its parts have in the script."""

    script: Script
    phase: Phase

    def called(self, what: str) -> str:
        """A variable of this phase: `optimizer`, `generator_optimizer`."""
        return f"{self.phase.name}_{what}" if self.phase.name else what

    @property
    def totals(self) -> tuple[str, ...]:
        """The sums of the loss and of its terms."""
        names = ("loss", *self.phase.terms)
        return tuple(self.called(f"total_{name}") for name in names)

    @property
    def loss_call(self) -> Expr:
        """The call of the loss on what it is made of."""
        called = self.script.called
        models = (f'{called}["{name}"]' for name in self.phase.applied)
        first = models if self.script.held else (called for _ in self.phase.applied)
        slots = self.phase.loss.inputs
        operands = [*first, *(self.script.operand(slot.name or "output") for slot in slots)]
        return call(function_name(self.phase), [Expr(operand) for operand in operands])

    @property
    def results(self) -> list[str]:
        """What the loss gives, in variables."""
        names = ["loss", *(f"term_{name}" for name in self.phase.terms)]
        if self.phase.target is not None:
            judged = self.script.compares and self.phase is self.script.plan.judged
            names.append("prediction" if judged else "_")
        return names
