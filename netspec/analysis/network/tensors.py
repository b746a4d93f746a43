"""The tensors of labelled modules: `conv1.weight`, `block.fc.bias`, `h[0].attn.weight`, `pos`."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis import errors
from netspec.analysis.errors.externs import tensors_not_known
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.stored import StoredTensors
from netspec.analysis.network.values import UNKNOWN, Indexed, Inner, Instance, Value
from netspec.catalog.kinds import INT, REAL
from netspec.program.externs import Extern
from netspec.program.graph import Graph, Layer, Module, Stored
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, TensorType

# Buffers of layers that hold whole numbers.
COUNTERS = frozenset({"num_batches_tracked"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """A tensor as the text names it: a labelled module, and the path below it."""

    span: Span
    instance: Instance
    path: tuple[str, ...]
    type: TensorType
    learned: bool

    @property
    def key(self) -> str:
        """Its key in the body that has the label."""
        return ".".join((self.instance.label.id, *self.path))


class LabelledTensors(StoredTensors):
    """Finds tensors below labels."""

    def tensor_of(self, instance: Instance, expression: tree.Expr, frame: Frame) -> Value:
        """The stored tensor that a label names; another instance as it is."""
        module = instance.module
        if not isinstance(module, Stored) or frame.graph is None:
            return instance
        return _read(_stored(instance, (), module, expression.span))

    def part_of(
        self, around: Instance | Inner, expression: tree.Attribute | tree.Subscript, frame: Frame
    ) -> Value:
        """The tensor, or the module, of that name or number below a labelled one."""
        found = self.below(around, expression, frame)
        if found is None or (isinstance(found, Reference) and frame.graph is None):
            return UNKNOWN
        return _read(found) if isinstance(found, Reference) else found

    def reference(self, expression: tree.Expr, frame: Frame) -> Reference | Inner | Instance | None:
        """What a name with attributes and numbers stands for; None with a report."""
        match expression:
            case tree.Name(id=name):
                bound = frame.scope.find(name)
                if bound is not None and isinstance(bound.value, Instance):
                    module = bound.value.module
                    if isinstance(module, Stored):
                        return _stored(bound.value, (), module, expression.span)
                    return bound.value
                if bound is None:
                    self.evaluate(expression, frame)  # which reports it
                elif not isinstance(bound.value, type(UNKNOWN)):
                    self.context.report(errors.not_a_label(expression.span, name, bound.span))
                return None
            case tree.Subscript(value=tree.Name(id=name)) if self._is_family(name, frame):
                found = self.subscript(expression, frame)
                if isinstance(found, Instance):
                    return found
                if not isinstance(found, type(UNKNOWN)):
                    bound = frame.scope.find(name)
                    place = expression.span if bound is None else bound.span
                    written = expression.span.text
                    self.context.report(errors.not_a_label(expression.span, written, place))
                return None
            case tree.Attribute() | tree.Subscript():
                around = self.reference(expression.value, frame)
                if isinstance(around, Reference):
                    written, label = expression.span.text, around.instance.label
                    self.context.report(errors.not_a_label(expression.span, written, label.span))
                    return None
                return None if around is None else self.below(around, expression, frame)
            case _:
                raise AssertionError("the parser lets names with attributes and subscripts pass")

    def _is_family(self, name: str, frame: Frame) -> bool:
        """Whether a name has indices."""
        bound = frame.scope.find(name)
        return bound is not None and isinstance(bound.value, Indexed)

    def tensors_of(self, around: Instance | Inner) -> list[str]:
        """The names of the parameters below a module, as they are written."""
        if isinstance(around.module, Layer):
            within = around.within if isinstance(around, Inner) else ""
            names = [weight.name for weight in around.module.weights if weight.learned]
            return [name.removeprefix(within) for name in names if name.startswith(within)]
        if isinstance(around.module, Graph):
            return [name for name, weight in around.module.weights() if weight.learned]
        return []

    def below(
        self, around: Instance | Inner, expression: tree.Attribute | tree.Subscript, frame: Frame
    ) -> Reference | Inner | None:
        """What stands under one name or number below a module; None with a report."""
        instance = around if isinstance(around, Instance) else around.instance
        path = () if isinstance(around, Instance) else around.path
        within = "" if isinstance(around, Instance) else around.within
        name = self._key(around.module, within, expression, frame)
        if name is None:
            return None
        names: list[str] = []
        match around.module:
            case Layer(extern=Extern() as extern, weighed=False):
                span = expression.span
                self.context.report(tensors_not_known(span, extern.name, extern.module))
                return None
            case Layer() as layer:
                full = within + name
                names = [weight.name for weight in layer.weights]
                for weight in layer.weights:
                    if weight.name == full:
                        kind = INT if full in COUNTERS else REAL
                        dims = tuple(Dim.of(size) for size in weight.shape)
                        return Reference(
                            span=expression.span,
                            instance=instance,
                            path=(*path, full),
                            type=TensorType(kind, dims),
                            learned=weight.learned,
                        )
                if any(known.startswith(f"{full}.") for known in names):
                    return Inner(instance, path, layer, f"{full}.")
            case Graph() as graph:
                full = within + name
                names = [child.key for child in graph.children]
                if any(known.startswith(f"{full}.") for known in names):
                    return Inner(instance, path, graph, f"{full}.")
                for child in graph.children:
                    if child.key == full and isinstance(child.module, Stored):
                        return _stored(instance, (*path, full), child.module, expression.span)
                    if child.key == full:
                        return Inner(instance, (*path, full), child.module)
                names = [n.removeprefix(within) for n in names if n.startswith(within)]
            case Stored():
                raise AssertionError("a stored tensor is read where its label stands")
        self._missing(around, expression, name, names, instance)
        return None

    def _key(
        self,
        module: Module,
        within: str,
        expression: tree.Attribute | tree.Subscript,
        frame: Frame,
    ) -> str | None:
        """The key that `.name` or `[number]` stands for, a number counted from either end."""
        if isinstance(expression, tree.Attribute):
            return expression.name.id
        key = self.index(expression, frame)
        if key is None:
            return None
        numbers = 0
        if isinstance(module, Graph):
            numbers = sum(child.key.startswith(within) for child in module.children)
        if len(key) == 1 and isinstance(key[0], int):
            return str(key[0] + numbers if -numbers <= key[0] < 0 else key[0])
        return ", ".join(map(str, key))

    def _missing(
        self,
        around: Instance | Inner,
        expression: tree.Attribute | tree.Subscript,
        name: str,
        names: list[str],
        instance: Instance,
    ) -> None:
        is_name = isinstance(expression, tree.Attribute)
        span = expression.name.span if isinstance(expression, tree.Attribute) else expression.span
        shown = [known for known in names if known.isdecimal() != is_name]
        owner = expression.value.span.text
        label = instance.label
        what = f"`{label.id}`" if isinstance(around, Instance) else f"`{label.id}`, which it is in,"
        self.context.report(errors.no_such_tensor(span, name, owner, what, shown, label.span))


def _stored(instance: Instance, path: tuple[str, ...], module: Stored, span: Span) -> Reference:
    return Reference(
        span=span,
        instance=instance,
        path=path,
        type=module.type,
        learned=module.weight.learned,
    )


def _read(reference: Reference) -> Tensor:
    """The tensor as a value, read in the body that has the label."""
    instance, path = reference.instance, reference.path
    name = "_".join((instance.label.id, *path)).replace(".", "_")
    return instance.graph.read(instance.child, path, reference.type, reference.span, name)
