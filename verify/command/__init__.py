"""The command ``verify``: one small module for each of its commands."""
