"""The training loop of a script: plain PyTorch, step for step what `netspec run` does."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.codegen.layout import Expr, call, display, literal
from netspec.export import stopping
from netspec.export.writing import Writer, arguments, construction, mapping
from netspec.program.graph import Model
from netspec.program.train import BY_CLOSURE, FUSED, Choice, Schedule, TrainPlan

EACH_GROUP = "for group, full in zip(optimizer.param_groups, full_rates, strict=True):"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What the parts of a script have in common.

    `prediction` and `target` are what metrics compare, as expressions over `output` and `rows`;
    `whole` says that every step takes all rows, `shuffled` that there surely are more rows than a
    batch takes; `measured_rows` is how many are measured at once.
    """

    plan: TrainPlan
    model: Model
    model_class: str
    has_val: bool
    has_test: bool
    prediction: str | None
    target: str | None
    whole: bool
    shuffled: bool
    measured_rows: int | None

    @property
    def compares(self) -> bool:
        """Whether there are metrics to compute."""
        return bool(self.plan.metrics) and self.prediction is not None and self.target is not None

    @property
    def may_end_within(self) -> bool:
        """Whether the last epoch may end before all its rows were seen."""
        return self.plan.steps is not None and not self.whole

    @property
    def forward(self) -> Expr:
        """The call of the model on a batch of rows."""
        slots = self.model.graph.inputs
        return call("model", [Expr(f'rows["{slot.name or "x"}"]') for slot in slots])

    @property
    def loss_call(self) -> Expr:
        """The call of the loss on the model's output and a batch of rows."""
        operands = [self.operand(slot.name or "output") for slot in self.plan.loss.inputs]
        return call("compute_loss", [Expr(operand) for operand in operands])

    def operand(self, name: str) -> str:
        """A model output or a data field, inside the loop."""
        names = self.model.output_names
        if name in names:
            return "output" if len(names) == 1 else f"output[{names.index(name)}]"
        return f'rows["{name}"]'


def train_function(script: Script) -> str:
    """`def train(...)`: the whole loop."""
    plan, writer = script.plan, Writer()
    arguments = (
        "model: nn.Module, train: Rows, val: Rows"
        if script.has_val
        else ("model: nn.Module, train: Rows")
    )
    gives = "None" if plan.ema is None else "nn.Module"
    with writer.block(f"def fit({arguments}) -> {gives}:"):
        if plan.ema is None:
            writer.line('"""Train the model, printing what each epoch measured."""')
        else:
            writer.line('"""Train the model, printing each epoch; gives the averaged model."""')
        count = f'len(train["{_first(script)}"])'
        writer.line(f"count = {count}")
        _optimizer(writer, script)
        if plan.ema is not None:
            update = f"get_ema_multi_avg_fn({plan.ema!r})"
            writer.line(f"averaged = AveragedModel(model, multi_avg_fn={update})")
        _schedule_begin(writer, plan)
        stopping.begin(writer, plan.stop)
        writer.line("taken = 0") if _counts_steps(plan) else None
        if plan.epochs is None:
            header = "for epoch in itertools.count():"
        else:
            header = f"for epoch in range({plan.epochs}):"
        with writer.block(header):
            _epoch(writer, script)
        if plan.ema is not None:
            writer.line("return averaged.module")
    return writer.text()


def _first(script: Script) -> str:
    return script.model.graph.inputs[0].name or "x"


def _optimizer(writer: Writer, script: Script) -> None:
    plan = script.plan
    takes_fused = plan.optimizer.target in FUSED and not _sparse(script.model)
    fused = [("fused", Expr("True"))] if takes_fused else []
    parameters = "grouped(model)" if plan.groups else "model.parameters()"
    writer.expression("optimizer = ", construction(plan.optimizer, [parameters], fused))


def _sparse(model: Model) -> bool:
    """Whether a layer gives sparse gradients, which no fused optimizer takes."""
    return any(dict(layer.arguments).get("sparse") is True for _, layer in model.graph.layers())


def _counts_steps(plan: TrainPlan) -> bool:
    return plan.steps is not None or (plan.schedule is not None and plan.schedule.warmup > 0)


