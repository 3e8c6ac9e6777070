"""Lemmas about the rules of single ops, and the check that a recorded backward pass is made of instances of them."""
