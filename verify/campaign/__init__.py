"""Does the checker of certificates refuse what is wrong? Valid certificates, changed at random, by the thousand."""