def _schedule_begin(writer: Writer, plan: TrainPlan) -> None:
    schedule = plan.schedule
    if schedule is None:
        return
    if schedule.then is not None:
        hangs = _hangs_on_length(schedule.then)
        length = _length(writer, plan, schedule) if hangs else None
        writer.expression("schedule = ", _made(schedule.then, length))
    if schedule.warmup:
        writer.line('full_rates = [group["lr"] for group in optimizer.param_groups]')
        with writer.block(EACH_GROUP):
            writer.line(f'group["lr"] = full / {schedule.warmup}')


def _hangs_on_length(choice: Choice) -> bool:
    """Whether the length of the run stands in the call that makes a schedule."""
    stretches = zip(choice.parts, choice.stretches, strict=True)
    open_ended = [part for part, (_, end) in stretches if end is None]
    return any(part.inferred for part in (choice, *open_ended))


def _made(choice: Choice, length: int | str | None) -> Expr:
    """The call that makes a schedule of a run, or a stretch of one, that moves `length` times."""
    if not choice.parts:
        told = Expr(str(length))
        return construction(choice, ["optimizer"], [(name, told) for name in choice.inferred])
    parts = [
        _made(part, _stretch(begin, end, length))
        for part, (begin, end) in zip(choice.parts, choice.stretches, strict=True)
    ]
    given = [("optimizer", Expr("optimizer")), ("schedulers", display("[", parts, "]"))]
    return call(choice.target, (), [*given, *arguments(choice)])


def _stretch(begin: int, end: int | None, length: int | str | None) -> int | str | None:
    """How often a schedule moves between two milestones, the last one the end of the run."""
    if end is not None:
        return end - begin
    if not begin or length is None:
        return length
    return max(length - begin, 1) if isinstance(length, int) else f"max({length} - {begin}, 1)"


def _length(writer: Writer, plan: TrainPlan, schedule: Schedule) -> int | str | None:
    """How often the schedule moves over the whole run, computed where it hangs on the rows."""
    if schedule.by_step and plan.epochs is None and plan.steps is not None:
        return max(plan.steps - schedule.warmup, 1)
    if not schedule.by_step and plan.steps is None and not schedule.warmup:
        return plan.epochs
    batches = "1" if plan.batch is None else f"math.ceil(count / {plan.batch})"
    per_epoch = batches if plan.accumulate == 1 else f"math.ceil({batches} / {plan.accumulate})"
    writer.line(f"per_epoch = {per_epoch}")
    limits = [f"{plan.epochs} * per_epoch"] if plan.epochs is not None else []
    limits += [str(plan.steps)] if plan.steps is not None else []
    steps = limits[0] if len(limits) == 1 else f"min({', '.join(limits)})"
    if schedule.by_step:
        whole = f"{steps} - {schedule.warmup}" if schedule.warmup else steps
    else:
        whole = f"math.ceil({steps} / per_epoch)" if plan.steps is not None else str(plan.epochs)
        whole += f" - {schedule.warmup} // per_epoch" if schedule.warmup else ""
    writer.line(f"length = max({whole}, 1)")
    return "length"


def _epoch(writer: Writer, script: Script) -> None:
    plan = script.plan
    names = ("loss", *plan.terms)
    _begin_totals(writer, script, names)
    if script.may_end_within:
        writer.line("seen = 0")
    if script.whole:
        writer.line("rows, number = train, 1" if plan.accumulate > 1 else "rows = train")
        _step(writer, script, names, batched=False)
    else:
        seed = f"{plan.seed} * 1_000_003 + epoch"
        writer.line(f"generator = torch.Generator().manual_seed({seed})")
        writer.line("order = torch.randperm(count, generator=generator)")
        if not script.shuffled:
            writer.line(f"order = order if count > {plan.batch} else torch.arange(count)")
        batches = f"order.split({plan.batch})"
        numbered = plan.accumulate > 1
        header = (
            f"for number, batch in enumerate({batches}, 1):"
            if numbered
            else (f"for batch in {batches}:")
        )
        with writer.block(header):
            writer.line("rows = {name: tensor[batch] for name, tensor in train.items()}")
            _step(writer, script, names, batched=True)
    _record(writer, script, names)


