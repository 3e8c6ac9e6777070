"""Looking at points in balls: which points, what is true there, what was returned, and how far apart they are."""
