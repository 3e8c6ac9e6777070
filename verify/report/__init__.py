"""How a result is told: as a paragraph, as a page, as lines of a terminal, as a record."""
