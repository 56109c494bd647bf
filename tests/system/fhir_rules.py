"""What FHIR R4 (4.0.1, hl7.org/fhir/R4) demands of the resources that magwatch writes, as a table, checked offline.

Each resource and data type has its elements with cardinality and type; whatever is not in the table is an error, as in
JSON of FHIR unknown properties are. Only what an export may hold is here: a new element needs its line, read from the
specification. `mistakes(bundle)` gives all that is wrong, in words.
"""
import re

# Elements of every resource, and of every element.
RESOURCE = {"resourceType": (1, 1, "code"), "id": (0, 1, "id"), "meta": (0, 1, "Meta")}

# element: (least, most, type); most None: a list without a bound. "value[x]" stands for one of its typed names.
TABLE = {
    "Bundle": RESOURCE | {"type": (1, 1, "code"), "timestamp": (0, 1, "instant"), "entry": (0, None, "Bundle.entry")},
    "Bundle.entry": {"fullUrl": (0, 1, "uri"), "resource": (0, 1, "Resource")},
    "Patient": RESOURCE | {"identifier": (0, None, "Identifier")},
    "CodeSystem": RESOURCE | {
        "url": (0, 1, "uri"), "version": (0, 1, "string"), "name": (0, 1, "string"), "title": (0, 1, "string"),
        "status": (1, 1, "code"), "content": (1, 1, "code"), "concept": (0, None, "CodeSystem.concept")},
    "CodeSystem.concept": {"code": (1, 1, "code"), "display": (0, 1, "string")},
    "Observation": RESOURCE | {
        "status": (1, 1, "code"), "category": (0, None, "CodeableConcept"), "code": (1, 1, "CodeableConcept"),
        "subject": (0, 1, "Reference"), "effectiveDateTime": (0, 1, "dateTime"), "effectivePeriod": (0, 1, "Period"),
        "valueQuantity": (0, 1, "Quantity"), "valueInteger": (0, 1, "integer"),
        "valueCodeableConcept": (0, 1, "CodeableConcept"), "method": (0, 1, "CodeableConcept"),
        "component": (0, None, "Observation.component")},
    "Observation.component": {
        "code": (1, 1, "CodeableConcept"), "valueQuantity": (0, 1, "Quantity"), "valueInteger": (0, 1, "integer")},
    "Meta": {"tag": (0, None, "Coding")},
    "Coding": {"system": (0, 1, "uri"), "code": (0, 1, "code"), "display": (0, 1, "string")},
    "CodeableConcept": {"coding": (0, None, "Coding"), "text": (0, 1, "string")},
    "Identifier": {"system": (0, 1, "uri"), "value": (0, 1, "string")},
    "Reference": {"reference": (0, 1, "string"), "type": (0, 1, "uri")},
    "Period": {"start": (0, 1, "dateTime"), "end": (0, 1, "dateTime")},
    "Quantity": {"value": (0, 1, "decimal"), "unit": (0, 1, "string"), "system": (0, 1, "uri"), "code": (0, 1, "code")},
}

# Primitive types: the regular expressions of hl7.org/fhir/R4/datatypes.html.
DATE = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])"
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
PRIMITIVES = {"code": r"[^\s]+(\s[^\s]+)*", "id": r"[A-Za-z0-9\-\.]{1,64}", "string": r"[ \r\n\t\S]+", "uri": r"\S+",
              "instant": DATE + "T" + TIME, "dateTime": DATE + "T" + TIME}

