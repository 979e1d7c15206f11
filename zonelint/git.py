"""Git, asked without a shell: where a repository is, what a revision means, what the files of a commit hold.

Nothing goes online, nothing of the repository is started (no filter, no text conversion, no file monitor), and nothing
is written. Paths in a repository are relative to its top, with `/` between; the octets of a name are kept as
`os.fsdecode` gives them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

SECONDS = 60
"""How long one answer of git may take."""

_OF_A_HOOK = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_SHALLOW_FILE", "GIT_NAMESPACE",
})  # fmt: skip
"""What git tells a hook about its own repository and which would lead us astray in another one."""

_NEVER = frozenset({"GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_EXTERNAL_DIFF"})
_ALWAYS = {
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone must not go online behind our back
    "GIT_ALLOW_PROTOCOL": "none",  # nor with a git that does not know the variable above
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


class GitError(Exception):
    """What git could not do; the text is one sentence."""


class NoRepository(GitError):
    """A folder that is in no work tree of git, or in one that git does not trust."""


class UnknownRevision(GitError):
    """A name that stands for no commit of the repository."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as seen from a folder.

    `folder` is where git runs (absolute), `prefix` the same relative to the top of the repository: empty, or with a `/`
    at its end. `bare` says that there is no work tree here, `shallow` that the clone lacks older commits.
    """

    folder: str
    environment: Mapping[str, str]
    prefix: str
    bare: bool
    shallow: bool
    objects: _Objects = field(default_factory=lambda: _Objects(), compare=False, repr=False)

    @property
    def top(self) -> str:
        """The top folder of the work tree, its links resolved; for a bare repository a folder that is not there."""
        real = os.path.realpath(self.folder)
        if self.bare:
            return os.path.join(real, ".tree")
        return os.path.normpath(os.path.join(real, *[os.pardir] * self.prefix.count("/")))

    def run(self, *arguments: str, given: bytes = b"", wrong: str = "") -> bytes:
        """Give what git prints; raises `GitError` with `wrong` and git's own words where it fails."""
        done = _git(self.folder, self.environment, arguments, given)
        if done.returncode:
            raise GitError(_because(wrong or f"git {arguments[0]} failed", done))
        return done.stdout

    def ask(self, *arguments: str) -> bytes | None:
        """Give what git prints; None where it fails because there is no such thing."""
        done = _git(self.folder, self.environment, arguments, b"")
        return None if done.returncode else done.stdout

    def commit(self, revision: str) -> str:
        """Give the full name of the commit that a revision means; raises `UnknownRevision`."""
        found = self.ask("rev-parse", "--verify", "-q", "--end-of-options", f"{revision}^{{commit}}")
        if found is None:
            raise UnknownRevision(f"{revision} is no revision here ({self.folder})")
        return found.decode("ascii").strip()

    def merge_base(self, commit: str, other: str) -> str | None:
        """Give the last commit that two commits have in common; None where none is known here."""
        found = self.ask("merge-base", "--end-of-options", commit, other)
        return None if found is None else found.decode("ascii").split()[0]

    def read(self, commit: str, path: str) -> bytes | None:
        """Give the octets of a file at a commit, symbolic links in the tree followed; None where there is none.

        Raises `GitError` where the commit has the file and this clone has not.
        """
        if "\0" in path:
            return None
        if "\n" in path:
            # the names git reads from standard input end with the line
            return self.ask("cat-file", "blob", f"{commit}:{path}")
        found = self.objects.read(self, f"{commit}:{path}")
        is_clear = found is not None or path not in self.files(commit, path)
        if not is_clear and self.ask("cat-file", "-e", f"{commit}:{path}") is None:
            raise GitError(f"{path} is in the commit, but its content is not in this clone")
        return found

    def renamed(self, commit: str, until: str | None = None) -> dict[str, str]:
        """Give the path at a commit of each file that has another one in the index, or at the commit `until`."""
        names = ("-M", "--diff-filter=R", "--name-status", "-z", "--no-relative")
        if until is None:
            found = self._in_index("diff-index", "--cached", *names, commit, "--")
        else:
            found = self.run("diff-tree", "-r", *names, commit, until, "--")
        fields = _names(found)
        return dict(zip(fields[2::3], fields[1::3], strict=True))

    def _in_index(self, *arguments: str) -> bytes:
        """Run git with the index that a hook was given, if it is one of this repository."""
        index = os.environ.get("GIT_INDEX_FILE")
        if not index:
            return self.run(*arguments)
        own = os.fsdecode(self.run("rev-parse", "--absolute-git-dir").removesuffix(b"\n"))
        if os.path.realpath(os.path.dirname(os.path.abspath(index))) != os.path.realpath(own):
            return self.run(*arguments)
        environment = {**self.environment, "GIT_INDEX_FILE": os.path.abspath(index)}
        return replace(self, environment=environment).run(*arguments)

    def changed(self, commit: str, other: str) -> dict[str, str]:
        """Give the letter (`A`, `M`, `D`, `T`) of each file that differs between two commits; renamed are D and A."""
        found = self.run("diff-tree", "-r", "--no-renames", "--name-status", "-z", commit, other, "--")
        fields = _names(found)
        return dict(zip(fields[1::2], fields[::2], strict=True))

    def grep(self, text: str, commit: str | None = None) -> list[tuple[str, bytes]]:
        """Give path and text of the lines that contain a text, whatever the case.

        They are looked for in the files of the work tree that git knows, or in those of a commit; not in binary files.
        """
        how = ("--no-color", "--no-line-number", "--no-column", "--no-recurse-submodules", "--full-name", "-zIiF")
        folder = self.folder if self.bare else self.top
        done = _git(folder, self.environment, ("grep", *how, "-e", text, *([commit] if commit else []), "--"), b"")
        if done.returncode > 1:
            raise GitError(_because("git grep failed", done))
        found, at, skip = [], 0, len(commit) + 1 if commit else 0
        while (end := done.stdout.find(b"\0", at)) > 0:
            stop = done.stdout.index(b"\n", end)
            found.append((os.fsdecode(done.stdout[at + skip : end]), done.stdout[end + 1 : stop]))
            at = stop + 1
        return found

    def files(self, commit: str, path: str = "") -> list[str]:
        """Give the files of a commit, all or those below a path (a folder or a file), from the top; no submodules."""
        found = self.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *([path] if path else []))
        entries = (entry.partition("\t") for entry in _names(found))
        return [name for about, _, name in entries if about.split(" ")[1] == "blob"]


