"""The whole analysis in order: params, data, models, train."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from netspec.analysis import errors
from netspec.analysis.asserts import analyse_tests
from netspec.analysis.context import Context, Limits
from netspec.analysis.data import Block as DataBlock
from netspec.analysis.data import analyse_data, analyse_shares
from netspec.analysis.externs import UNBOUND, declare_externs
from netspec.analysis.files import File, gather, libraries, overridden
from netspec.analysis.inspection import looked_at
from netspec.analysis.network.blocks import check_types
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.models import analyse_model, told_by
from netspec.analysis.network.namespaces import models_of_files, namespace_of
from netspec.analysis.network.operands import literal
from netspec.analysis.network.values import UNKNOWN, Block, CatalogueName, Scope, Unknown
from netspec.analysis.params import Override, resolve_params
from netspec.analysis.places import header
from netspec.analysis.sought import Sought, made_up_data, names_of
from netspec.analysis.training.applied import AppliedModels
from netspec.analysis.training.terms import of_samples
from netspec.analysis.training.train import analyse_train
from netspec.catalog import Catalog, Overlay
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.program.data import DataPlan
from netspec.program.externs import Inspector
from netspec.program.graph import Literal, Model
from netspec.program.reserved import is_reserved
from netspec.program.schemas import SchemaReader
from netspec.syntax import SpecReader, tree
from netspec.syntax.walk import descend
from netspec.types import TensorType

Item = TypeVar("Item", tree.Data, tree.Train)
Plan = TypeVar("Plan")
# Python calls: a body takes about ten, an expression in it up to a few hundred.
STACK = 10_000
# What several models are held in has these names besides.
OF_A_DICT = frozenset({"clear", "items", "keys", "pop", "update", "values"})


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Room on Python's stack for as deep as a spec may nest, which is in the low thousands."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, STACK))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def analyse(
    file: tree.File,
    sink: Sink,
    *,
    catalog: Catalog,
    specs: SpecReader,
    schemas: SchemaReader,
    overrides: Mapping[str, str],
    inputs: Mapping[str, TensorType],
    limits: Limits,
    inspector: Inspector | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Program | None:
    """The checked program, or None when anything was reported as an error.

    `overrides` are the `--set` values by name, `inputs` types of model inputs given by the caller.
    `inspector` looks at the Python of what the spec declares itself; without one nobody does. With
    `sizes` the data are made up: they need not be there, and these are sizes that inputs name.
    """
    folder = file.source.folder
    context = Context(sink, catalog, limits, schemas, folder=folder, inspector=inspector)
    try:
        with _deep_stack():
            files = gather(file, specs, context)
            return _analyse(files, context, overrides, inputs, sizes)
    except RecursionError:
        context.too_deep()
        return None


def _analyse(
    files: Sequence[File],
    context: Context,
    overrides: Mapping[str, str],
    inputs: Mapping[str, TensorType],
    sizes: Mapping[str, int] | None,
) -> Program | None:
    sink = context.sink
    bodies = Bodies(context)
    given = overridden(files, overrides, context)
    resolved = tuple(param for one in files for param in _names(one, given[one], bodies))
    (*_, spec) = files
    file, scope, blocks = spec.parsed, spec.scope, spec.blocks
    data_block = _only(file, tree.Data, "`data`", context)
    train_block = _only(file, tree.Train, "`train`", context)
    applied = AppliedModels(bodies, _applied(train_block, blocks, scope, context))
    data = _planned(data_block, train_block, applied, spec, sizes, bodies)
    faulty = data is None and (data_block is not None or context.without_data)
    models: list[Model] = []
    known, fields = told_by(data, inputs), [field.name for field in data.fields] if data else []
    undecided = train_block is not None and len(_choices(blocks)) > 1
    for block in blocks:
        if applied.blocks or faulty or undecided:
            break
        if block.definition.keyword == "model":
            model = analyse_model(block, known, fields, bodies)
            if model is not None:
                models.append(model)
    program = Program(
        source=file.source,
        params=resolved,
        models=tuple(models),
        data=data,
        train=None,
        libraries=libraries(files),
        externs=tuple(context.externs.values()),
    )
    made = None
    if train_block is not None:
        complete = _whole(train_block, blocks, data_block, program, applied, context)
        if faulty:
            complete, applied = None, AppliedModels(bodies, ())
        made = analyse_train(train_block, complete, applied, data, bodies, scope)
        program = replace(program, models=applied.models or program.models)
    if not faulty:
        asserts = analyse_tests(
            tuple(item for item in file.items if isinstance(item, tree.Test)),
            program,
            bodies,
            scope,
            lambda block: analyse_model(block, known, (), bodies),  # no field has to flow into it
            _untrained(train_block, data_block or data),
            _phases(train_block),
        )
        program = replace(program, tests=asserts)
    if made is None or sink.failed:
        return program if train_block is None and not sink.failed else None
    plan, stored = made
    externs = tuple(context.externs.values())
    return replace(program, data=stored, train=plan, externs=externs)


def _untrained(train: tree.Train | None, data: tree.Data | DataPlan | None) -> str | None:
    """Why a spec cannot be trained on a few of its rows, if it cannot."""
    missing = [name for name, block in (("data", data), ("train", train)) if block is None]
    if missing:
        return "add " + " and ".join(f"`{name} {{ ... }}`" for name in missing)
    return None


def _phases(train: tree.Train | None) -> tuple[str, ...]:
    """The names of the phases of training."""
    statements = () if train is None else train.body.statements
    return tuple(phase.name.id for phase in statements if isinstance(phase, tree.Phase))


def _names(
    file: File, overrides: Mapping[str, Override], bodies: Bodies
) -> Iterator[tuple[str, Literal]]:
    """Bind the names of a file, whose imports are bound; its params by their names in the spec."""
    context = bodies.context
    declare_externs(file.parsed.items, context, file.scope)
    if isinstance(context.catalog, Overlay):
        unbound = (entry for kind in UNBOUND for entry in context.catalog.own(kind))
        file.externs.update((entry.name, CatalogueName(entry)) for entry in unbound)
    params = file.params
    _once(params, "the param", context, file.scope)
    context.declared.update(((file.source, param.name.id), param.name.span) for param in params)
    # A name that an import has already stays the import's.
    own = tuple(param for param in params if param.name.id not in file.scope.names)
    for name, value in resolve_params(own, overrides, bodies, Frame(file.scope)):
        yield file.named(name), value
    file.blocks.extend(_definitions(file.parsed, context, file.scope))


def _once(items: Sequence[tree.Param], what: str, context: Context, scope: Scope) -> None:
    seen = {name: bound.span for name, bound in scope.names.items()}
    for item in items:
        if item.name.id in seen:
            earlier = seen[item.name.id]
            context.report(
                errors.defined_twice(item.name.span, f"{what} `{item.name.id}`", earlier)
            )
        seen.setdefault(item.name.id, item.name.span)


def _only(file: tree.File, kind: type[Item], what: str, context: Context) -> Item | None:
    found = [item for item in file.items if isinstance(item, kind)]
    for extra in found[1:]:
        first = header(found[0].span)
        context.report(errors.defined_twice(header(extra.span), what, first))
    return found[0] if found else None


def _definitions(file: tree.File, context: Context, scope: Scope) -> list[Block]:
    """Blocks and models, bound to their names in the file's scope."""
    blocks: list[Block] = []
    unnamed: tree.Definition | None = None
    for item in file.items:
        if not isinstance(item, tree.Definition):
            continue
        block = Block(item, scope)
        blocks.append(block)
        check_types(item, context)
        if item.name is None:
            if unnamed is not None:
                first = Block(unnamed, scope).head
                context.report(errors.defined_twice(block.head, "the unnamed model", first))
            unnamed = unnamed or item
            continue
        name = item.name.id
        bound = scope.names.get(name)
        kind = next(
            (k for k in ("layer", "function", "loss") if context.catalog.find(k, name)), None
        )
        if bound is not None:
            context.report(errors.defined_twice(item.name.span, f"`{name}`", bound.span))
        elif kind is not None:
            context.report(errors.shadows_catalogue(item.name.span, name, kind))
        else:
            scope.bind(name, block, item.name.span)
    return blocks


