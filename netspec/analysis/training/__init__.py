"""A `train` block to a `TrainPlan`: settings, things of the catalogue, the loss, when to stop."""
