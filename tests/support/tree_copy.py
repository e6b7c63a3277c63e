"""A copy of the tree, to be edited and built apart from it."""

import os
import pathlib
import shutil
import subprocess

from support.processes import ROOT


def copy_tree(to: pathlib.Path) -> None:
    """What git knows or would add, so no build of ours. What was at `to` is gone, but for its build/."""
    for old in to.iterdir() if to.is_dir() else ():
        if old.name != "build":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], stdout=subprocess.PIPE, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def cache_words() -> list:
    """For cmake's configuration: with ccache, if it is there."""
    return ["-D", "CMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []


def cache_environment(tree: pathlib.Path) -> dict:
    """For the build. The copy lies elsewhere than the tree: relative paths let it share the compiler's cache."""
    return {**os.environ, "CCACHE_BASEDIR": str(tree), "CCACHE_NOHASHDIR": "1"}
