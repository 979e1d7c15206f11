"""What is handed to GitHub, GitLab and Docker: each script in it is run as its runner would run it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from fixturing import ROOT
from recipes import PIPELINES, Place, commit, git, recipe, zone

WORKFLOW, PIPELINE = recipe("GitHub", "yaml"), recipe("GitLab", "yaml")
DOCKER = recipe("Docker", "sh")
ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text())
TEMPLATE: Any = yaml.safe_load((ROOT / "templates" / "zonelint.gitlab-ci.yml").read_text())
ZEROS = "0" * 40
GOOD = [zone(1), zone(2, "www.example.org. 3600 IN A 192.0.2.80")]
FORGOTTEN = zone(2, "www.example.org. 3600 IN A 192.0.2.81")

pytestmark = pytest.mark.skipif(shutil.which("git") is None or shutil.which("bash") is None, reason="needs git, bash")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a repository with two versions of a zone, and a Python whose environments hold this checkout."""
    folder = tmp_path / "repository"
    folder.mkdir()
    place = Place(folder)
    # making an environment takes an index of packages; tests/test_precommit.py makes a real one
    place.program(
        "python3",
        f'[ "$1 $2" = "-m venv" ] || exit 9\nmkdir -p "$3/bin"\ncp \'{place.programs}/zonelint\' "$3/bin/zonelint"\n'
        f"printf '#!/bin/sh\\necho pip \"$@\" >>{place.log}\\n' >\"$3/bin/pip\"\nchmod 755 \"$3/bin/pip\"",
    )
    git(folder, "init", "-q", "-b", "main")
    for text in GOOD:
        place.write("zones/example.org.zone", text)
        commit(folder)
    return place


def faults(kind: str, text: str, folder: Path) -> str:
    """Say what the vendors' schema of a kind of file, which a package brings along, finds fault with."""
    path = folder / "file.yml"
    path.write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("github-actions", (ROOT / "action.yml").read_text()),
        ("github-workflows", WORKFLOW),
        ("gitlab-ci", (ROOT / "templates" / "zonelint.gitlab-ci.yml").read_text()),
        ("gitlab-ci", PIPELINE),
    ],
    ids=["action", "workflow", "template", "pipeline"],
)
def test_the_vendors_take_it(kind: str, text: str, tmp_path: Path) -> None:
    assert faults(kind, text, tmp_path) == ""


def test_the_schemas_are_put_to_use(tmp_path: Path) -> None:
    wrong = (ROOT / "action.yml").read_text().replace("using: composite", "using: composit")
    assert "composit" in faults("github-actions", wrong, tmp_path)


# --- GitHub ------------------------------------------------------------------------------------------------


def action(place: Place, event: dict[str, Any] | None = None, base: str = "", **inputs: str) -> tuple[int, str, str]:
    """Run the steps of the action as a runner does: status, log, summary."""
    assert inputs.keys() <= ACTION["inputs"].keys()
    values = {name: inputs.get(name, each["default"]) for name, each in ACTION["inputs"].items()}
    temporary = place.folder.parent / "runner"
    temporary.mkdir(exist_ok=True)
    summary, told = temporary / "summary.md", temporary / "event.json"
    told.write_text(json.dumps(event or {}))
    known = {"inputs": values, "github": {"action_path": str(ROOT), "event": event or {}}}
    runner = {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(told), "GITHUB_BASE_REF": base,
        "GITHUB_STEP_SUMMARY": str(summary), "RUNNER_TEMP": str(temporary),
    }  # fmt: skip
    log = ""
    for step in ACTION["runs"]["steps"]:
        environ = {
            name: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: evaluated(found[1], known), text)
            for name, text in step["env"].items()
        }
        assert step["shell"] == "bash"
        script = temporary / "step.sh"
        script.write_text(step["run"])
        status, said = place.run(f"bash --noprofile --norc -eo pipefail '{script}'", **runner, **environ)
        log += said
        if status:
            break
    return status, log, summary.read_text() if summary.exists() else ""


def evaluated(expression: str, known: dict[str, Any]) -> str:
    """Evaluate names with || between them; what an event does not have is empty."""
    for name in expression.split(" || "):
        first, *rest = name.split(".")
        value = known[first]
        for part in rest:
            value = value[part] if first == "inputs" else value.get(part, {})
        if value:
            assert isinstance(value, str), name
            return value
    return ""


def test_the_action_is_well_formed() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert all(each.keys() == {"description", "default"} for each in ACTION["inputs"].values())
    # an expression inside a script would let a branch name or a path become a command
    assert all("${{" not in step["run"] for step in ACTION["runs"]["steps"])
    table = re.findall(r"^\| (`[a-z`, -]+`) \|.*\| (.*?) ?\|$", PIPELINES.read_text("utf-8"), re.MULTILINE)
    named = {name: default for names, default in table for name in re.findall(r"[a-z-]+", names)}
    assert named.keys() == ACTION["inputs"].keys()
    for name, each in ACTION["inputs"].items():
        assert each["default"] == ("" if named[name] == "the options'" else named[name].strip("`")), name


