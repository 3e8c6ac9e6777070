"""The kernel tower: is a scalar expression zero wherever it has a value? Its door is ``decide``."""
