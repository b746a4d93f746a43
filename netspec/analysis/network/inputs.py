"""Types as the text writes them: evaluating them, and binding the names of their dimensions."""

from __future__ import annotations

from netspec.analysis import errors
from netspec.analysis.network.computed import FUNCTIONS
from netspec.analysis.network.evaluate import Expressions, Frame
from netspec.analysis.network.values import Block, Unknown, Value, describe
from netspec.catalog.call import MAX_RANK
from netspec.source import Span
from netspec.syntax import tree
from netspec.syntax.walk import descend
from netspec.types import Dim, Kind, TensorType
from netspec.types.kinds import NAMES


def written_kind(
    evaluator: Expressions, written: tree.TypeExpr, frame: Frame, given: TensorType | None = None
) -> Kind | None:
    """The kind a type names, `real` when it names none; None with a report.

    A new name in `index(V)` is bound to how many different indices `given` may hold.
    """
    if written.kind is None:
        return Kind("real")
    name = written.kind.id
    if name not in NAMES:
        evaluator.context.report(errors.unknown_kind(written.kind.span, name, sorted(NAMES)))
        return None
    if not written.args:
        return Kind(name)
    if name != "index" or len(written.args) != 1:
        evaluator.context.report(errors.kind_arguments(written.span, name))
        return None
    count = written.args[0]
    if isinstance(count, tree.Name) and frame.scope.find(count.id) is None:
        return _told_kind(evaluator, count, frame, given)
    size = evaluator.integer(count, frame, "the number of classes")
    return None if size is None else Kind("index", Dim.of(size))


def _told_kind(
    evaluator: Expressions, count: tree.Name, frame: Frame, given: TensorType | None
) -> Kind | None:
    """`index(V)` with a new `V`, which is what the given type says."""
    if given is not None and given.kind.name != "index":
        return Kind("index")
    size = None if given is None else given.kind.size
    if size is None:
        shown = None if given is None else str(given)
        evaluator.context.report(errors.classes_not_told(count.span, count.id, shown))
        frame.scope.absorb(count.id, count.span)
        return None
    frame.scope.bind(count.id, size if size.value is None else size.value, count.span)
    frame.scope.names[count.id].used = True
    return Kind("index", size)


def declared_type(
    evaluator: Expressions, written: tree.TypeExpr, frame: Frame
) -> TensorType | None:
    """The type of a model's input of which nothing else is known; new names become symbols."""
    kind = written_kind(evaluator, written, frame)
    if kind is None:
        return None
    if written.dims is None:
        evaluator.context.report(errors.shape_missing(written.span))
        return None
    if len(written.dims) > MAX_RANK:
        message = f"a tensor has {MAX_RANK} dimensions at most, not {len(written.dims):,}"
        evaluator.context.report(errors.wrong_rank(written.span, message))
        return None
    dims: list[Dim] = []
    # Names that stand by themselves may be used by formulas, whichever comes first.
    for dim in written.dims:
        if isinstance(dim, tree.Name) and declared_size(evaluator, dim, frame) is None:
            return None
    for dim in written.dims:
        if isinstance(dim, tree.Dots):
            evaluator.context.report(errors.rank_not_known(dim.span))
            return None
        size = declared_size(evaluator, dim, frame)
        if size is None:
            return None
        dims.append(size)
    return TensorType(kind, tuple(dims))


def declared_size(evaluator: Expressions, dim: tree.Expr, frame: Frame) -> Dim | None:
    """A size of a type of which nothing else is known; a new name becomes a symbol."""
    if isinstance(dim, tree.Name) and _is_new(dim.id, frame):
        frame.scope.bind(dim.id, Dim.symbol(dim.id), dim.span)
    return _size(evaluator, dim, frame)