class _Objects:
    """Reads objects through one process of git, since one for each of many zones would take longer than the zones."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def read(self, repository: Repository, name: str) -> bytes | None:
        """Give the octets of a blob, None for what is none or is missing."""
        process = self._process
        if process is None or self._owner != os.getpid():
            process = self._started(repository)
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(os.fsencode(name) + b"\n")
            process.stdin.flush()
            words = process.stdout.readline().split()
            if not words or not words[-1].isdigit():  # it is missing, or a submodule
                if not words:
                    self._end()
                return None
            # a link that leads out of the tree has its target in place of the octets
            octets = process.stdout.read(int(words[-1]) + 1)[:-1]
        except OSError:
            self._end()
            return None
        return octets if len(words) == 3 and words[1] == b"blob" else None

    def _started(self, repository: Repository) -> subprocess.Popen[bytes]:
        command = _command(repository.folder, ("cat-file", "--batch", "--follow-symlinks"))
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        try:
            process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=nowhere, env=repository.environment
            )
        except OSError as fault:
            raise GitError(_not_run(fault)) from None
        self._process, self._owner = process, os.getpid()
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        # a process of ours that was forked off has no say in this one
        if process is not None and self._owner == os.getpid():
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with suppress(OSError):
                        pipe.close()
            process.wait()

    def __del__(self) -> None:
        self._end()

    def __getstate__(self) -> None:
        """Leave the process behind: another process of ours starts its own."""

    def __setstate__(self, _: None) -> None:
        self._process, self._owner = None, 0


def find(folder: str, *, bare: bool = False) -> Repository:
    """Find the repository whose work tree a folder is in, with `bare` also one without; raises `NoRepository`.

    The variables that git sets for its hooks count only where nothing else leads to a repository, since a folder may
    be in another one than the hook is of.
    """
    clean = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    try:
        repository = _look(folder, clean)
        if bare or not repository.bare:
            return repository
        fault = NoRepository(f"{folder} is not in a git work tree")
    except NoRepository as reason:
        fault = reason
    if "GIT_DIR" in os.environ and (top := _git(".", os.environ, ("rev-parse", "--show-toplevel"), b"").stdout):
        tree = os.path.abspath(os.fsdecode(top.removesuffix(b"\n")))
        led = {**os.environ, "GIT_DIR": os.path.abspath(os.environ["GIT_DIR"]), "GIT_WORK_TREE": tree}
        if not (repository := _look(folder, led)).bare:
            return repository
    raise fault


def here() -> Repository:
    """Give the repository of the working directory, bare or not, as git or one of its hooks would find it.

    In a hook that judges a push, the new objects are still in quarantine; they are seen. Raises `NoRepository`.
    """
    return _look(os.getcwd(), os.environ)


def _look(folder: str, environment: Mapping[str, str]) -> Repository:
    environment = {name: value for name, value in environment.items() if name not in _NEVER} | _ALWAYS
    about = ("rev-parse", "--is-inside-work-tree", "--is-shallow-repository", "--show-prefix")
    done = _git(folder, environment, about, b"")
    if done.returncode:
        if b"dubious ownership" in done.stderr:
            trust = "git config --global --add safe.directory FOLDER"
            raise NoRepository(f"{folder}: git does not trust this repository, it belongs to another user ({trust})")
        reason = "is not in a git work tree"
        raise NoRepository(f"{folder} {reason}" if b"not a git repo" in done.stderr else _because(folder, done))
    inside, shallow, prefix = done.stdout.split(b"\n", 2)
    where = os.fsdecode(prefix.removesuffix(b"\n"))
    return Repository(os.path.abspath(folder), environment, where, inside != b"true", shallow == b"true")


def _git(
    folder: str, environment: Mapping[str, str], arguments: tuple[str, ...], given: bytes
) -> subprocess.CompletedProcess[bytes]:
    command = _command(folder, arguments)
    try:
        return subprocess.run(
            command, input=given, capture_output=True, env=environment, check=False, timeout=SECONDS
        )
    except OSError as fault:
        raise GitError(_not_run(fault)) from None
    except ValueError:
        raise GitError("no file can have a name with a NUL octet") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not answer within {SECONDS} s") from None


def _command(folder: str, arguments: tuple[str, ...]) -> list[str]:
    return ["git", "-C", folder, "-c", "core.fsmonitor=false", *arguments]


def _not_run(fault: OSError) -> str:
    return f"git cannot be run ({(fault.strerror or str(fault)).lower()})"


def _because(what: str, done: subprocess.CompletedProcess[bytes]) -> str:
    reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    return f"{what} ({reason})" if reason else what


def _names(found: bytes) -> list[str]:
    """Split a list of names that end with NUL."""
    return [os.fsdecode(name) for name in found.split(b"\0")[:-1]]