# Value sets with a required binding.
REQUIRED = {("Bundle", "type"): {"document", "message", "transaction", "transaction-response", "batch", "batch-response",
                                 "history", "searchset", "collection"},
            ("Observation", "status"): {"registered", "preliminary", "final", "amended", "corrected", "cancelled",
                                        "entered-in-error", "unknown"},
            ("CodeSystem", "status"): {"draft", "active", "retired", "unknown"},
            ("CodeSystem", "content"): {"not-present", "example", "fragment", "complete", "supplement"}}

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
STATISTICS = "http://terminology.hl7.org/CodeSystem/observation-statistics"
SYSTEMS = {
    CATEGORY: {"social-history", "vital-signs", "imaging", "laboratory", "procedure", "survey", "exam", "therapy",
               "activity"},
    STATISTICS: {"average", "maximum", "minimum", "count", "total-count", "median", "std-dev", "sum", "variance"},
    "http://terminology.hl7.org/CodeSystem/v3-ActReason": {"HTEST"},
}

# LOINC codes and the units that fit what they name (property and scale); the vital signs profile of R4 fixes its own.
UNITS_OF = {"8867-4": {"/min"}, "8889-8": {"/min"}, "9279-1": {"/min"}, "59408-5": {"%"}, "2708-6": {"%"},
            "8310-5": {"Cel", "[degF]"}, "8480-6": {"mm[Hg]"}, "8462-4": {"mm[Hg]"}, "8478-0": {"mm[Hg]"},
            "9269-2": {"{score}"}, "29463-7": {"kg", "g", "[lb_av]"}, "9187-6": {"mL"},
            "2601-3": {"mmol/L", "meq/L"}, "14682-9": {"umol/L", "mmol/L"}, "2000-8": {"mmol/L"},
            "85354-9": set(), "67775-7": set()}
# UCUM, as written here: the grammar is wider.
UCUM_UNITS = {"/min", "%", "Cel", "mm[Hg]", "{score}", "kg", "mL", "mmol/L", "umol/L", "g/h", "g", "mL/h"}


def check_digit(code):
    """LOINC codes end in a check digit (mod 10, double-add-double)."""
    body, _, digit = code.partition("-")
    total = 0
    for i, c in enumerate(reversed(body)):
        n = int(c) * (2 if i % 2 == 0 else 1)
        total += n // 10 + n % 10
    return digit == str((10 - total % 10) % 10)


