"""The component package as the engine starts it from this folder: see PulumiPlugin.yaml."""

import os
import sys
from pathlib import Path

from zdx_component.package import serve

# The language host puts the environment of this package first on PATH. The consumer's Python, in
# which keys are managed, is looked for on the rest.
first, _, rest = os.environ["PATH"].partition(os.pathsep)
if Path(first) == Path(sys.executable).parent:
    os.environ["PATH"] = rest

serve()