def _planned(
    block: tree.Data | None,
    train: tree.Train | None,
    applied: AppliedModels,
    spec: File,
    sizes: Mapping[str, int] | None,
    bodies: Bodies,
) -> DataPlan | None:
    """The plan of the data; with `sizes` that of made-up data, where something is trained."""
    schemas = bodies.context.schemas
    assert schemas is not None
    told = partial(_data, bodies=bodies, scope=spec.scope, schemas=schemas)
    read = partial(told, analyse=analyse_data)
    if sizes is not None and train is not None:
        sought = Sought(bodies, sizes, names_of(block), spec.scope)
        main = None if applied.blocks else _main(spec.blocks)
        share = partial(told, analyse=analyse_shares)
        return made_up_data(block, read, share, sought, train, main, applied.blocks)
    for name in sizes or ():
        bodies.context.report(errors.size_not_wanted(name, ()))
    return None if block is None else read(block)


def _main(blocks: Sequence[Block]) -> Block | None:
    """*The* model: the unnamed one, or the only one."""
    models = [block for block in blocks if block.definition.keyword == "model"]
    unnamed = [block for block in models if not block.name]
    return next(iter(unnamed or models), None) if unnamed or len(models) == 1 else None


def _data(
    block: tree.Data,
    bodies: Bodies,
    scope: Scope,
    schemas: SchemaReader,
    analyse: Callable[[tree.Data, DataBlock], Plan],
) -> Plan:
    frame = Frame(scope)

    def constant(expression: tree.Expr) -> Literal | Unknown:
        bound = scope.find(expression.id) if isinstance(expression, tree.Name) else None
        if isinstance(expression, tree.Name) and bound is None:
            return None
        if bound is not None and isinstance(bound.value, Unknown):
            return UNKNOWN
        if isinstance(expression, tree.Attribute) and not namespace_of(expression.value, scope):
            return None
        value = bodies.constant(expression, frame)
        return None if isinstance(value, Unknown) else literal(value)

    context = bodies.context
    around = DataBlock(
        sink=context.sink,
        catalog=context.catalog,
        schemas=schemas,
        constant=constant,
        extern=partial(looked_at, context=context),
        file=partial(namespace_of, scope=scope),
    )
    return analyse(block, around)


