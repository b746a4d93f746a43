"""Models that people train, each in a file, as `netspec new --from` copies them."""
