"""The models of the zoo as a person writes them in PyTorch, a file for each spec."""
