"""A Terraform module, evaluated for given variables, as far as the one in packaging/aws needs it: whatever it does not know, it refuses.

What is only known once it is applied stays a name in braces."""

import re

import hcl2

TOKEN = re.compile(r'\s*(?:("(?:[^"\\$]|\\.|\$(?!\{)|\$\{[^}]*\})*")|(\d+)|([A-Za-z_][\w-]*)|(==|[.\[\](),?:]))')
DATA = {
    "aws_partition.current.partition": "{partition}",
    "aws_caller_identity.current.account_id": "{account}",
    "aws_region.current.id": "{region}",
}
META = ("__is_block__", "__comments__", "__inline_comments__")


def load(texts):
    """Everything that these files declare: by kind, by its labels joined with dots."""
    declared = {}
    for text in texts:
        for kind, blocks in hcl2.loads(text).items():
            if kind in META:
                continue
            for block in blocks:
                labels = []
                while len(block) == 1 and next(iter(block)).startswith('"'):
                    [(label, block)] = block.items()
                    labels.append(label.strip('"'))
                name, kinds = ".".join(labels), declared.setdefault(kind, {})
                if name in kinds:
                    raise ValueError(f"{kind} {name} is there twice")
                kinds[name] = {key: value for key, value in block.items() if key not in META}
    return declared


class Evaluated:
    def __init__(self, declared, variables, names):
        """`names` are of resources: what to call `TYPE.NAME.ATTRIBUTE`."""
        self.declared, self.variables, self.names = declared, variables, names

    def resources(self):
        """The resources that are made: by address, their arguments; a block is a list of them."""
        made = {name: body for name, body in self.declared["resource"].items() if self.count(body) != 0}
        return {name: self.block(body, skip=("count",)) for name, body in made.items()}

    def output(self, name):
        return self.evaluate(self.declared["output"][name]["value"])

    def count(self, body):
        return self.evaluate(body["count"]) if "count" in body else None

    def block(self, body, skip=(), scope=None):
        scope, evaluated = scope or {}, {}
        for key, value in body.items():
            if key in META or key in skip:
                continue
            if key == "depends_on":
                evaluated[key] = [re.fullmatch(r"\$\{(.*)\}", address).group(1) for address in value]
            elif key == "dynamic":
                for dynamic in value:
                    [(label, made)] = [(label, made) for label, made in dynamic.items() if label not in META]
                    label = label.strip('"')
                    [content] = made["content"]
                    if set(made) - set(META) != {"for_each", "content"}:
                        raise ValueError(f"a dynamic block with {sorted(made)}")
                    for item in self.evaluate(made["for_each"], scope):
                        inner = {**scope, f"{label}.value": item}
                        evaluated.setdefault(label, []).append(self.block(content, scope=inner))
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                evaluated.setdefault(key, []).extend(self.block(inner, scope=scope) for inner in value)
            else:
                evaluated[key] = self.evaluate(value, scope)
        return evaluated

    def evaluate(self, value, scope=None):
        scope = scope or {}
        if isinstance(value, list):
            return [self.evaluate(item, scope) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith('"'):
            return self.text(value, scope)
        found = re.fullmatch(r"\$\{(.*)\}", value, re.DOTALL)
        source = found.group(1) if found else value
        tokens, at = [], 0
        while source[at:].strip():
            token = TOKEN.match(source, at)
            if not token:
                raise ValueError(f"an expression that is not known here: {source}")
            tokens.append(token.group(token.lastindex))
            at = token.end()
        result = self.ternary(tokens, scope)
        if tokens:
            raise ValueError(f"an expression that is not known here: {source}")
        return result()

    def text(self, literal, scope):
        fill = lambda found: str(self.evaluate("${" + found.group(1) + "}", scope))
        return re.sub(r"\$\{([^}]*)\}", fill, literal[1:-1].replace('\\"', '"'))

    # Each takes its tokens and returns what evaluates them, so that only the branch that counts is.

    def ternary(self, tokens, scope):
        one = self.operand(tokens, scope)
        if tokens[:1] == ["=="]:
            tokens.pop(0)
            left, right = one, self.operand(tokens, scope)
            one = lambda: left() == right()
        if tokens[:1] != ["?"]:
            return one
        tokens.pop(0)
        yes = self.ternary(tokens, scope)
        if tokens.pop(0) != ":":
            raise ValueError("a condition without an else")
        no = self.ternary(tokens, scope)
        return lambda: yes() if one() else no()

    def operand(self, tokens, scope):
        token = tokens.pop(0)
        if token.startswith('"'):
            return lambda: self.text(token, scope)
        if token.isdigit():
            return lambda: int(token)
        if token in ("true", "false", "null"):
            return lambda: {"true": True, "false": False, "null": None}[token]
        if token == "[":
            items = []
            while tokens[0] != "]":
                items.append(self.ternary(tokens, scope))
                if tokens[0] == ",":
                    tokens.pop(0)
            tokens.pop(0)
            return lambda: [item() for item in items]
        path, index = [token], None
        while tokens[:1] == ["."] or tokens[:1] == ["["]:
            if tokens.pop(0) == ".":
                path.append(tokens.pop(0))
            else:
                index = int(tokens.pop(0))
                tokens.pop(0)
        return lambda: self.reference(path, index, scope)

    def reference(self, path, index, scope):
        name = ".".join(path)
        if name in scope:
            return scope[name]
        if path[0] == "var":
            return self.variables[path[1]]
        if path[0] == "local":
            [locals_] = [self.declared["locals"][""]]
            return self.evaluate(locals_[path[1]])
        if path[0] == "data":
            name = ".".join(path[1:])
            if name in DATA and ".".join(path[1:3]) in self.declared["data"]:
                return DATA[name]
            if path[1] == "aws_iam_policy_document" and path[3] == "json":
                body = self.declared["data"][".".join(path[1:3])]
                self.check_index(name, body, index)
                return self.policy(self.block(body, skip=("count",)))
            raise ValueError(f"nothing is called data.{name}")
        self.check_index(name, self.declared["resource"][".".join(path[:2])], index)
        return self.names[name]

    def check_index(self, name, body, index):
        if (None if index is None else index + 1) != self.count(body):
            raise ValueError(f"{name} is asked for as number {index}, and there are {self.count(body)}")

    def policy(self, document):
        """What the data source aws_iam_policy_document renders."""
        statements = document.pop("statement")
        if document:
            raise ValueError(f"a policy document with {sorted(document)}")
        rendered = []
        for statement in statements:
            made = {"Sid": statement.pop("sid"), "Effect": statement.pop("effect")}
            made["Action"], made["Resource"] = statement.pop("actions"), statement.pop("resources")
            for principal in statement.pop("principals", []):
                kind, names = principal["type"], principal["identifiers"]
                if "Principal" in made or len(names) != 1 or set(principal) != {"type", "identifiers"}:
                    raise ValueError("more principals than one")
                made["Principal"] = "*" if (kind, names) == ("*", ["*"]) else {kind: names[0]}
            for condition in statement.pop("condition", []):
                test, variable = condition.pop("test"), condition.pop("variable")
                pairs = made.setdefault("Condition", {}).setdefault(test, {})
                if variable in pairs:
                    raise ValueError(f"{variable} is there twice")
                pairs[variable] = condition.pop("values")
                if condition:
                    raise ValueError(f"a condition with {sorted(condition)}")
            if statement:
                raise ValueError(f"a statement with {sorted(statement)}")
            rendered.append(made)
        return {"Version": "2012-10-17", "Statement": rendered}
