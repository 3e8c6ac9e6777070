"""``python -m verify`` is the command ``verify``."""

import sys

from verify.command.app import main

sys.exit(main())
