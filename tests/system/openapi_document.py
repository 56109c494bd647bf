"""docs/openapi.yaml as tests use it: its operations, its schemas, and the examples of its bodies."""
import copy
import datetime
import re

import jsonschema
import yaml

from ward_process import ROOT

DOCUMENT = ROOT / "docs/openapi.yaml"
TOLD_AT = datetime.datetime(2026, 3, 1, 2, 14, 30, tzinfo=datetime.timezone.utc)  # "now" of the examples


class Document:
    def __init__(self):
        self.text = yaml.safe_load(DOCUMENT.read_text())
        self.schemas = self.text["components"]["schemas"]
        # (METHOD, path) -> operation
        self.operations = {(method.upper(), path): item[method] for path, item in self.text["paths"].items()
                           for method in item if method in ("get", "post", "put", "patch", "delete", "head", "options")}

    def resolved(self, node):
        while "$ref" in node:
            found = self.text
            for name in node["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            node = found
        return node

    def operation(self, method, target):
        """The operation that a request is for: whole names before parameters."""
        path = target.split("?")[0]
        fitting = [key for key in self.operations if key[0] == method and
                   re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", key[1].replace(".", r"\.")), path)]
        fitting.sort(key=lambda key: key[1].count("{"))
        assert fitting, (method, target)
        return self.operations[fitting[0]]

    def mistakes(self, schema, value):
        """What does not fit, in words."""
        whole = {"$ref": "#/wanted", "wanted": schema, "components": self.text["components"]}
        found = jsonschema.Draft202012Validator(whole).iter_errors(value)
        return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in found]

    def answer_mistakes(self, operation, status, content_type, body):
        """What of an answer is not as the document says; `body` is text, or what JSON meant."""
        responses = operation["responses"]
        if str(status) not in responses:
            return [f"status {status} is not told"]
        content = self.resolved(responses[str(status)]).get("content", {})
        media = content.get(content_type.split(";")[0]) or content.get("*/*")
        if media is None:
            return [f"{content_type} is not told for {status}, but {list(content)}"]
        return self.mistakes(media["schema"], body)

    def bodies(self, operation):
        """name -> example, with its times moved to the present."""
        content = self.resolved(operation.get("requestBody", {})).get("content", {}).get("application/json", {})
        examples = {"": {"value": content["example"]}} if "example" in content else content.get("examples", {})
        return {name: of_now(one["value"]) for name, one in examples.items()}

    def body_schemas(self, operation):
        """The objects that its body may be: one, or one of each kind."""
        content = self.resolved(operation.get("requestBody", {})).get("content", {}).get("application/json")
        if content is None:
            return []
        schema = self.resolved(content["schema"])
        return [self.resolved(one) for one in schema["oneOf"]] if "oneOf" in schema else [schema]


def of_now(value):
    if isinstance(value, dict):
        return {name: of_now(one) for name, one in value.items()}
    if isinstance(value, list):
        return [of_now(one) for one in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        now = datetime.datetime.now(datetime.timezone.utc)
        moved = now + (datetime.datetime.fromisoformat(value.replace("Z", "+00:00")) - TOLD_AT)
        return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return copy.copy(value)
