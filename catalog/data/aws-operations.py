#!/usr/bin/env python3
"""Writes aws-operations.jsonl: the operations of AWS that take something away, from the service models of botocore.

    pip install botocore && python3 catalog/data/aws-operations.py > catalog/data/aws-operations.jsonl
"""

import json
import re

import botocore.session

TAKES_AWAY = re.compile(
    r"^(Delete|Remove|Deregister|Terminate|Purge|BatchDelete|BatchRemove|Destroy|Release|Forget|Deprovision|Dispose|Erase)[A-Z]"
    r"|^Schedule\w*Deletion$|^AdminDelete|^BulkDelete"
)
LOOKS = ("Describe", "Head", "Get", "List", "BatchGet")
# What decides whether something is left.
GUARDS = re.compile(
    r"^(skip|force|final|retain|bypass|cascade|recovery_?window|terminate_?env_?by_?force|allow_?force|enforce_?consumer"
    r"|delete_?associated|delete_?automated|pending_?window)",
    re.I,
)
# These print what is secret, or write a file.
SECRET = re.compile(r"SecretValue|Password|Credential|AccessKeyInfo|Token|Download|Payload")


def forms(noun):
    """The noun as it is said of one and of many."""
    bare = noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
    yield noun
    yield bare
    yield bare + "s"
    yield bare + "es"
    yield noun + "es"
    if bare.endswith("y"):
        yield bare[:-1] + "ies"
    if noun.endswith("ies"):
        yield noun[:-3] + "y"


def plain(name):
    """A parameter's name without the differences between services and between one and many."""
    name = name.lower()
    name = re.sub(r"(identifier|id|name|arn|url|key)s$", r"\1", name)
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def is_simple(shape):
    """Whether the command line takes it as a word, or as several."""
    scalar = ("string", "integer", "long")
    return shape.type_name in scalar or (shape.type_name == "list" and shape.member.type_name in scalar)


def fits(theirs, shape, ours):
    """Which of our parameters gives what their parameter wants."""
    for name, own in ours.items():
        if own.name == shape.name if not is_simple(own) else is_simple(shape):
            if name == theirs or plain(name) == plain(theirs) or plain(theirs) in (plain(name) + "prefix",):
                return name
    return None


def preview(model, companions, given, needed_of_us):
    """The companion that is told the most of what is known, with where each of its parameters comes from."""
    best = None
    for name in companions:
        operation = model.operation_model(name)
        shape = operation.input_shape
        members = shape.members if shape else {}
        if SECRET.search(name) or operation.has_streaming_output:
            continue
        pairs = {m: fits(m, members[m], given) for m in members}
        pairs = {m: ours for m, ours in pairs.items() if ours}
        if any(pairs.get(m) not in needed_of_us for m in (shape.required_members if shape else [])):
            continue
        told = len({ours for ours in pairs.values() if ours in needed_of_us})
        rank = (told, -LOOKS.index(next(look for look in LOOKS if name.startswith(look))))
        if best is None or rank > best[0]:
            best = (rank, {"op": name, "params": pairs})
    return best[1] if best else None


def main():
    session = botocore.session.get_session()
    for service in sorted(session.get_available_services()):
        model = session.get_service_model(service)
        known = set(model.operation_names)
        for name in sorted(known):
            if not TAKES_AWAY.match(name):
                continue
            noun = re.sub(r"^((Batch|Admin|Bulk)?[A-Z][a-z]+)(?=[A-Z])", "", name)
            if name.startswith("Schedule"):
                noun = noun.removesuffix("Deletion")
            companions = [look + form for look in LOOKS for form in forms(noun) if look + form in known]
            companions = list(dict.fromkeys(companions))
            shape = model.operation_model(name).input_shape
            members = shape.members if shape else {}
            required = list(shape.required_members) if shape else []
            simple = [m for m in required if is_simple(members[m])]
            # A name that the model does not call required, because one of several is enough.
            own = [m for m in members if not simple and plain(m) in (plain(noun), plain(noun + "Name"), plain(noun + "Id"), plain(noun + "Arn"))]
            row = {
                "service": service,
                "op": name,
                "dry_run": "DryRun" in members,
                "companions": companions,
                "guard_params": [m for m in members if m not in required and GUARDS.match(m)],
                "required": required or own,
                "preview": preview(model, companions, dict(members), required or own),
            }
            print(json.dumps(row))


main()
