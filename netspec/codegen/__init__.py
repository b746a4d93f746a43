"""Program -> Python source -> `nn.Module`: what is emitted is what runs."""

from netspec.codegen.emit import (
    Fragment,
    build_loss,
    build_model,
    build_models,
    build_sheet,
    emit_loss,
    emit_model,
    emit_models,
    import_lines,
    loss_fragment,
    model_fragment,
    models_fragment,
    sheet_fragment,
)
from netspec.codegen.user_names import import_names, user_import_lines

__all__ = [
    "Fragment",
    "build_loss",
    "build_model",
    "build_models",
    "build_sheet",
    "emit_loss",
    "emit_model",
    "emit_models",
    "import_lines",
    "import_names",
    "loss_fragment",
    "model_fragment",
    "models_fragment",
    "sheet_fragment",
    "user_import_lines",
]
