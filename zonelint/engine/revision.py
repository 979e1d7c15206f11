"""Which git revision is published: the one that was named, else what a hook, a CI job or the branch tells.

The serial of a zone must exceed the one that is published, once. So on a branch the commit it began at counts, not
the commit before: neither a second commit nor an amended one needs another serial.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zonelint.engine.options import CheckOptions
    from zonelint.git import GitError, Repository

AUTO, NONE = "auto", "none"
"""What `--since` takes beside a revision: find it, or do not look for one."""

_SIGNS = ("PRE_COMMIT", "PRE_COMMIT_FROM_REF", "GITHUB_ACTIONS", "GITLAB_CI")
_HOOK = ("GIT_PREFIX", "GIT_INDEX_FILE")  # git sets them, perhaps empty, for what it starts
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit to compare with: its full name, what to call it, and what chose it."""

    commit: str
    name: str
    chosen: str


def is_gate(environ: Mapping[str, str]) -> bool:
    """Tell whether a run is one of pre-commit, of a hook of git, or of a CI job of GitHub or GitLab."""
    return any(environ.get(name) for name in _SIGNS) or any(name in environ for name in _HOOK)


def wanted(options: CheckOptions) -> str | None:
    """Give the revision that zones are compared with, or `auto`; None where they are not, or with files."""
    if options.previous is not None or options.since == NONE:
        return None
    return options.since or (AUTO if is_gate(options.environ) else None)


class Revisions:
    """The revisions that the zones of one run are compared with; each repository is asked once.

    `judged` is a revision that is judged in place of files on disk: then all paths are those in the repository of the
    working directory, from its top.
    """

    def __init__(self, judged: str | None = None) -> None:
        self.judged = judged
        self._folders: dict[str, Repository] = {}
        self._found: dict[tuple[str, str], Revision | GitError] = {}
        self._renamed: dict[tuple[str, str], dict[str, str]] = {}

    def place(self, path: str) -> tuple[Repository, str]:
        """Give the repository that a file or folder is in, and its path in there; raises `NoRepository`."""
        from zonelint import git

        folder, name = ("", path) if self.judged else os.path.split(os.path.abspath(path))
        if folder not in self._folders:
            self._folders[folder] = git.find(folder) if folder else git.here()
        repository = self._folders[folder]
        return repository, name if self.judged else repository.prefix + name

    def renamed(self, repository: Repository, commit: str) -> dict[str, str]:
        """Give the path at a commit of each file that has another one now; raises `GitError`."""
        key = repository.top, commit
        if key not in self._renamed:
            self._renamed[key] = repository.renamed(commit, self.judged)
        return self._renamed[key]

    def of(self, repository: Repository, name: str, environ: Mapping[str, str]) -> Revision:
        """Give the revision that a name or `auto` means; raises `GitError` where there is none, with the cure."""
        from zonelint.git import GitError

        key = repository.top, name
        if key not in self._found:
            try:
                found: Revision | GitError = (
                    choose(repository, environ, self.judged or "HEAD") if name == AUTO else _given(repository, name)
                )
            except GitError as fault:
                found = fault
            self._found[key] = found
        known = self._found[key]
        if isinstance(known, GitError):
            raise known
        return known


def _given(repository: Repository, name: str) -> Revision:
    commit = repository.commit(name)
    return Revision(commit, commit[:_DIGITS] if name == commit else name, "--since")


