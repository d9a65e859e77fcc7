"""Makes the folder `moto`: a Python environment with exactly the packages that are listed."""

import shutil
import subprocess
import venv

venv.create("moto/venv", with_pip=True)
subprocess.run(
    # Nothing of a package is run to install it, and nothing comes with it that is not listed.
    ["moto/venv/bin/python", "-m", "pip", "install", "--only-binary=:all:", "--no-deps",
     "--disable-pip-version-check", "--no-input", "--requirement", "requirements.txt"],
    check=True,
)
for name in ("start.py", "moto-server"):
    shutil.copy(name, "moto")