class Checker:
    def __init__(self):
        self.found = []
        self.local = {}  # url of a CodeSystem in the bundle: its codes
        self.names = []  # fullUrl of each entry
        self.references = []

    def wrong(self, where, what):
        self.found.append(f"{where}: {what}")

    def primitive(self, where, kind, value):
        if kind == "integer":
            if type(value) is not int or not -2**31 <= value < 2**31:
                self.wrong(where, f"{value!r} is no integer")
        elif kind == "decimal":
            if type(value) not in (int, float):
                self.wrong(where, f"{value!r} is no decimal")
        elif not isinstance(value, str) or not re.fullmatch(PRIMITIVES[kind], value):
            self.wrong(where, f"{value!r} is no {kind}")

    def element(self, where, kind, value):
        if kind == "Resource":
            kind = value.get("resourceType") if isinstance(value, dict) else None
            if kind not in TABLE:
                return self.wrong(where, f"no resource type {kind!r}")
        if kind not in TABLE:
            return self.primitive(where, kind, value)
        if not isinstance(value, dict) or not value:
            return self.wrong(where, "an object with content is needed")
        rules = TABLE[kind]
        for name in value.keys() - rules.keys():
            self.wrong(where, f"{kind} has no element {name!r}")
        for name, (least, most, of) in rules.items():
            if name not in value:
                if least:
                    self.wrong(where, f"{name} is missing")
                continue
            inner = value[name]
            if most is None:
                if not isinstance(inner, list) or not inner:
                    self.wrong(f"{where}.{name}", "a list with content is needed")
                    continue
                for i, one in enumerate(inner):
                    self.element(f"{where}.{name}[{i}]", of, one)
            else:
                self.element(f"{where}.{name}", of, inner)
                if (kind, name) in REQUIRED and inner not in REQUIRED[kind, name]:
                    self.wrong(f"{where}.{name}", f"{inner!r} is not in the value set")
        getattr(self, "check_" + kind.replace(".", "_"), lambda *_: None)(where, value)

    # --- invariants ---

    def check_Coding(self, where, coding):
        system, code = coding.get("system"), coding.get("code")
        if not system or not code:
            return self.wrong(where, "system and code belong together")
        if system == LOINC:
            if code not in UNITS_OF or not check_digit(code):
                self.wrong(where, f"{code} is no LOINC code that we know")
        elif code not in SYSTEMS.get(system, self.local.get(system, set())):
            self.wrong(where, f"{code!r} is not defined by {system}")

    def check_Quantity(self, where, quantity):
        if quantity.get("system") != UCUM or quantity.get("code") not in UCUM_UNITS:  # qty-3, and UCUM as such
            self.wrong(where, f"no UCUM unit: {quantity}")
        if "value" not in quantity:
            self.wrong(where, "no value")

    def check_Period(self, where, period):
        if period.get("start", "") > period.get("end", "9999"):  # per-1; all ours are UTC
            self.wrong(where, "it ends before it begins")

    def check_Reference(self, where, reference):
        self.references.append((where, reference.get("reference")))

    def values(self, element):
        return [name for name in element if name.startswith("value")]

    def fits(self, where, code, quantity):
        for coding in code.get("coding", []):
            if coding.get("system") == LOINC and quantity.get("code") not in UNITS_OF.get(coding.get("code"), set()):
                self.wrong(where, f"{quantity.get('code')} is no unit of {coding.get('code')}")

    def check_Observation_component(self, where, component):
        if len(self.values(component)) != 1:  # ours always have one; more are forbidden
            self.wrong(where, "one value is needed")
        if "valueQuantity" in component:
            self.fits(where, component.get("code", {}), component["valueQuantity"])

    def check_Observation(self, where, observation):
        values = self.values(observation)
        if len(values) > 1 or (not values and "component" not in observation):  # value[x] 0..1, vs-2
            self.wrong(where, f"values: {values}")
        if sum(name.startswith("effective") for name in observation) != 1:  # vs-1
            self.wrong(where, "one effective time is needed")
        if "subject" not in observation or "category" not in observation:  # the vital signs profile: 1..1, 1..*
            self.wrong(where, "subject and category are needed")
        codes = [c.get("code") for c in observation.get("code", {}).get("coding", [])]
        for component in observation.get("component", []):  # obs-7
            inner = [c.get("code") for c in component.get("code", {}).get("coding", [])]
            if values and set(inner) & set(codes):
                self.wrong(where, "a component repeats its observation's code")
        if "valueQuantity" in observation:
            self.fits(where, observation.get("code", {}), observation["valueQuantity"])
        if "59408-5" in codes and "2708-6" not in codes:  # the profile of oxygen saturation
            self.wrong(where, "oxygen saturation needs 2708-6 too")

    def check_Bundle(self, where, bundle):
        names = [entry.get("fullUrl") for entry in bundle.get("entry", [])]
        if None in names or len(set(names)) != len(names):  # bdl-7; ours all have one
            self.wrong(where, "fullUrl must be there and unique")
        for entry in bundle.get("entry", []):
            resource = entry.get("resource", {})
            if resource.get("resourceType") != "CodeSystem" and entry.get("fullUrl") != "urn:uuid:" + resource.get("id", ""):
                self.wrong(where, f"fullUrl {entry.get('fullUrl')} is not of {resource.get('id')}")  # bdl-8
        for url in names:
            if not re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", url or ""):
                self.wrong(where, f"{url} is no urn:uuid")
        for place, reference in self.references:
            if reference not in names:
                self.wrong(place, f"{reference} is not in the bundle")


def mistakes(bundle):
    checker = Checker()
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return ["no Bundle"]
    for entry in bundle.get("entry", []):
        resource = entry.get("resource", {})
        if resource.get("resourceType") == "CodeSystem":
            checker.local[resource.get("url")] = {one.get("code") for one in resource.get("concept", [])}
    checker.element("Bundle", "Bundle", bundle)
    return checker.found