def bind_dimensions(
    evaluator: Expressions,
    written: tree.TypeExpr,
    given: TensorType,
    frame: Frame,
    origin: Span,
) -> bool:
    """Hold what flows in against a declared type, binding the names of its dimensions."""
    report = evaluator.context.report
    kind = written_kind(evaluator, written, frame, given)
    if kind is None:
        return False
    if written.kind is not None and not kind.accepts(given.kind):
        report(errors.input_kind(written.span, str(kind), str(given), origin))
        return False
    if kind.size is not None and given.kind.size is not None and kind.size != given.kind.size:
        report(errors.input_kind(written.span, str(kind), str(given), origin))
        return False
    if written.dims is None:
        return True
    dims = list(written.dims)
    dots = [number for number, dim in enumerate(dims) if isinstance(dim, tree.Dots)]
    if len(dots) > 1:
        report(errors.rank_not_known(dims[dots[1]].span))
        return False
    fixed = len(dims) - len(dots)
    if (dots and given.rank < fixed) or (not dots and given.rank != fixed):
        report(errors.input_rank(written.span, str(given), origin))
        return False
    pairs = list(zip(dims, given.shape, strict=False))
    if dots:
        tail = len(dims) - dots[0] - 1
        pairs = list(zip(dims[: dots[0]], given.shape, strict=False))
        if tail:
            pairs += list(zip(dims[-tail:], given.shape[-tail:], strict=True))
    # Names that stand by themselves may be used by formulas, whichever comes first.
    pairs.sort(key=lambda pair: not isinstance(pair[0], tree.Name))
    for dim, size in pairs:
        assert not isinstance(dim, tree.Dots)
        if isinstance(dim, tree.Name) and _is_new(dim.id, frame):
            value: Value = size if size.value is None else size.value
            frame.scope.bind(dim.id, value, dim.span)
            continue
        wanted = _size(evaluator, dim, frame)
        if wanted is None:
            return False
        if wanted != size:
            report(errors.input_size(dim.span, str(wanted), str(size), str(given), origin))
            return False
    return True


def opened_type(
    written: tree.TypeExpr,
    given: TensorType,
    frame: Frame,
    told: dict[str, Dim],
    *,
    numbers: bool,
) -> TensorType:
    """The given type with the sizes left open that the declared type names; `told` collects them.

    Those that are `numbers` may be left as they are. Names that `frame` has already say sizes of
    their own. The ranks agree; dimensions before `...` count from the left, those behind it from
    the right.
    """
    dims, shape = list(written.dims or ()), list(given.shape)
    dots = next((n for n, dim in enumerate(dims) if isinstance(dim, tree.Dots)), len(dims))
    for number, dim in enumerate(dims):
        if not isinstance(dim, tree.Name) or not _is_new(dim.id, frame):
            continue
        place = number if number < dots else number - len(dims)
        size, opened = shape[place], Dim.symbol(dim.id)
        if size == opened or (size.value is not None and not numbers):
            continue
        if told.setdefault(dim.id, size) == size:
            shape[place] = opened
    return TensorType(given.kind, tuple(shape))


def _is_new(name: str, frame: Frame) -> bool:
    """Whether a name says no size yet: it is free, or that of a block or a model."""
    bound = frame.scope.find(name)
    return bound is None or isinstance(bound.value, Block)


def _size(evaluator: Expressions, dim: tree.Expr, frame: Frame) -> Dim | None:
    for node in descend(dim):
        if not isinstance(node, tree.Name) or frame.scope.has(node.id):
            continue
        if evaluator.catalogue_name(node.id) is None and node.id not in FUNCTIONS:
            names = sorted(frame.scope.visible())
            report = evaluator.context.report
            report(errors.size_not_told(node.span, node.id, dim.span.text, names))
            frame.scope.absorb(node.id, node.span)
            return None
    value = evaluator.constant(dim, frame)
    if isinstance(value, Dim):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            evaluator.context.report(errors.size_below_one(dim.span, value))
            return None
        return Dim.of(value)
    if not isinstance(value, Unknown):
        evaluator.context.report(errors.not_integer(dim.span, "a size", describe(value)))
    return None
