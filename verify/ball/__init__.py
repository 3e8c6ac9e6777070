"""The ball reading: recorded programs in Arb's ball arithmetic, with rigorous enclosures of values and derivatives."""
