"""How large a declared case may be. Everything here is checked before anything is built."""

FILE_BYTES = 1 << 20
CASES = 10_000
TEXT = 4_000  # characters of one expression
NODES = 1_000
DEPTH = 40
ELEMENTS = 100_000  # of all arguments of a case together
RANK = 8
WHOLE = 1 << 53  # whole numbers up to here, in expressions and as what they come to
EXPONENT = 64  # of a whole number raised to a whole number
NAME = 64
