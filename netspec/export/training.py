"""The training loop of a script: plain PyTorch, step for step what `netspec run` does."""

from __future__ import annotations

from dataclasses import replace

from netspec.codegen.layout import Expr, call, display
from netspec.export import stopping
from netspec.export.parameters import updated
from netspec.export.turns import Script, Turn
from netspec.export.wrapping import WIDTH, wrap
from netspec.export.writing import INDENT, Block, Writer, arguments, construction, mapping
from netspec.program.graph import Model
from netspec.program.precision import AUTOCAST
from netspec.program.train import BY_CLOSURE, FUSED, Choice, Schedule, TrainPlan


def train_function(script: Script) -> str:
    """`def train(...)`: the whole loop."""
    plan, writer = script.plan, Writer()
    val = ", val: Rows" if script.has_val else ""
    model = script.variable
    gives = "None" if plan.ema is None else "nn.Module"
    with writer.block(f"def fit({script.parameter}, train: Rows{val}) -> {gives}:"):
        if plan.ema is None:
            writer.line(f'"""Train the {model}, printing what each epoch measured."""')
        else:
            writer.line(
                f'"""Train the {model}, printing each epoch; gives the averaged {model}."""'
            )
        writer.line(f'count = len(train["{script.first}"])')
        if plan.compile:
            made = "torch.compile(model)"
            several = "{name: torch.compile(model) for name, model in models.items()}"
            writer.line(f"compiled = {several if script.held else made}")
            script = replace(script, compiled=True)
        for turn in script.turns:
            _optimizer(writer, script, turn)
        if plan.precision == "fp16":
            writer.line("scaler = torch.amp.GradScaler(DEVICE.type)")
        if plan.ema is not None:
            update = f"get_ema_multi_avg_fn({plan.ema!r})"
            writer.line(f"averaged = AveragedModel({model}, multi_avg_fn={update})")
        for turn in script.turns:
            _schedule_begin(writer, plan, turn)
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


def _optimizer(writer: Writer, script: Script, turn: Turn) -> None:
    phase, parameters = turn.phase, f"{script.variable}.parameters()"
    named = f"dict({script.variable}.named_parameters())"
    if script.freezes:
        every = f"{script.variable}.named_parameters()"
        parameters = f"[p for p in {parameters} if p.requires_grad]"
        named = f"{{name: p for name, p in {every} if p.requires_grad}}"
    if phase.updates is not None:
        parameters = turn.called("parameters")
        updated(writer, script, turn)
    if phase.groups:
        named = named if phase.updates is None else turn.called("named")
        parameters = f"grouped({named}, {turn.called('groups').upper()})"
    takes_fused = phase.optimizer.target in FUSED and not _sparse(script.network)
    fused = [("fused", Expr("True"))] if takes_fused else []
    made = construction(phase.optimizer, [parameters], fused)
    writer.expression(f"{turn.called('optimizer')} = ", made)


def _sparse(model: Model) -> bool:
    """Whether a layer gives sparse gradients, which no fused optimizer takes."""
    return any(dict(layer.arguments).get("sparse") is True for _, layer in model.graph.layers())


def _counts_steps(plan: TrainPlan) -> bool:
    warming = (phase.schedule is not None and phase.schedule.warmup > 0 for phase in plan.phases)
    return plan.steps is not None or any(warming)


def _each_group(writer: Writer, turn: Turn) -> Block:
    """The loop over the groups of an optimizer that warms up."""
    groups, rates = f"{turn.called('optimizer')}.param_groups", turn.called("full_rates")
    margin = " " * (INDENT * writer.depth)
    opening = f"{margin}for group, full in zip({groups}, {rates}, strict=True):"
    writer.written.extend(wrap(opening))
    return Block(writer)


def _schedule_begin(writer: Writer, plan: TrainPlan, turn: Turn) -> None:
    schedule = turn.phase.schedule
    if schedule is None:
        return
    optimizer = turn.called("optimizer")
    if schedule.then is not None:
        hangs = _hangs_on_length(schedule.then)
        length = _length(writer, plan, schedule) if hangs else None
        made = _made(schedule.then, length, optimizer)
        writer.expression(f"{turn.called('schedule')} = ", made)
    if schedule.warmup:
        rates = f'group["lr"] for group in {optimizer}.param_groups'
        opening = f"{turn.called('full_rates')} = ["
        if INDENT + len(opening) + len(rates) < WIDTH:
            writer.line(f"{opening}{rates}]")
        else:
            with writer.block(opening):
                writer.line(rates)
            writer.line("]")
        with _each_group(writer, turn):
            writer.line(f'group["lr"] = full / {schedule.warmup}')


