"""Sources of a data plan as Python lines, one or a few for each."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.data.vision_sources import NAMES
from netspec.data.vision_sets import PARTS, USUAL_PARTS, downloads
from netspec.export.data_expressions import Printer, literal
from netspec.program.data import Load


def source_lines(printer: Printer, name: str, load: Load) -> Iterator[str]:
    """The lines that bind `name` to a source's table."""
    match load.source:
        case "csv" | "parquet" | "json":
            yield from _csv(printer, name, load)
        case "hub":
            yield from _hub(printer, name, load)
        case "npz":
            file = literal(dict(load.arguments)["file"])
            read, find = printer.helper("read_npz"), printer.helper("find_file")
            own = "own_test" if printer.plan.own_test else "_"
            yield f"columns = {literal({column.name: column.dtype for column in load.columns})}"
            yield f"{name}, {own} = {read}({find}({file}), columns)"
        case "idx":
            yield from _idx(printer, name, load)
        case "images":
            yield from _images(printer, name, load)
        case "chars" | "text":
            read = printer.helper("read_words" if load.source == "text" else "read_chars")
            file = literal(dict(load.arguments)["file"])
            yield f'{name} = {{"tokens": {read}({printer.helper("find_file")}({file}))}}'
        case source if source in NAMES:
            yield from _vision_set(printer, name, load)
        case source:
            if load.extern is not None:
                made = printer.use(load.extern.module, load.extern.attribute)
            else:
                made = printer.use("sklearn.datasets", source)
            options = [f"{key}={literal(value)}" for key, value in load.arguments]
            if load.seeded:
                options = [option for option in options if option != "random_state=None"]
                options.append("random_state=random")
            yield f"{name} = {made}({', '.join(options)})"


def _csv(printer: Printer, name: str, load: Load) -> Iterator[str]:
    read, find = printer.helper(f"read_{load.source}"), printer.helper("find_file")
    arguments = dict(load.arguments)
    file = literal(arguments.pop("file"))
    options = "".join(f", {key}={literal(value)}" for key, value in arguments.items())
    yield f"columns = {literal({column.name: column.dtype for column in load.columns})}"
    yield f"{name} = {read}({find}({file}), columns{options})"


def _idx(printer: Printer, name: str, load: Load) -> Iterator[str]:
    read, find = printer.helper("read_idx"), printer.helper("find_file")
    arguments = dict(load.arguments)
    read_of = {key: f"{read}({find}({literal(file)}))" for key, file in arguments.items() if file}
    channel = "[:, np.newaxis]" if load.columns[0].dtype == "pixels" else ""
    if "test_images" not in read_of:
        images, labels = read_of["images"], read_of["labels"]
    else:
        yield f"test_images = {read_of['test_images']}"
        yield "own_test = len(test_images)"
        images = f"np.concatenate([{read_of['images']}, test_images])"
        labels = f"np.concatenate([{read_of['labels']}, {read_of['test_labels']}])"
    yield f"{name} = {{"
    yield f'    "x": {images}{channel},'
    yield f'    "y": {labels}.astype(np.int64),'
    yield "}"


def _images(printer: Printer, name: str, load: Load) -> Iterator[str]:
    """Images are listed here, and decoded where their numbers are wanted."""
    folder = literal(dict(load.arguments)["folder"])
    listed, find = printer.helper("list_images"), printer.helper("find_file")
    if printer.plan.own_test:
        yield f'files, labels = {listed}({find}({folder}) / "train")'
        yield f'test_files, test_labels = {listed}({find}({folder}) / "test")'
        yield "own_test = len(test_files)"
        yield "files, labels = files + test_files, labels + test_labels"
    else:
        yield f"files, labels = {listed}({find}({folder}))"
    yield f'{name} = {{"x": np.array(files), "y": np.array(labels, dtype=np.int64)}}'


def _vision_set(printer: Printer, name: str, load: Load) -> Iterator[str]:
    """Both parts of a set, read by torchvision."""
    arguments = dict(load.arguments)
    root = literal(arguments.pop("root"))
    find = printer.helper("find_folder" if downloads(load) else "find_file")
    made = printer.use("torchvision.datasets", load.source)
    options = (
        "".join(f", {key}={literal(value)}" for key, value in {**part, **arguments}.items())
        for part in PARTS.get(load.source, USUAL_PARTS)
    )
    read = ", ".join(f"{made}({find}({root}){given})" for given in options)
    own = "own_test" if printer.plan.own_test else "_"
    yield f"{name}, {own} = {printer.helper('read_parts')}({read})"


def _hub(printer: Printer, name: str, load: Load) -> Iterator[str]:
    """The splits of a set, which `datasets` finds in its cache."""
    arguments = dict(load.arguments)
    read = printer.use("datasets", "load_dataset")
    splits = [arguments["train"]] + [arguments["test"]] * (arguments["test"] is not None)
    path, config = literal(arguments["path"]), literal(arguments["name"])
    yield f"splits = [{', '.join(literal(split) for split in splits)}]"
    yield f"parts = [{read}({path}, {config}, split=split) for split in splits]"
    yield "frames = [pl.from_arrow(part.data.table) for part in parts]"
    yield f"columns = {literal({column.name: column.dtype for column in load.columns})}"
    yield f"{name} = {printer.helper('hub_columns')}(frames, columns)"
    if printer.plan.own_test:
        yield "own_test = len(parts[1])"