def _step(writer: Writer, script: Script, names: tuple[str, ...], *, batched: bool) -> None:
    plan = script.plan
    _forward(writer, script)
    if plan.accumulate > 1:
        batches = f"math.ceil(count / {plan.batch})" if batched else "1"
        n = plan.accumulate
        writer.line(f"together = min({n}, {batches} - (number - 1) // {n} * {n})")
        writer.line("(loss / together).backward()")
    else:
        writer.line("loss.backward()")
    _add_totals(writer, script, names, detach=True)
    if script.may_end_within:
        writer.line(f'seen += len(rows["{_first(script)}"])')
    if plan.accumulate > 1 and batched:
        last = f"math.ceil(count / {plan.batch})"
        with writer.block(f"if number % {plan.accumulate} and number < {last}:"):
            writer.line("continue")
    if plan.clip is not None:
        writer.line(f"nn.utils.clip_grad_norm_(model.parameters(), {plan.clip!r})")
    if plan.optimizer.target in BY_CLOSURE:
        _closure(writer, script)
    else:
        writer.line("optimizer.step()")
    if plan.ema is not None:
        writer.line("averaged.update_parameters(model)")
    writer.line("optimizer.zero_grad()")
    if _counts_steps(plan):
        writer.line("taken += 1")
    _schedule_step(writer, plan)
    if plan.steps is not None and batched:
        with writer.block(f"if taken == {plan.steps}:"):
            writer.line("break")


def _closure(writer: Writer, script: Script) -> None:
    """The step of an optimizer that evaluates the batch by itself."""
    writer.line()
    with writer.block("def evaluate_again(rows: Rows = rows) -> Tensor:"):
        writer.line("optimizer.zero_grad()")
        writer.line(f"output = {script.forward}")
        writer.line(f"loss = {script.loss_call}{'[0]' if script.plan.terms else ''}")
        writer.line("loss.backward()")
        if script.plan.clip is not None:
            writer.line(f"nn.utils.clip_grad_norm_(model.parameters(), {script.plan.clip!r})")
        writer.line("return loss")
    writer.line()
    writer.line("optimizer.step(evaluate_again)")


def _schedule_step(writer: Writer, plan: TrainPlan) -> None:
    schedule = plan.schedule
    if schedule is None:
        return
    by_step = schedule.then is not None and schedule.by_step
    if not schedule.warmup:
        if by_step:
            writer.line("schedule.step()")
        return
    with writer.block(f"if taken < {schedule.warmup}:"), writer.block(EACH_GROUP):
        writer.line(f'group["lr"] = full * (taken + 1) / {schedule.warmup}')
    if by_step:
        with writer.block(f"elif taken > {schedule.warmup}:"):
            writer.line("schedule.step()")


def _record(writer: Writer, script: Script, names: tuple[str, ...]) -> None:
    plan = script.plan
    seen = "seen" if script.may_end_within else "count"
    entries = [(f'"train.{name}": ', Expr(f"total_{name}.item() / {seen}")) for name in names]
    writer.expression("record = ", mapping(entries))
    if script.compares:
        writer.line("measured = metrics(torch.cat(outputs), torch.cat(targets))")
        writer.line('record |= {f"train.{name}": value for name, value in measured.items()}')
    if script.has_val:
        measured = "model" if plan.ema is None else "averaged.module"
        writer.line(f"measured = evaluate({measured}, val)")
        writer.line('record |= {f"val.{name}": value for name, value in measured.items()}')
    schedule = plan.schedule
    if schedule is not None and schedule.then is not None and not schedule.by_step:
        watched = 'record["val.loss"]' if script.has_val else 'record["train.loss"]'
        move = f"schedule.step({watched})" if schedule.by_loss else "schedule.step()"
        if schedule.warmup:
            with writer.block(f"if taken > {schedule.warmup}:"):
                writer.line(move)
        else:
            writer.line(move)
    epochs = f"/{plan.epochs}" if plan.epochs is not None else ""
    writer.line('shown = "  ".join(f"{name} {value!r}" for name, value in record.items())')
    writer.line(f'print(f"epoch {{epoch + 1}}{epochs}  {{shown}}")')
    stopping.check(writer, plan.stop)
    if plan.steps is not None:
        with writer.block(f"if taken == {plan.steps}:"):
            writer.line("break")