def _without_samples(train: tree.Train) -> tree.Train:
    """A `train` block less its `samples`, which show models and train none."""
    apart = of_samples(train.body)
    kept = tuple(statement for statement in train.body.statements if statement not in apart)
    return replace(train, body=replace(train.body, statements=kept))


def _applied(
    train: tree.Train | None, blocks: Sequence[Block], scope: Scope, context: Context
) -> tuple[Block, ...]:
    """The models that the losses name, in the order of the text; another must be a part of one.

    Those of imported files come after the file's own.
    """
    train = None if train is None else _without_samples(train)
    named = {node.id for node in descend(train) if isinstance(node, tree.Name)} if train else set()
    models = [block for block in blocks if block.definition.keyword == "model"]
    applied = tuple(block for block in models if block.name in named)
    own = {block.name: block.head for block in models}
    for block, place in models_of_files(train, scope) if train is not None else ():
        if block.name in own:
            earlier = own[block.name]
            context.report(errors.defined_twice(place, f"`{block.name}`", earlier))
            block = replace(block, called=f"{block.name}_")
        own[block.name] = place
        applied = (*applied, block)
    if not applied:
        return ()
    parts = {
        node.id
        for block in blocks
        for node in descend(block.definition.body)
        if isinstance(node, tree.Name)
    }
    for block in models:
        if block.name not in named and (not block.name or block.name not in parts):
            context.report(errors.model_unused(block.head, block.name))
    for block in applied if len(applied) > 1 else ():
        if is_reserved(block.name) or block.name in OF_A_DICT:
            context.report(errors.label_reserved(block.head, block.name))
    return applied


def _whole(
    train: tree.Train,
    blocks: Sequence[Block],
    data: tree.Data | None,
    program: Program,
    applied: AppliedModels,
    context: Context,
) -> Model | None:
    """The model that `train` trains; None when there is none to be had, or it applies models."""
    head = header(train.span)
    models = [block for block in blocks if block.definition.keyword == "model"]
    if not models and not applied.blocks:
        context.report(errors.no_model(head))
    if data is None and program.data is None and not context.without_data:
        context.report(errors.no_data(head))
    named = [(block.name, block.head) for block in _choices(blocks)]
    if len(named) > 1 and not applied.blocks:
        context.report(errors.several_models(head, named))
    return program.model


def _choices(blocks: Sequence[Block]) -> Sequence[Block]:
    """The models of which none is *the* one: several, each with a name."""
    models = [block for block in blocks if block.definition.keyword == "model"]
    return models if all(block.name for block in models) else ()
