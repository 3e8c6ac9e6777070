"""Tensors, the graph that running them leaves behind, and the gradients read off it."""