def evaluate_function(script: Script) -> str:
    """`def evaluate(model, data)`: loss, terms and metrics over all rows of a split."""
    writer, names = Writer(), ("loss", *script.plan.terms)
    writer.line("@torch.no_grad()")
    with writer.block("def evaluate(model: nn.Module, data: Rows) -> dict[str, float]:"):
        writer.line('"""Measure the loss and the metrics over all rows."""')
        writer.line(f'count = len(data["{_first(script)}"])')
        _begin_totals(writer, script, names)
        writer.line("model.eval()")
        if script.measured_rows is None:
            writer.line("rows = data")
            _measure(writer, script, names)
        else:
            size = script.measured_rows
            with writer.block(f"for start in range(0, count, {size}):"):
                pairs = "for name, tensor in data.items()"
                writer.line(f"rows = {{name: tensor[start : start + {size}] {pairs}}}")
                _measure(writer, script, names)
        writer.line("model.train()")
        entries = [(f'"{name}": ', Expr(f"total_{name}.item() / count")) for name in names]
        known = " | metrics(torch.cat(outputs), torch.cat(targets))" if script.compares else ""
        writer.expression("return ", mapping(entries), known)
    return writer.text()


def _begin_totals(writer: Writer, script: Script, names: tuple[str, ...]) -> None:
    for name in names:
        writer.line(f"total_{name} = torch.zeros((), device=DEVICE)")
    if script.compares:
        writer.line("outputs, targets = [], []")


def _add_totals(writer: Writer, script: Script, names: tuple[str, ...], *, detach: bool) -> None:
    plan, size = script.plan, f'len(rows["{_first(script)}"])'
    detached = ".detach()" if detach else ""
    if len(names) > 1:
        writer.line(f"size = {size}")
        size = "size"
    for name, result in zip(names, ("loss", *(f"term_{n}" for n in plan.terms)), strict=True):
        writer.line(f"total_{name} += {result}{detached} * {size}")
    if script.compares:
        writer.line(f"outputs.append({script.prediction}{detached})")
        writer.line(f"targets.append({script.target})")


def _forward(writer: Writer, script: Script) -> None:
    results = ["loss", *(f"term_{name}" for name in script.plan.terms)]
    writer.expression("output = ", script.forward)
    writer.expression(f"{', '.join(results)} = ", script.loss_call)


def _measure(writer: Writer, script: Script, names: tuple[str, ...]) -> None:
    _forward(writer, script)
    _add_totals(writer, script, names, detach=False)


def groups_function(plan: TrainPlan) -> str:
    """`def grouped(model)`: the optimizer's parameter groups, by patterns of names."""
    writer = Writer()
    with writer.block("GROUPS: list[tuple[list[str], dict[str, Any]]] = ["):
        for group in plan.groups:
            patterns = display("[", [literal(pattern) for pattern in group.patterns], "]")
            settings = mapping([(f'"{name}": ', literal(value)) for name, value in group.arguments])
            writer.expression("", display("(", [patterns, settings], ")"), ",")
    writer.line("]")
    writer.line()
    writer.line()
    with writer.block("def grouped(model: nn.Module) -> list[dict[str, Any]]:"):
        writer.line('"""Group parameters by the patterns that their names match."""')
        writer.line("buckets: dict[tuple[tuple[str, Any], ...], list[nn.Parameter]] = {(): []}")
        with writer.block("for name, parameter in model.named_parameters():"):
            writer.line("settings: dict[str, Any] = {}")
            matches = "if any(fnmatch.fnmatchcase(name, p) for p in patterns):"
            with writer.block("for patterns, own in GROUPS:"), writer.block(matches):
                writer.line("settings.update(own)")
            writer.line("buckets.setdefault(tuple(settings.items()), []).append(parameter)")
        inner = '{"params": members, **dict(key)} for key, members in buckets.items() if members'
        writer.line(f"return [{inner}]")
    return writer.text()
