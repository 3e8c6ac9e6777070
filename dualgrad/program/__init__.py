"""What a traced program is: extents, the language of meanings, and flat lists of equations."""