def choose(repository: Repository, environ: Mapping[str, str], head: str = "HEAD") -> Revision:
    """Find the revision that is published; raises `GitError` where it cannot be known.

    The first that applies: the references pre-commit was given; the base of a pull or merge request; the commit before
    a push; where the branch left its upstream branch, else the default branch of `origin`; the last commit.
    """
    if source := environ.get("PRE_COMMIT_FROM_REF"):
        return _fork(repository, source, environ.get("PRE_COMMIT_TO_REF") or head, "PRE_COMMIT_FROM_REF")
    if environ.get("GITHUB_ACTIONS") or environ.get("GITHUB_EVENT_PATH"):
        return _github(repository, environ, head)
    if environ.get("GITLAB_CI"):
        return _gitlab(repository, environ, head)
    for name, words in (("@{upstream}", "upstream branch"), ("refs/remotes/origin/HEAD", "default branch of origin")):
        known = repository.ask("rev-parse", "--symbolic-full-name", "--verify", "-q", name) if head == "HEAD" else None
        if known and (branch := known.decode("utf-8", "surrogateescape").strip()):
            return _fork(repository, branch, head, words)
    last = _known(repository, "HEAD", "no commit yet")
    if head != "HEAD":
        return _fork(repository, "HEAD", head, "the branch of the repository")
    return Revision(last, "HEAD", "the last commit; no upstream branch")


def _github(repository: Repository, environ: Mapping[str, str], head: str) -> Revision:
    cure = "fetch-depth: 0"
    if base := environ.get("GITHUB_BASE_REF"):
        return _fork(repository, f"refs/remotes/origin/{base}", head, "GITHUB_BASE_REF", cure)
    event = _event(environ.get("GITHUB_EVENT_PATH"))
    queue = event.get("merge_group")
    before = event.get("before") or (queue.get("base_sha") if isinstance(queue, dict) else None)
    if isinstance(before, str) and before.strip("0"):
        return _named(repository, before, "the commit before the push", cure)
    about = event.get("repository")
    default = about.get("default_branch") if isinstance(about, dict) else None
    return _new_branch(repository, default, head, cure)


def _gitlab(repository: Repository, environ: Mapping[str, str], head: str) -> Revision:
    cure = "GIT_DEPTH: 0"
    for name in ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_COMMIT_BEFORE_SHA"):
        if (commit := environ.get(name, "")).strip("0"):
            return _named(repository, commit, name, cure)
    return _new_branch(repository, environ.get("CI_DEFAULT_BRANCH"), head, cure)


def _new_branch(repository: Repository, default: str | None, head: str, cure: str) -> Revision:
    """Give where a branch that was never pushed before left the default one; the last commit would be itself."""
    from zonelint.git import GitError

    if default:
        found = _fork(repository, f"refs/remotes/origin/{default}", head, "default branch", cure)
        if found.commit != repository.commit(head):
            return found
    raise GitError("this job has no commit before (--since REV names one)")


def _event(path: str | None) -> dict[str, Any]:
    """Read what GitHub says of the event that began a job."""
    import json

    from zonelint.git import GitError

    if not path:
        return {}
    try:
        with open(path, "rb") as file:
            event = json.load(file)
    except (OSError, ValueError) as fault:
        raise GitError(f"GITHUB_EVENT_PATH: {path} cannot be read ({fault})") from None
    return event if isinstance(event, dict) else {}


def _named(repository: Repository, commit: str, chosen: str, cure: str) -> Revision:
    known = _known(repository, commit, f"{chosen}: {commit[:_DIGITS]} is not in this clone ({cure})")
    return Revision(known, known[:_DIGITS], chosen)


def _fork(repository: Repository, base: str, head: str, what: str, cure: str = "git fetch --unshallow") -> Revision:
    """Give the last commit that two branches have in common."""
    from zonelint.git import GitError

    shown = base.removeprefix("refs/").removeprefix("remotes/").removeprefix("heads/")
    ends = [_known(repository, end, f"{what}: {name} is not in this clone ({cure})")
            for end, name in ((base, shown), (head, head))]  # fmt: skip
    found = repository.merge_base(*ends)
    if found is None:
        reason = f"in this shallow clone ({cure})" if repository.shallow else "in common"
        raise GitError(f"{what}: {shown} and {head} have no commit {reason}")
    shown = shown[:_DIGITS] if base == ends[0] else shown
    return Revision(found, found[:_DIGITS], f"merge base with {shown}, {what}")


def _known(repository: Repository, revision: str, otherwise: str) -> str:
    from zonelint.git import GitError, UnknownRevision

    try:
        return repository.commit(revision)
    except UnknownRevision:
        raise GitError(otherwise) from None