def _hangs_on_length(choice: Choice) -> bool:
    """Whether the length of the run stands in the call that makes a schedule."""
    stretches = zip(choice.parts, choice.stretches, strict=True)
    open_ended = [part for part, (_, end) in stretches if end is None]
    return any(part.inferred for part in (choice, *open_ended))


def _made(choice: Choice, length: int | str | None, optimizer: str) -> Expr:
    """The call that makes a schedule of a run, or a stretch of one, that moves `length` times."""
    if not choice.parts:
        told = Expr(str(length))
        return construction(choice, [optimizer], [(name, told) for name in choice.inferred])
    parts = [
        _made(part, _stretch(begin, end, length), optimizer)
        for part, (begin, end) in zip(choice.parts, choice.stretches, strict=True)
    ]
    given = [("optimizer", Expr(optimizer)), ("schedulers", display("[", parts, "]"))]
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
    _begin_totals(writer, script)
    if script.may_end_within:
        writer.line("seen = 0")
    if script.draws:
        writer.line(
            f"chance = torch.Generator().manual_seed(-1 - ({plan.seed} * 1_000_003 + epoch))"
        )
        writer.line(f"draws = torch.rand(count, {script.draws}, generator=chance).to(DEVICE)")
    if script.whole:
        rows = "augment(train, draws)" if script.draws else "train"
        writer.line(f"rows, number = {rows}, 1" if plan.accumulate > 1 else f"rows = {rows}")
        _step(writer, script, batched=False)
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
            if script.draws:
                writer.line("rows = augment(rows, draws[batch])")
            _step(writer, script, batched=True)
    _record(writer, script)


def _step(writer: Writer, script: Script, *, batched: bool) -> None:
    plan = script.plan
    gathers = plan.accumulate > 1 and batched
    if plan.accumulate > 1:
        batches = f"math.ceil(count / {plan.batch})" if batched else "1"
        n = plan.accumulate
        writer.line(f"together = min({n}, {batches} - (number - 1) // {n} * {n})")
        if gathers and len(script.turns) > 1:
            writer.line(f"moves = number % {n} == 0 or number == {batches}")
    _size(writer, script)
    if script.may_end_within:
        writer.line(f"seen += {_rows(script)}")
    for turn in script.turns:
        if turn.phase.name:
            writer.line()
            writer.line(f"# {turn.phase.name}")
        if turn.phase.optimizer.target in BY_CLOSURE:
            _search(writer, script, turn)
        else:
            _forward(writer, script, turn)
            scaled = "scaler.scale(loss)" if plan.precision == "fp16" else "loss"
            loss = scaled if plan.accumulate == 1 else f"({scaled} / together)"
            writer.line(f"{loss}.backward({_into(turn)})")
        _add_totals(writer, script, turn, detach=True)
        if gathers and len(script.turns) == 1:
            last = f"math.ceil(count / {plan.batch})"
            with writer.block(f"if number % {plan.accumulate} and number < {last}:"):
                writer.line("continue")
        if gathers and len(script.turns) > 1:
            with writer.block("if moves:"):
                _move(writer, script, turn)
        else:
            _move(writer, script, turn)
    if len(script.turns) > 1:
        writer.line()
    after = Writer(depth=writer.depth + (1 if gathers and len(script.turns) > 1 else 0))
    _conclude(after, script, batched=batched)
    if after.depth > writer.depth and after.written:
        writer.line("if moves:")
    writer.written.extend(after.written)


def _conclude(writer: Writer, script: Script, *, batched: bool) -> None:
    """What follows a step: of several phases, after the last."""
    plan = script.plan
    if plan.precision == "fp16":
        writer.line("scaler.update()")
    if plan.ema is not None:
        writer.line(f"averaged.update_parameters({script.variable})")
    if _counts_steps(plan):
        writer.line("taken += 1")
    for turn in script.turns:
        _schedule_step(writer, turn)
    if plan.steps is not None and batched:
        with writer.block(f"if taken == {plan.steps}:"):
            writer.line("break")