def test_the_workflow_of_the_document() -> None:
    steps = yaml.safe_load(WORKFLOW)["jobs"]["zones"]["steps"]
    assert steps[0]["with"] == {"fetch-depth": 0}
    assert steps[1]["uses"].startswith("OWNER/zonelint@v")
    assert steps[1]["with"].keys() <= ACTION["inputs"].keys()


def test_github_push(place: Place) -> None:
    paths = yaml.safe_load(WORKFLOW)["jobs"]["zones"]["steps"][1]["with"]["paths"]
    before = git(place.folder, "rev-parse", "HEAD~1")
    status, log, summary = action(place, {"before": before}, paths=paths)
    assert status == 0, log
    assert summary.startswith("## zonelint: 0 errors")
    assert place.called() == [f"pip install --quiet --disable-pip-version-check {ROOT}"]

    place.write("zones/example.org.zone", FORGOTTEN)
    commit(place.folder)
    status, log, summary = action(place, {"before": git(place.folder, "rev-parse", "HEAD~1")}, paths=paths)
    assert status == 1
    assert log.startswith("::error file=zones/example.org.zone,line=1,endLine=1,col=")
    assert "serial-not-raised" in log
    assert "serial-not-raised" in summary

    # a new branch, and a job that nothing began
    git(place.folder, "update-ref", "refs/remotes/origin/main", "HEAD~1")
    new = {"before": ZEROS, "repository": {"default_branch": "main"}}
    assert action(place, new, paths=paths)[0] == 1
    status, log, summary = action(place, {}, paths=paths)
    assert (status, "::error" in log) == (0, False)
    assert "no commit before" in summary


def test_github_pull_request(place: Place) -> None:
    git(place.folder, "checkout", "-q", "-b", "topic")
    place.write("zones/example.org.zone", zone(3, "www.example.org. 3600 IN A 192.0.2.82"))
    commit(place.folder)
    place.write("zones/example.org.zone", zone(3, "www.example.org. 3600 IN A 192.0.2.83"))
    commit(place.folder)
    before = git(place.folder, "rev-parse", "HEAD~1")
    # without the base at hand it is no pass
    status, log, _ = action(place, {"pull_request": {}}, base="main")
    assert status == 2
    assert "fetch-depth: 0" in log
    # one new serial is enough for a branch of several commits
    git(place.folder, "update-ref", "refs/remotes/origin/main", "main")
    assert action(place, {"pull_request": {}}, base="main")[0] == 0
    assert action(place, {"before": before})[0] == 1
    assert action(place, {"merge_group": {"base_sha": before}})[0] == 1
    assert action(place, {"before": before}, since="none")[0] == 0
    assert action(place, since="HEAD~1")[0] == 1


def test_github_options(place: Place) -> None:
    before = {"before": git(place.folder, "rev-parse", "HEAD~1")}
    place.write("zones/odd name; echo $(id).zone", zone(1).replace(" 1209600 ", " 3600 "))
    status, log, _ = action(place, before)
    assert (status, log.count("::warning")) == (0, 1), log
    assert action(place, before, **{"fail-on": "warning"})[0] == 1
    assert action(place, before, paths="zones/odd name; echo $(id).zone\n", **{"fail-on": "warning"})[0] == 1
    assert action(place, before, **{"fail-on": "warning", "args": "--ignore\nsoa\n"})[0] == 0
    status, log, _ = action(place, before, sarif="zonelint.sarif", profile="strict")
    assert status == 1, log
    run = json.loads((place.folder / "zonelint.sarif").read_text())["runs"][0]
    assert run["results"]
    assert action(place, before, profile="no-such")[0] == 2


def test_github_after_a_forced_push(place: Place, tmp_path: Path) -> None:
    # what was there before is in no branch any more; the server still has it
    gone = git(place.folder, "rev-parse", "HEAD")
    git(place.folder, "reset", "-q", "--hard", "HEAD~1")
    place.write("zones/example.org.zone", zone(2, "www.example.org. 3600 IN A 192.0.2.84"))
    commit(place.folder)
    git(tmp_path, "clone", "-q", f"file://{place.folder}", "clone")
    there = Place(tmp_path / "clone")
    for name in ("python3", "zonelint"):
        shutil.copy(place.programs / name, there.programs)
    status, log, _ = action(there, {"before": gone}, paths="zones/")
    assert status == 1
    assert "example.org.zone@" in log
    assert "serial-not-raised" in log
    status, log, _ = action(there, {"before": "1" * 40}, paths="zones/")
    assert status == 2
    assert "fetch-depth: 0" in log


# --- GitLab ------------------------------------------------------------------------------------------------


def job(place: Place, **variables: str) -> tuple[int, str]:
    """Run the script of the job as a runner does, line by line in one shell."""
    environment = place.folder.parent / "environment"
    script = "\n".join(("set -e", *TEMPLATE["zonelint"]["script"])).replace("/tmp/zonelint", str(environment))
    given = {"GITLAB_CI": "true", "ZONELINT_SOURCE": str(ROOT), "ZONELINT_PATHS": "zones/"} | variables
    return place.run(script, **{name: value for name, value in given.items() if value})


