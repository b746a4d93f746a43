"""Blocks and models to graphs: evaluation by the compiler, stages applied, a type on every edge."""
