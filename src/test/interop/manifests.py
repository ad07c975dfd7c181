"""Checks Kubernetes manifests as the API server of a cluster would, and prints a line for each problem.

    manifests.py [--crd FILE]... MANIFEST...

Kinds of Kubernetes itself are checked by its published schemas, others by the given definitions (CRDs). A field that is not in
a schema is a problem: an API server drops it without a word. Rules in CEL are not evaluated; a definition that has some is
refused.
"""

import argparse
from pathlib import Path

import kubernetes_validate
import yaml
from jsonschema import Draft4Validator

KUBERNETES = "1.37"


def strict(schema):
    """The schema with no room for fields that it does not name."""
    if not isinstance(schema, dict):
        return schema
    if "x-kubernetes-validations" in schema:
        raise SystemExit("the definition has rules in CEL, which nobody evaluates here")
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {key: value for key, value in schema.items() if key not in ("properties", "items", "nullable")}
    if "properties" in schema:
        made["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
    if "items" in schema:
        made["items"] = strict(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        made["additionalProperties"] = strict(schema["additionalProperties"])
    elif schema.get("type") == "object" and not schema.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        made["type"] = [schema["type"], "null"]
    return made


def definitions(files):
    """The schema of each version of each kind, by apiVersion and kind."""
    found = {}
    for file in files:
        for crd in yaml.safe_load_all(Path(file).read_text()):
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                # The API server's own, as for every kind.
                schema["properties"].update({"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}})
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def builtin(resource):
    """The problems of a kind of Kubernetes itself."""
    try:
        kubernetes_validate.validate(resource, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(str(step) for step in error.path) or '.'}: {error.message}"


def pods(value, name=""):
    """The pod templates within a resource of an operator."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "podTemplateSpec" or key == "template" and name in ("driver", "executor"):
                yield inner
            else:
                yield from pods(inner, key)


def problems(resource, known):
    """What is wrong with a resource."""
    try:
        yield from builtin(resource)
        return
    except kubernetes_validate.SchemaNotFoundError:
        pass
    yield from builtin({"apiVersion": "v1", "kind": "ConfigMap", "metadata": resource.get("metadata")})
    for template in pods(resource):
        yield from builtin({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "pod"}, "template": template})
    kind = resource.get("apiVersion"), resource.get("kind")
    if kind not in known:
        yield f"not checked: no definition of {kind[1]} {kind[0]}"
        return
    for error in Draft4Validator(known[kind]).iter_errors(resource):
        yield f"{'.'.join(str(step) for step in error.absolute_path) or '.'}: {error.message}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--crd", action="append", default=[])
    parser.add_argument("manifests", nargs="+")
    arguments = parser.parse_args()
    known = definitions(arguments.crd)
    for manifest in arguments.manifests:
        for resource in yaml.safe_load_all(Path(manifest).read_text()):
            for problem in problems(resource, known):
                print(f"{manifest}: {problem}")


if __name__ == "__main__":
    main()