def test_the_pipeline_of_the_document() -> None:
    document = yaml.safe_load(PIPELINE)
    assert document["include"][0]["remote"].endswith("/templates/zonelint.gitlab-ci.yml")
    text = "\n".join(TEMPLATE["zonelint"]["script"])
    for name in document["variables"]:
        assert f"${{{name}:" in text
    assert "ZONELINT_ARGS" in PIPELINES.read_text("utf-8")
    # a variable of the job would win over the user's
    assert TEMPLATE["zonelint"]["variables"] == {"GIT_DEPTH": "0"}


def test_gitlab(place: Place) -> None:
    before = git(place.folder, "rev-parse", "HEAD~1")
    status, said = job(place, CI_COMMIT_BEFORE_SHA=before)
    assert status == 0, said
    assert place.called() == [f"pip install --quiet --disable-pip-version-check {ROOT}"]
    reports = TEMPLATE["zonelint"]["artifacts"]["reports"]
    assert json.loads((place.folder / reports["codequality"]).read_text()) == []
    assert ET.fromstring((place.folder / reports["junit"]).read_text()).tag == "testsuites"

    place.write("zones/example.org.zone", FORGOTTEN)
    commit(place.folder)
    status, said = job(place, CI_COMMIT_BEFORE_SHA=git(place.folder, "rev-parse", "HEAD~1"))
    assert status == 1
    assert "error[serial-not-raised]" in said
    (entry,) = json.loads((place.folder / reports["codequality"]).read_text())
    assert (entry["check_name"], entry["location"]["path"]) == ("serial-not-raised", "zones/example.org.zone")
    assert ET.fromstring((place.folder / reports["junit"]).read_text()).findall(".//failure")

    # the base of a merge request comes first; without any revision the serial is not judged
    both = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": before, "CI_COMMIT_BEFORE_SHA": ZEROS}
    assert job(place, **both)[0] == 0
    status, said = job(place, CI_COMMIT_BEFORE_SHA=ZEROS)
    assert status == 0
    assert "not run: serial-not-raised" in said
    assert job(place, ZONELINT_ARGS="--fail-on notice --select names")[0] == 0


def test_gitlab_says_what_it_lacks(place: Place) -> None:
    status, said = job(place, ZONELINT_SOURCE="")
    assert status != 0
    assert "ZONELINT_SOURCE: what pip is to install" in said
    status, said = job(place, CI_COMMIT_BEFORE_SHA="1" * 40)
    assert status != 0
    assert "'origin'" in said


# --- Docker ------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """Give the instructions of the Dockerfile, each on one line."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    whole = re.sub(r" *\\\n *", " ", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in whole.splitlines())]


def test_the_image_runs_zonelint_without_rights() -> None:
    last = instructions()[max(number for number, (name, _) in enumerate(instructions()) if name == "FROM") :]
    said = dict(last)
    assert said["FROM"] == "python:3.12-slim"
    assert json.loads(said["ENTRYPOINT"]) == ["zonelint"]
    assert said["WORKDIR"] == "/zones"
    assert said["USER"] not in ("", "root", "0")
    names = [name for name, _ in last]
    assert names.index("USER") > max(number for number, name in enumerate(names) if name in ("RUN", "COPY"))
    assert f"useradd --create-home {said['USER']}" in said["RUN"]


def test_what_is_copied_into_the_image_is_enough(tmp_path: Path) -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    admitted = [line[1:] for line in lines if line.startswith("!")]
    assert lines[0] == "*"
    for name, rest in instructions():
        if name != "COPY" or rest.startswith("--from"):
            continue
        *sources, target = rest.split()
        for source in sources:
            assert any(fnmatch(source, pattern) for pattern in admitted), source
            inside = tmp_path / target.lstrip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, inside, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                inside.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, inside)
    assert any(name == "RUN" and rest.endswith("pip install --no-cache-dir /src") for name, rest in instructions())
    command = "-m pip --disable-pip-version-check wheel -q --no-deps --no-build-isolation -w wheels ./src"
    subprocess.run([sys.executable, *command.split()], cwd=tmp_path, check=True, env=os.environ, timeout=120)
    (built,) = (tmp_path / "wheels").iterdir()
    names = zipfile.ZipFile(built).namelist()
    assert "zonelint/__main__.py" in names
    assert any(name.startswith("zonelint/_rules/signatures/") for name in names)


def test_the_commands_of_the_document(place: Place) -> None:
    # after the name of the image comes what its entrypoint is given
    note = f"echo docker \"$*\" >>'{place.log}'"
    place.program("docker", f'{note}\n[ "$1" = run ] || exit 0\nshift 5\nexec zonelint "$@"')
    build, run = DOCKER.splitlines()
    assert place.run(build)[0] == 0
    assert place.run(run)[0] == 0
    assert place.called() == [
        "docker build -t zonelint .",
        f"docker run --rm -v {place.folder}:/zones:ro zonelint check --quiet zones/",
    ]
    place.write("zones/example.org.zone", zone(1, "www.example.org. 3600 IN A 192.0.2.280"))
    assert place.run(run)[0] == 1
