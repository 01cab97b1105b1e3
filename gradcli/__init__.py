"""gradcli differentiates gridded data files.

The Python interface has two functions: ``differentiate`` for files and ``gradient`` for arrays.
Each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcli.api import differentiate
    from gradcli.numerics.arrays import gradient

__version__ = "0.1.0"
__all__ = ["__version__", "differentiate", "gradient"]


def __getattr__(name: str) -> Any:
    if name == "differentiate":
        from gradcli.api import differentiate

        return differentiate
    if name == "gradient":
        from gradcli.numerics.arrays import gradient

        return gradient
    raise AttributeError(f"module 'gradcli' has no attribute {name!r}")