def _move(writer: Writer, script: Script, turn: Turn) -> None:
    """Hold the gradients down, and let the optimizer move its parameters."""
    optimizer = turn.called("optimizer")
    if turn.phase.optimizer.target not in BY_CLOSURE:
        scaled = script.plan.precision == "fp16"
        if scaled and turn.phase.clip is not None:
            writer.line(f"scaler.unscale_({optimizer})")
        _clip(writer, script, turn)
        writer.line(f"scaler.step({optimizer})" if scaled else f"{optimizer}.step()")
    writer.line(f"{optimizer}.zero_grad()")


def _clip(writer: Writer, script: Script, turn: Turn) -> None:
    if turn.phase.clip is None:
        return
    mine = turn.phase.updates is not None
    parameters = turn.called("parameters") if mine else f"{script.variable}.parameters()"
    writer.line(f"nn.utils.clip_grad_norm_({parameters}, {turn.phase.clip!r})")


def _into(turn: Turn) -> str:
    """What a backward pass is told of the parameters that gradients go into."""
    return f"inputs={turn.called('parameters')}" if turn.phase.updates is not None else ""


def _search(writer: Writer, script: Script, turn: Turn) -> None:
    """The step of an optimizer that evaluates the batch by itself: what it found first."""
    kept = [name for name in turn.results if name != "_"]
    if script.forward is not None and script.compares and turn.phase is script.plan.judged:
        kept.append("output")
    optimizer = turn.called("optimizer")
    several = len(kept) > 1
    if several:
        writer.line("found = []")
    writer.line()
    arguments = "rows: Rows = rows, found: list[Any] = found" if several else "rows: Rows = rows"
    with writer.block(f"def evaluate_batch({arguments}) -> Tensor:"):
        writer.line(f"{optimizer}.zero_grad()")
        _forward(writer, script, turn)
        writer.line(f"loss.backward({_into(turn)})")
        _clip(writer, script, turn)
        if several:
            writer.line(f"found.append(({', '.join(kept)}))")
        writer.line("return loss")
    writer.line()
    if several:
        writer.line(f"{optimizer}.step(evaluate_batch)")
        writer.line(f"{', '.join(kept)} = found[0]")
    else:
        writer.line(f"loss = {optimizer}.step(evaluate_batch)")


def _schedule_step(writer: Writer, turn: Turn) -> None:
    schedule = turn.phase.schedule
    if schedule is None:
        return
    move = f"{turn.called('schedule')}.step()"
    by_step = schedule.then is not None and schedule.by_step
    if not schedule.warmup:
        if by_step:
            writer.line(move)
        return
    with writer.block(f"if taken < {schedule.warmup}:"), _each_group(writer, turn):
        writer.line(f'group["lr"] = full * (taken + 1) / {schedule.warmup}')
    if by_step:
        with writer.block(f"elif taken > {schedule.warmup}:"):
            writer.line(move)


def _measured(script: Script, count: str, before: str = "") -> list[tuple[str, Expr]]:
    """Each loss and term as an entry of a record."""
    totals = (total for turn in script.turns for total in turn.totals)
    return [
        (f'"{before}{name}": ', Expr(f"{total}.item() / {count}"))
        for name, total in zip(script.plan.measured, totals, strict=True)
    ]


def _record(writer: Writer, script: Script) -> None:
    plan = script.plan
    entries = _measured(script, "seen" if script.may_end_within else "count", "train.")
    writer.expression("record = ", mapping(entries))
    if script.compares:
        writer.line("measured = metrics(torch.cat(outputs), torch.cat(targets))")
        writer.line('record |= {f"train.{name}": value for name, value in measured.items()}')
    if script.has_val:
        measured = script.variable if plan.ema is None else "averaged.module"
        writer.line(f"measured = evaluate({measured}, val)")
        writer.line('record |= {f"val.{name}": value for name, value in measured.items()}')
    for turn in script.turns:
        _schedule_epoch(writer, script, turn)
    epochs = f"/{plan.epochs}" if plan.epochs is not None else ""
    writer.line('shown = "  ".join(f"{name} {value!r}" for name, value in record.items())')
    writer.line(f'print(f"epoch {{epoch + 1}}{epochs}  {{shown}}")')
    stopping.check(writer, plan.stop)
    if plan.steps is not None:
        with writer.block(f"if taken == {plan.steps}:"):
            writer.line("break")


