"""The catalogue itself: every layer, loss, optimizer, source and transform, in `.net` files."""
