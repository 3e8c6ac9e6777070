"""The ladder from a question to a result: what is looked for, what was found, and the strongest verdict it carries."""