def _schedule_epoch(writer: Writer, script: Script, turn: Turn) -> None:
    """The move of a schedule that counts epochs."""
    schedule = turn.phase.schedule
    if schedule is None or schedule.then is None or schedule.by_step:
        return
    watched = f"{'val' if script.has_val else 'train'}.{turn.phase.measured[0]}"
    told = f'record["{watched}"]' if schedule.by_loss else ""
    move = f"{turn.called('schedule')}.step({told})"
    if schedule.warmup:
        with writer.block(f"if taken > {schedule.warmup}:"):
            writer.line(move)
    else:
        writer.line(move)


def evaluate_function(script: Script) -> str:
    """`def evaluate(model, data)`: loss, terms and metrics over all rows of a split."""
    writer, model = Writer(), script.variable
    writer.line("@torch.no_grad()")
    with writer.block(f"def evaluate({script.parameter}, data: Rows) -> dict[str, float]:"):
        writer.line('"""Measure the loss and the metrics over all rows."""')
        writer.line(f'count = len(data["{script.first}"])')
        _begin_totals(writer, script)
        writer.line(f"{model}.eval()")
        if script.measured_rows is None:
            writer.line("rows = augment(data)" if script.crops else "rows = data")
            _measure(writer, script)
        else:
            size = script.measured_rows
            with writer.block(f"for start in range(0, count, {size}):"):
                pairs = "for name, tensor in data.items()"
                writer.line(f"rows = {{name: tensor[start : start + {size}] {pairs}}}")
                if script.crops:
                    writer.line("rows = augment(rows)")
                _measure(writer, script)
        writer.line(f"{model}.train()")
        entries = _measured(script, "count")
        known = " | metrics(torch.cat(outputs), torch.cat(targets))" if script.compares else ""
        writer.expression("return ", mapping(entries), known)
    return writer.text()


def _begin_totals(writer: Writer, script: Script) -> None:
    for total in (total for turn in script.turns for total in turn.totals):
        writer.line(f"{total} = torch.zeros((), device=DEVICE)")
    if script.compares:
        writer.line("outputs, targets = [], []")


def _rows(script: Script) -> str:
    """How many rows a batch has."""
    several = len(script.plan.measured) > 1
    return "size" if several else f'len(rows["{script.first}"])'


def _size(writer: Writer, script: Script) -> None:
    if len(script.plan.measured) > 1:
        writer.line(f'size = len(rows["{script.first}"])')


def _add_totals(writer: Writer, script: Script, turn: Turn, *, detach: bool) -> None:
    detached = ".detach()" if detach else ""
    for total, result in zip(turn.totals, turn.results, strict=False):
        writer.line(f"{total} += {result}{detached} * {_rows(script)}")
    if script.compares and turn.phase is script.plan.judged:
        writer.line(f"outputs.append({script.prediction}{detached})")
        writer.line(f"targets.append({script.target})")


def _forward(writer: Writer, script: Script, turn: Turn) -> None:
    told = f"{', '.join(turn.results)} = "
    dtype = AUTOCAST.get(script.plan.precision)
    if dtype is None:
        if script.forward is not None:
            writer.expression("output = ", script.forward)
        writer.expression(told, turn.loss_call)
        return
    with writer.block(f"with torch.autocast(DEVICE.type, dtype=torch.{dtype}):"):
        if script.forward is not None:
            writer.expression("output = ", script.forward)
        if len(turn.results) == 1:
            writer.expression(told, turn.loss_call, ".float()")
        else:
            writer.expression(told, call("map", [Expr("Tensor.float"), turn.loss_call]))


def _measure(writer: Writer, script: Script) -> None:
    _size(writer, script)
    for turn in script.turns:
        _forward(writer, script, turn)
        _add_totals(writer, script, turn, detach=False)
