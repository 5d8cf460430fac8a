"""Planted bugs: each one is put into a copy of the tree, where the tests it names must fail (`make mutants`)."""
