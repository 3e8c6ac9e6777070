"""What is asked: the function, the candidate, the arguments, and both recorded."""
