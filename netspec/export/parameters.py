"""Which parameters an optimizer of a script moves, and in which groups."""

from __future__ import annotations

from netspec.codegen.layout import Expr, call, display, literal
from netspec.export.turns import Script, Turn
from netspec.export.writing import Writer, mapping


def updated(writer: Writer, script: Script, turn: Turn) -> None:
    """`discriminator_parameters = ...`: what the phase updates, in the module's order."""
    phase, parameters = turn.phase, turn.called("parameters")
    if not _by_name(script, turn):
        learns = " if p.requires_grad" if script.freezes else ""
        models = [f'models["{pattern.removesuffix(".*")}"]' for pattern in phase.patterns]
        if learns:
            held = models[0] if len(models) == 1 else f"nn.ModuleList([{', '.join(models)}])"
            writer.line(f"{parameters} = [p for p in {held}.parameters(){learns}]")
            return
        if len(models) == 1:
            writer.line(f"{parameters} = list({models[0]}.parameters())")
            return
        parts = [Expr(f"*{model}.parameters()") for model in models]
        writer.expression(f"{parameters} = ", display("[", parts, "]"))
        return
    patterns = [literal(pattern) for pattern in phase.patterns]
    named = turn.called("named")
    writer.expression(f"{named} = ", call("matching", [Expr(script.variable), *patterns]))
    writer.line(f"{parameters} = list({named}.values())")


def _by_name(script: Script, turn: Turn) -> bool:
    """Whether the parameters are picked by their names, rather than model by model."""
    whole = {f"{name}.*" for name in script.plan.models} if script.held else set()
    picked = turn.phase.updates is not None and not whole.issuperset(turn.phase.patterns)
    return picked or (turn.phase.updates is not None and bool(turn.phase.groups))


def parameter_functions(script: Script) -> list[str]:
    """The functions that pick parameters, and that group them, as far as they are needed."""
    picked = any(_by_name(script, turn) for turn in script.turns)
    grouped = [turn for turn in script.turns if turn.phase.groups]
    return ([_matching()] if picked else []) + ([_groups(grouped)] if grouped else [])


def _matching() -> str:
    writer = Writer()
    opening = "def matching(model: nn.Module, *patterns: str) -> dict[str, nn.Parameter]:"
    with writer.block(opening):
        writer.line('"""Find the parameters whose names match a pattern."""')
        with writer.block("return {"):
            writer.line("name: parameter")
            writer.line("for name, parameter in model.named_parameters()")
            matches = "any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)"
            writer.line("if parameter.requires_grad")
            writer.line(f"and {matches}")
        writer.line("}")
    return writer.text()


def _groups(turns: list[Turn]) -> str:
    writer = Writer()
    writer.line("Groups = list[tuple[list[str], dict[str, Any]]]")
    for turn in turns:
        with writer.block(f"{turn.called('groups').upper()}: Groups = ["):
            for group in turn.phase.groups:
                patterns = display("[", [literal(pattern) for pattern in group.patterns], "]")
                own = mapping([(f'"{name}": ', literal(value)) for name, value in group.arguments])
                writer.expression("", display("(", [patterns, own], ")"), ",")
        writer.line("]")
    writer.line()
    writer.line()
    named = "named: dict[str, nn.Parameter], groups: Groups"
    with writer.block(f"def grouped({named}) -> list[dict[str, Any]]:"):
        writer.line('"""Group parameters by the patterns that their names match."""')
        writer.line("buckets: dict[tuple[tuple[str, Any], ...], list[nn.Parameter]] = {(): []}")
        with writer.block("for name, parameter in named.items():"):
            writer.line("settings: dict[str, Any] = {}")
            matches = "if any(fnmatch.fnmatchcase(name, p) for p in patterns):"
            with writer.block("for patterns, own in groups:"), writer.block(matches):
                writer.line("settings.update(own)")
            writer.line("buckets.setdefault(tuple(settings.items()), []).append(parameter)")
        inner = '{"params": members, **dict(key)} for key, members in buckets.items() if members'
        writer.line(f"return [{inner}]")
    return writer.text()
