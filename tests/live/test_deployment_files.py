"""The deployment files say what the program reads, show and run as they claim: they parse, and name only what there is."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import need
from mocks import FEDERATED_APP, TENANT
from programs import TREE

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed (no registry?)")

CONFIG = TREE / "config"
MANIFESTS = sorted((CONFIG / "kubernetes").glob("*/*.yaml"))
FOLDERS = sorted({path.parent for path in MANIFESTS})
METRICS = set(re.findall(r'^METRIC\(.*?"([a-z_]+)"', (TREE / "proxy/base/metrics.def").read_text(), re.M))
REASONS = set(re.findall(r"^REASON\([A-Z_]+, *([a-z-]+),", (TREE / "proxy/core/reasons.def").read_text(), re.M))


def name_of(path):
    return str(path.relative_to(CONFIG))


def load(path):
    return yaml.safe_load(path.read_text())


def deployments():
    return [(path, load(path)) for path in MANIFESTS if path.name == "deployment.yaml"]


@pytest.mark.parametrize("path", [*MANIFESTS, *sorted((CONFIG / "observability").glob("*.yaml"))], ids=name_of)
def test_it_is_yaml(path):
    assert isinstance(load(path), dict)


@pytest.mark.parametrize("place", FOLDERS, ids=name_of)
def test_a_kustomization_names_what_there_is(place):
    kustomization = load(place / "kustomization.yaml")
    assert set(kustomization["resources"]) == {p.name for p in place.glob("*.yaml")} - {"kustomization.yaml", "bartizan.yaml"}
    maps = {entry["name"] for entry in kustomization["configMapGenerator"]}
    volumes = load(place / "deployment.yaml")["spec"]["template"]["spec"]["volumes"]
    assert {v["configMap"]["name"] for v in volumes if "configMap" in v} == maps
    assert kustomization["generatorOptions"]["disableNameSuffixHash"] is True


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_unit(tmp_path):
    unit = (CONFIG / "systemd/bartizan.service").read_text().replace("/usr/local/bin/bartizan", str(need("bartizan")))
    (tmp_path / "bartizan.service").write_text(unit)
    said = subprocess.run(["systemd-analyze", "verify", tmp_path / "bartizan.service"], capture_output=True, text=True, timeout=60)
    assert (said.returncode, said.stderr) == (0, ""), said


def test_pods_are_hardened():
    for path, deployment in deployments():
        pod = deployment["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False, path
        assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 0, path
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, path
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False and rights["readOnlyRootFilesystem"] is True, path
            assert rights["capabilities"] == {"drop": ["ALL"]}, path
            assert container["resources"]["limits"]["memory"], path


def test_pods_leave_in_order():
    """The grace covers what preStop waits and what the configuration lets running requests take."""
    for path, deployment in deployments():
        pod = deployment["spec"]["template"]["spec"]
        guard = next(c for c in pod["containers"] if c["name"] == "bartizan")
        wait_s = int(guard["lifecycle"]["preStop"]["exec"]["command"][1])
        drain_s = int(load(path.parent / "bartizan.yaml")["drain"].removesuffix("s"))
        kill_s = 5  # a worker that does not end is killed so long after its drain
        assert wait_s + drain_s + kill_s < pod["terminationGracePeriodSeconds"], path
        for other in pod["containers"]:
            if other is not guard:
                assert int(other["lifecycle"]["preStop"]["exec"]["command"][1]) > wait_s + drain_s, path


@pytest.mark.parametrize("place", FOLDERS, ids=name_of)
def test_a_configuration_passes_check(place, server_certificate, tmp_path):
    certificate, key = server_certificate
    text = (place / "bartizan.yaml").read_text()
    mounts = load(place / "deployment.yaml")["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {"/etc/bartizan/config", "/etc/bartizan/tls"} <= {m["mountPath"] for m in mounts}
    text = text.replace("/etc/bartizan/tls/tls.crt", str(certificate)).replace("/etc/bartizan/tls/tls.key", str(key))
    path = tmp_path / "bartizan.yaml"
    path.write_text(text)
    federated = tmp_path / "azure-identity-token"  # what the webhook of workload identity adds
    federated.write_text("token")
    webhook = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": FEDERATED_APP, "AZURE_FEDERATED_TOKEN_FILE": str(federated)}
    done = subprocess.run(
        [need("bartizan"), "check", path], capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **webhook}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_name_figures_and_reasons_that_there_are():
    rules = [rule for group in load(CONFIG / "observability/alerts.yaml")["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        figures = set(re.findall(r"\b((?:bartizan|gen_ai)_[a-z_]+)", rule["expr"]))
        assert figures <= METRICS, (rule["alert"], figures - METRICS)
        words = {w for value in re.findall(r'reason=~?"([^"]+)"', rule["expr"]) for w in value.split("|")}
        assert words <= REASONS, (rule["alert"], words - REASONS)
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"]


def test_each_field_of_the_audit_line_is_told():
    source = "".join((TREE / "proxy/core" / name).read_text() for name in ("journal.c", "findings.c"))
    written = set(re.findall(r'add_(?:text|word|number|costly)\(out, "([a-z_]+)"', source))
    written |= set(re.findall(r'[,{]\\"([a-z_]+)\\":', source))
    rows = [line.split("|")[1] for line in (CONFIG / "observability/README.md").read_text().splitlines() if line.startswith(("| `", "| of each"))]
    told = {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)}
    assert written and written == told, written ^ told


@pytest.mark.skipif(not shutil.which("dpkg"), reason="no Debian")
def test_the_image_holds_the_libraries_that_the_program_needs():
    image = (CONFIG / "container/Dockerfile").read_text().rsplit("FROM", 1)[1]
    dynamic = subprocess.run(["readelf", "-d", need("bartizan")], capture_output=True, text=True, check=True).stdout
    for library in re.findall(r"NEEDED.*\[(.*)\]", dynamic):
        if not re.match(r"lib(asan|ubsan|c|m)\.|ld-", library):  # of the sanitizers' build alone; in every image
            owner = subprocess.run(["dpkg", "-S", "*/" + library], capture_output=True, text=True, check=True).stdout
            assert {line.split(":")[0] for line in owner.splitlines()} & set(image.split()), library


def test_the_image_is_built_from_what_the_tests_are_built_from():
    dockerfile, prepare = (CONFIG / "container/Dockerfile").read_text(), (TREE / "tests/prepare.sh").read_text()
    development = set(re.findall(r"lib[a-z0-9.]+-dev", dockerfile))
    assert development and development == set(re.findall(r"lib[a-z0-9.]+-dev", prepare))
    assert "USER 65532:65532" in dockerfile and "cmake --preset release" in dockerfile
