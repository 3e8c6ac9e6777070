"""Cases written as data: expressions in TOML or JSON, read by a whitelist, that never become code."""
