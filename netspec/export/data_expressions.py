"""Expressions of a data plan as Python text, on NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netspec.analysis.data.vision_sources import NAMES
from netspec.program.data import (
    Apply,
    Choose,
    DataPlan,
    Draw,
    Expression,
    Keep,
    Length,
    Load,
    Matrix,
    Numbers,
    Operand,
    Pick,
    Statistic,
    Transform,
    Use,
    borders,
)
from netspec.program.externs import Extern

# How tightly Python binds; what binds looser than its surroundings goes into parentheses.
ATOM, POWER, SIGN, TERM, SUM, AND, OR, COMPARE = range(8)
BINARY: Mapping[str, tuple[str, int]] = {
    "**": ("**", POWER),
    "*": ("*", TERM),
    "/": ("/", TERM),
    "//": ("//", TERM),
    "%": ("%", TERM),
    "+": ("+", SUM),
    "-": ("-", SUM),
    "and": ("&", AND),
    "or": ("|", OR),
    **{op: (op, COMPARE) for op in ("==", "!=", "<", "<=", ">", ">=")},
}
CALLS: Mapping[str, str] = {
    "clamp": "np.clip",
    "norm": "np.linalg.norm",
    "unsqueeze": "np.expand_dims",
    "cat": "np.concatenate",
}
# Transforms that learn nothing, and those that make other columns.
UNLEARNED = frozenset({"Binarizer", "Normalizer"})
WIDENERS = frozenset({"PolynomialFeatures", "SplineTransformer", "PCA"})
# The sources that are read into a dict of columns.
# Sources of images that are decoded when they are wanted.
DECODED = frozenset({"images", "hub"})
FILES = NAMES | frozenset(
    {"csv", "parquet", "json", "npz", "hub", "idx", "images", "chars", "text"}
)
STORED_KEYS: Mapping[str, str] = {"x": "data", "y": "target", "images": "images"}

Text = tuple[str, int]


@dataclass(slots=True)
class Printer:
    """Prints one plan's expressions; notes the helpers and modules that the text needs.

    `lines` are statements that have to stand before the expression just printed.
    """

    plan: DataPlan
    names: Mapping[int, str]
    seed: int = 0
    helpers: dict[str, None] = field(default_factory=dict)
    imports: dict[tuple[str, str], None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    # The step being printed, after which names of its own are called.
    target: str = ""
    locals: set[str] = field(default_factory=set)

    def text(self, expression: Operand) -> str:
        """The expression as it stands alone."""
        return self._text(expression)[0]

    def atom(self, expression: Operand) -> str:
        """The expression as it stands before a dot, a bracket, or among operands."""
        return self._within(expression, ATOM)

    def _within(self, expression: Operand, loosest: int) -> str:
        text, binds = self._text(expression)
        return f"({text})" if binds > loosest else text

    def helper(self, name: str) -> str:
        """Note a helper function; gives its name."""
        self.helpers[name] = None
        return name

    def local(self, what: str) -> str:
        """A fresh name for something that the step being printed needs: `x_scaler`."""
        name, number = f"{self.target}_{what}", 1
        while name in self.locals or name in self.names.values():
            number += 1
            name = f"{self.target}_{what}_{number}"
        self.locals.add(name)
        return name

    def use(self, module: str, name: str) -> str:
        """Note `from module import name`; gives the name."""
        self.imports[module, name] = None
        return name

    # --- expressions -------------------------------------------------------------------------

    def _text(self, expression: Operand) -> Text:
        match expression:
            case int() | float() | str():
                negative = isinstance(expression, int | float) and expression < 0
                return literal(expression), SIGN if negative else ATOM
            case Use():
                return self.names[expression.step], ATOM
            case Load():
                return self._load(expression), ATOM
            case Numbers():
                return f"np.array({literal(_lists(expression.values))}, dtype=np.float64)", ATOM
            case Pick():
                return self.column(expression.table, expression.column), ATOM
            case Choose():
                return self._choose(expression), ATOM
            case Matrix():
                helper = self.helper("stack_columns")
                names = literal(list(expression.columns))
                return f"{helper}({self.table(expression.table)}, {names})", ATOM
            case Keep():
                return self._keep(expression)
            case Length():
                return f"len({self._rows(expression.value)})", ATOM
            case Draw():
                return self._draw(expression), ATOM
            case Apply():
                return self._apply(expression)
            case Statistic():
                return self._statistic(expression), ATOM
            case Transform():
                return self.transform(expression), ATOM

    def _choose(self, choose: Choose) -> str:
        load = self._source(choose.table)
        columns = choose.columns
        if load is not None and load.source not in FILES:
            return self._dict(columns, {c: self.column(choose.table, c) for c in columns})[0]
        names = self.local("names")
        self.lines.append(f"{names} = {literal(list(columns))}")
        return f"{{name: {self.atom(choose.table)}[name] for name in {names}}}"

    def _dict(self, columns: Sequence[str], texts: Mapping[str, str]) -> Text:
        return "{" + ", ".join(f"{literal(c)}: {texts[c]}" for c in columns) + "}", ATOM

    def _draw(self, draw: Draw) -> str:
        size = ", ".join(self.text(part) for part in draw.size)
        size = size if len(draw.size) == 1 else f"({size})"
        low, high = (self.text(argument) for argument in draw.arguments)
        return f"random.{draw.distribution}({low}, {high}, size={size})"

    def _statistic(self, statistic: Statistic) -> str:
        axis = "" if statistic.whole else ", axis=0"
        extra = f", ddof={statistic.correction}" if statistic.function == "std" else ""
        return f"np.{statistic.function}({self.atom(statistic.value)}[train_rows]{axis}{extra})"

    def _apply(self, apply: Apply) -> Text:
        name, keywords = apply.function, dict(apply.keywords)
        if name in BINARY:
            symbol, binds = BINARY[name]
            left, right = apply.operands
            # A power binds its right side first, the others their left.
            sides = (ATOM, POWER) if name == "**" else (binds, binds - 1)
            if binds == COMPARE:
                sides = (OR, OR)
            return f"{self._within(left, sides[0])} {symbol} {self._within(right, sides[1])}", binds
        first = apply.operands[0]
        match name:
            case "neg" | "not":
                symbol = "-" if name == "neg" else "~"
                return f"{symbol}{self._within(first, SIGN)}", SIGN
            case "float":
                return f"{self.atom(first)}.astype(np.float64)", ATOM
            case "pixels":
                return self.pixels(first), ATOM
            case "getitem":
                items = keywords["items"]
                assert isinstance(items, tuple)
                return f"{self.atom(first)}[{', '.join(_item(item) for item in items)}]", ATOM
            case "flatten":
                return f"{self.helper('flatten_rows')}({self.text(first)})", ATOM
            case "softmax" | "log_softmax":
                return f"{self.helper(name)}({self.text(first)}, {keywords['dim']})", ATOM
            case "zeros" | "ones":
                size = ", ".join(self.text(operand) for operand in apply.operands)
                size = size if len(apply.operands) == 1 else f"({size})"
                return f"np.{name}({size})", ATOM
        operands = ", ".join(self.text(operand) for operand in apply.operands)
        if name in {"cat", "stack"}:
            operands = f"[{operands}]"
        if "dim" in keywords:
            operands += f", axis={keywords['dim']}"
        if name == "std":
            operands += f", ddof={keywords['correction']}"
        if name == "arange":
            operands += ", dtype=np.float64"
        return f"{CALLS.get(name, f'np.{name}')}({operands})", ATOM

    # --- tables ------------------------------------------------------------------------------

    def _source(self, table: Expression) -> Load | None:
        """The source that a table is, unchanged and under a name."""
        if isinstance(table, Use):
            value = self.plan.steps[table.step].value
            return value if isinstance(value, Load) else self._source(value)
        return table if isinstance(table, Load) else None

    def column(self, table: Expression, name: str) -> str:
        """A column of a table."""
        load = self._source(table)
        text = self.atom(table)
        if load is None or load.source in FILES:
            return f"{text}[{literal(name)}]"
        if load.extern is None and load.source.startswith("load_"):
            return f"{text}[{literal(STORED_KEYS[name])}]"
        place = [column.name for column in load.columns].index(name)
        return f"{text}[{place}]" if len(load.columns) > 1 else text

    def table(self, table: Expression) -> str:
        """A table as a dict of its columns, perhaps with others."""
        if isinstance(table, Choose):
            return self.table(table.table)
        load = self._source(table)
        if load is None or load.source in FILES:
            return self.atom(table)
        names = [column.name for column in load.columns]
        return self._dict(names, {name: self.column(table, name) for name in names})[0]

    def _rows(self, value: Expression) -> str:
        """Something that has as many rows as a value."""
        load = self._source(value)
        if load is not None:
            return self.column(value, load.columns[-1].name)
        if isinstance(value, Use) and self._is_table(value):
            return f"next(iter({self.text(value)}.values()))"
        return self.text(value)

    def _is_table(self, value: Expression) -> bool:
        match value:
            case Use():
                return self._is_table(self.plan.steps[value.step].value)
            case Keep():
                return self._is_table(value.value)
            case Transform():
                return value.name in {"SimpleImputer", "windows"} and not value.flat
            case _:
                return isinstance(value, Load | Choose)

    def _keep(self, keep: Keep) -> Text:
        if not self._is_table(keep.value):
            return f"{self.atom(keep.value)}[{self.text(keep.mask)}]", ATOM
        mask = self.local("kept")
        self.lines.append(f"{mask} = {self.text(keep.mask)}")
        load = self._source(keep.value)
        if load is not None and load.source != "csv":
            names = [column.name for column in load.columns]
            return self._dict(names, {n: f"{self.column(keep.value, n)}[{mask}]" for n in names})
        chosen = isinstance(keep.value, Choose)
        table = self.atom(keep.value) if chosen else self.table(keep.value)
        return f"{{name: column[{mask}] for name, column in {table}.items()}}", ATOM

    def _load(self, load: Load) -> str:
        raise ValueError("a source is a step of its own")

    # --- images and transforms ---------------------------------------------------------------

    def is_pixels(self, value: Operand) -> bool:
        """Whether a value is images as bytes."""
        match value:
            case Use():
                return self.is_pixels(self.plan.steps[value.step].value)
            case Keep():
                return self.is_pixels(value.value)
            case Transform(name="Resize"):
                return True
            case Pick():
                load = self._source(value.table)
                columns = () if load is None else load.columns
                return any(c.name == value.column and c.dtype == "pixels" for c in columns)
            case _:
                return False

    def _is_files(self, value: Operand) -> bool:
        """Whether a value is images not decoded yet."""
        match value:
            case Use():
                return self._is_files(self.plan.steps[value.step].value)
            case Keep():
                return self._is_files(value.value)
            case Pick():
                load = self._source(value.table)
                return self.is_pixels(value) and load is not None and load.source in DECODED
            case _:
                return False

    def _decoded(self, value: Operand, size: str = "") -> str:
        """Images of files as bytes."""
        channels = next(
            dict(step.value.arguments).get("channels", 3)
            for step in self.plan.steps
            if isinstance(step.value, Load) and step.value.source in DECODED
        )
        return f"{self.helper('decode_images')}({self.text(value)}, {channels}{size})"

    def pixels(self, value: Operand) -> str:
        """Images as numbers, whatever was done to them."""
        if not self.is_pixels(value):
            return self.text(value)
        text = self._decoded(value) if self._is_files(value) else self.text(value)
        return f"{self.helper('scale_pixels')}({text})"

    def transform(self, transform: Transform) -> str:
        """A transform of a value; what it learns stands on lines before."""
        arguments = dict(transform.arguments)
        if transform.extern is not None:
            return self._users(transform, transform.extern)
        match transform.name:
            case "Normalize":
                mean, std = (_numbers(arguments[name]) for name in ("mean", "std"))
                helper = self.helper("normalize")
                return f"{helper}({self.pixels(transform.value)}, {mean}, {std})"
            case "CenterCrop":
                side = arguments["size"]
                size = side if isinstance(side, tuple) else (side, side)
                helper = self.helper("center_crop")
                return f"{helper}({self.pixels(transform.value)}, {literal(size)})"
            case "Pad":
                left, top, right, bottom = borders(arguments["padding"])
                around = f"((0, 0), (0, 0), ({top}, {bottom}), ({left}, {right}))"
                mode = literal(arguments.get("padding_mode", "constant"))
                fill = f", constant_values={literal(arguments.get('fill', 0))}"
                extra = fill if mode == '"constant"' else ""
                return f"np.pad({self.pixels(transform.value)}, {around}, {mode}{extra})"
            case "Grayscale":
                return f"{self.helper('grayscale')}({self.pixels(transform.value)})"
            case "Resize":
                return self._resize(transform)
            case "windows":
                options = f", {_keywords(arguments)}"
                return f"{self.helper('cut_windows')}({self.text(transform.value)}{options})"
            case "SimpleImputer":
                return self._impute(transform)
            case "OneHotEncoder" | "OrdinalEncoder":
                return self._encode(transform)
        raw = self.atom(transform.value)
        made = self.use(transform.target.rsplit(".", 1)[0], transform.name)
        column = ".reshape(-1, 1)" if transform.flat else ""
        ravel = ".ravel()" if transform.flat and transform.name not in WIDENERS else ""
        options = _keywords(arguments)
        if transform.name in UNLEARNED:
            return f"{made}({options}).fit_transform({raw}{column}){ravel}"
        if transform.name == "QuantileTransformer":
            most = arguments.pop("n_quantiles", 1000)
            options = f"n_quantiles=min({most}, len(train_rows)), {_keywords(arguments)}"
        name = self.local("pca" if transform.name == "PCA" else "scaler")
        self.lines.append(f"{name} = {made}({options}).fit({raw}[train_rows]{column})")
        return f"{name}.transform({raw}{column}){ravel}"

    def _users(self, transform: Transform, extern: Extern) -> str:
        arguments = dict(transform.arguments)
        if transform.seeded:
            arguments["random_state"] = self.seed
        raw, name = self.atom(transform.value), self.local("transform")
        made = f"{self.use(extern.module, extern.attribute)}({_keywords(arguments)})"
        self.lines.append(f"{name} = {made}")
        self.lines.append(f"{name}.fit({raw}[train_rows])")
        return f"{name}.transform({raw})"

    def _resize(self, transform: Transform) -> str:
        """Images of files are resized when decoded."""
        size = literal(dict(transform.arguments)["size"])
        if self._is_files(transform.value):
            return self._decoded(transform.value, f", {size}")
        return f"{self.helper('resize_images')}({self.text(transform.value)}, {size})"

    def _impute(self, transform: Transform) -> str:
        raw = self.text(transform.value)
        column = transform.columns[0]
        table = f"{{{literal(column)}: {raw}}}" if transform.flat else self.table(transform.value)
        arguments = _keywords(dict(transform.arguments))
        fit, impute = self.helper("fit_imputers"), self.helper("impute")
        name = self.local("imputers")
        rest = f", {arguments}" if arguments else ""
        self.lines.append(f"{name} = {fit}({table}, train_rows{rest})")
        text = f"{impute}({table}, {name})"
        return f"{text}[{literal(column)}]" if transform.flat else text

    def _encode(self, transform: Transform) -> str:
        encoder = self.use("sklearn.preprocessing", transform.name)
        arguments = dict(transform.arguments)
        lists = ", ".join(literal(list(values)) for values in transform.categories)
        options = [f"categories=[{lists}]"]
        if transform.name == "OneHotEncoder":
            options += ["sparse_output=False", _keywords(arguments)]
        else:
            options.append("dtype=np.int64")
        made = f"{encoder}({', '.join(option for option in options if option)})"
        if transform.flat:
            value = f"{self.atom(transform.value)}.astype(object).reshape(-1, 1)"
        else:
            names = literal(list(transform.columns))
            value = f"{self.helper('stack_categories')}({self.table(transform.value)}, {names})"
        ravel = ".ravel()" if transform.flat and transform.name == "OrdinalEncoder" else ""
        name = self.local("encoder")
        self.lines.append(f"{name} = {made}")
        return f"{name}.fit_transform({value}){ravel}"


def literal(value: object) -> str:
    """A constant of the plan as Python text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, tuple):
        comma = "," if len(value) == 1 else ""
        return "(" + ", ".join(literal(item) for item in value) + f"{comma})"
    text = repr(value)
    # Double quotes where they change nothing, as formatters write them.
    if isinstance(value, str) and text[0] == "'" and '"' not in text:
        return f'"{text[1:-1]}"'
    return text


def _lists(value: object) -> object:
    return [_lists(item) for item in value] if isinstance(value, tuple) else value


def _item(item: object) -> str:
    if not isinstance(item, tuple):
        return repr(item)
    start, stop, step = ("" if end is None else repr(end) for end in item)
    return f"{start}:{stop}" + (f":{step}" if step else "")


def _numbers(value: object) -> str:
    return literal(list(value) if isinstance(value, tuple) else [value])


def _keywords(arguments: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={literal(value)}" for name, value in arguments.items())
