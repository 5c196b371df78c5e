"""A CloudFormation template, resolved for given parameters. What is only known once it is deployed stays a name in braces."""

import re

import yaml

NOTHING = object()
PSEUDO = {"AWS::Partition": "{partition}", "AWS::AccountId": "{account}", "AWS::Region": "{region}", "AWS::NoValue": NOTHING}


class Loader(yaml.SafeLoader):
    pass


def function(loader, suffix, node):
    kinds = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: lambda node: loader.construct_sequence(node, deep=True)}
    value = kinds[type(node)](node)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    return {"Fn::" + suffix: value.split(".", 1) if suffix == "GetAtt" else value}


Loader.add_multi_constructor("!", function)


def load(text):
    return yaml.load(text, Loader)


class Resolved:
    def __init__(self, template, parameters):
        self.template, self.parameters = template, parameters

    def resources(self):
        """The resources that are made: by logical id, what stands there, resolved."""
        made = {name: body for name, body in self.template["Resources"].items() if self.is_on(body)}
        return {name: {key: self.value(part) for key, part in body.items() if key != "Condition"} for name, body in made.items()}

    def outputs(self):
        given = {name: body for name, body in self.template["Outputs"].items() if self.is_on(body)}
        return {name: {key: self.value(part) for key, part in body.items() if key != "Condition"} for name, body in given.items()}

    def is_on(self, body):
        return "Condition" not in body or self.condition({"Condition": body["Condition"]})

    def condition(self, value):
        [(name, argument)] = value.items()
        if name == "Condition":
            return self.condition(self.template["Conditions"][argument])
        if name == "Fn::Not":
            return not self.condition(*argument)
        if name == "Fn::Equals":
            one, other = map(self.value, argument)
            return one == other
        raise ValueError(f"a condition that is not known here: {name}")

    def value(self, value):
        if isinstance(value, list):
            return [item for item in map(self.value, value) if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref":
                return self.reference(argument)
            if name.startswith("Fn::"):
                return self.function(name, argument)
        resolved = {key: self.value(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NOTHING}

    def function(self, name, argument):
        if name == "Fn::GetAtt":
            return self.reference(".".join(argument))
        if name == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(self.reference(found.group(1))), argument)
        if name == "Fn::If":
            condition, yes, no = argument
            return self.value(yes if self.condition({"Condition": condition}) else no)
        raise ValueError(f"a function that is not known here: {name}")

    def reference(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        if name.split(".")[0] in self.template["Resources"]:
            return "{" + name + "}"
        raise ValueError(f"nothing is called {name}")
