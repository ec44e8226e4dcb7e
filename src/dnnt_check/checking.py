"""The path of a check: read both files, compare the digest, prove the upper part, prove the lower part."""

from __future__ import annotations

from dnnt_check.budget import Invalid, Work
from dnnt_check.certificate import Certificate, FixedValue, Lower, read_certificate
from dnnt_check.enumeration import check_enumeration
from dnnt_check.evaluation import check_fixed, total_loss
from dnnt_check.instance import Instance, read_instance
from dnnt_check.network import Fixed, Graph, Network, from_graph, from_layers
from dnnt_check.numbers import brief
from dnnt_check.reachable import check_reachable
from dnnt_check.reading import unpack
from dnnt_check.spaces import Space
from dnnt_check.verdict import Verdict, proved


def check_files(instance_bytes: bytes, certificate_bytes: bytes, work: Work) -> Verdict:
    """Check everything that the certificate claims.

    Raises:
        Invalid: something is not as it should be; the text says what.
    """
    data, digest = unpack(instance_bytes, "instance", work)
    certificate_data, _ = unpack(certificate_bytes, "certificate", work)
    certificate = read_certificate(certificate_data, work)
    del certificate_data
    if certificate.sha256 != digest:
        raise Invalid("certificate: sha256: the certificate belongs to another instance file")
    instance = read_instance(data, work)
    del data
    fixed = _fixed_spaces(instance, certificate.fixed, work)
    upper, lower = certificate.upper, certificate.lower
    if upper is not None:
        loss = total_loss(instance, upper.runs, work)
        if loss != upper.loss:
            raise Invalid(f"certificate: upper.loss: {brief(upper.loss)} is claimed, the parameters have {brief(loss)}")
        check_fixed(certificate.fixed, upper.runs, work)
    if lower is not None:
        _check_lower(instance, lower, fixed, work)
    return _verdict(certificate)


def _verdict(certificate: Certificate) -> Verdict:
    upper, lower = certificate.upper, certificate.lower
    return proved(
        None if upper is None else upper.loss,
        None if lower is None else lower.bound,
        lower is not None and lower.strict,
        lower is not None and lower.bound is None,
        len(certificate.fixed),
    )


def _fixed_spaces(instance: Instance, fixed: tuple[FixedValue, ...], work: Work) -> dict[int, dict[int, Space]]:
    """The spaces of one element that fixed values leave, by edge and slot."""
    result: dict[int, dict[int, Space]] = {}
    structure = instance.structure
    count = instance.edge_count
    for i, item in enumerate(fixed):
        place = f"certificate: fixed[{i}]"
        if item.edge >= count:
            raise Invalid(f"{place}: there is no such edge")
        if isinstance(structure, Graph):
            edge = structure.edges[item.edge]
            weights, bias = len(edge.weights), edge.bias
            space = edge.weights[item.slot] if item.slot < weights else bias
        else:
            weights, space = structure.slot(item.edge, item.slot)
        if item.slot > weights:
            raise Invalid(f"{place}: there is no such slot")
        if item.value not in space:
            raise Invalid(f"{place}: the value lies outside its space")
        result.setdefault(item.edge, {})[item.slot] = Space(1, item.value)
        work.spend(3e-6)
    return result


def _check_lower(instance: Instance, lower: Lower, fixed: Fixed, work: Work) -> None:
    """Prove a lower part or raise."""
    kind = lower.grounds.kind
    if kind == "empty":
        if not instance.has_empty_space:
            raise Invalid("lower: no space is empty")
        return
    bound, strict = lower.bound, lower.strict
    assert bound is not None
    if kind == "nonnegative":
        if bound > 0 or (strict and bound == 0):
            raise Invalid("lower: that no loss is negative does not prove the bound")
        return
    real = _real_slots(instance, fixed)
    if real:
        raise Invalid(f"lower: {kind} does not apply: {real} may take any real value")
    if instance.has_empty_space:
        return  # There are no parameters, so none has a loss that is too small.
    if kind == "enumeration" and not instance.points:
        # Without samples every choice has the total loss 0.
        if bound > 0 or (strict and bound == 0):
            raise Invalid("lower: there are parameters with the loss 0")
        return
    network = _network(instance, fixed, work)
    if kind == "enumeration":
        check_enumeration(instance, network, bound, strict, work)
    else:
        check_reachable(instance, network, lower.grounds, bound, strict, work)


def _network(instance: Instance, fixed: Fixed, work: Work) -> Network:
    if isinstance(instance.structure, Graph):
        return from_graph(instance.structure, fixed, work)
    return from_layers(instance.structure, fixed, work)


def _real_slots(instance: Instance, fixed: Fixed) -> str:
    """The name of a slot that is still real after fixing, or nothing."""
    if not any(space.real for space in instance.spaces):
        return ""
    structure = instance.structure
    if isinstance(structure, Graph):
        for index, edge in enumerate(structure.edges):
            known = fixed.get(index, {})
            for slot, space in enumerate((*edge.weights, edge.bias)):
                if space.real and slot not in known:
                    return f"slot {slot} of edge {index}"
        return ""
    return "a slot of a layer" if structure.free_real_slots(fixed) else ""
