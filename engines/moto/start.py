"""Runs moto's server, and tells its version, which it does not by itself."""

import logging
import sys
from importlib.metadata import version

from moto.server import main

if sys.argv[1:] == ["--version"]:
    print("moto", version("moto"))
    sys.exit()

# Otherwise each request is printed with its URL, which may hold a signature.
logging.getLogger("werkzeug").setLevel(logging.WARNING)
main()
