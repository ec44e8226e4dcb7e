"""The path of a check: read both files, compare the digest, prove the upper part, prove the lower part."""

from __future__ import annotations

from dataclasses import replace

from dnnt_check.budget import Invalid, Work
from dnnt_check.certificate import Certificate, FixedValue, Lower, Upper, read_certificate
from dnnt_check.enumeration import check_enumeration
from dnnt_check.evaluation import check_fixed, total_loss
from dnnt_check.form_grounds import FORM_KINDS
from dnnt_check.forming import form_of
from dnnt_check.instance import Instance, read_instance
from dnnt_check.network import Fixed, Graph, Layers, Network, from_graph, from_layers
from dnnt_check.numbers import brief
from dnnt_check.parts import combined, instance_of
from dnnt_check.reachable import check_reachable
from dnnt_check.reading import unpack
from dnnt_check.signs import GuidedLoss
from dnnt_check.spaces import Space
from dnnt_check.verdict import Verdict, proved
from dnnt_check.wiring import check_restricted, check_size, given_wiring, only_loss, only_wiring


def check_files(instance_bytes: bytes, certificate_bytes: bytes, work: Work) -> Verdict:
    """Check everything that the certificate claims.

    Raises:
        Invalid: something is not as it should be; the text says what.
    """
    data, digest = unpack(instance_bytes, "instance", work)
    certificate_data, _ = unpack(certificate_bytes, "certificate", work)
    certificate = read_certificate(certificate_data, work)
    del certificate_data
    instance, digests = read_instance(data, digest, work)
    del data
    if certificate.sha256 not in digests:
        raise Invalid("certificate: sha256: the certificate belongs to another instance file")
    fixed = _fixed_spaces(instance, certificate.fixed, work)
    upper, lower = certificate.upper, certificate.lower
    if upper is not None:
        _check_upper(instance, upper, work)
        check_fixed(certificate.fixed, upper.runs, work)
    if lower is not None:
        _check_lower(instance, upper, lower, fixed, work)
    return _verdict(certificate)


def _check_upper(instance: Instance, upper: Upper, work: Work) -> None:
    """Prove that the parameters have the claimed loss or raise."""
    if upper.signs is None:
        loss = total_loss(instance, upper.runs, work)
    else:
        guided = GuidedLoss(instance, given_wiring(instance, upper.runs, work), upper.signs, "upper", work)
        if guided.exact is None:
            raise Invalid("certificate: upper.signs: the guide proves only that the loss lies in some interval")
        loss = guided.exact
    if loss != upper.loss:
        raise Invalid(f"certificate: upper.loss: {brief(upper.loss)} is claimed, the parameters have {brief(loss)}")


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


def _check_lower(instance: Instance, upper: Upper | None, lower: Lower, fixed: Fixed, work: Work) -> None:
    """Prove a lower part or raise; the upper part, if there is one, is proved."""
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
    if kind == "restricted":
        _check_restricted(instance, upper, lower, fixed, work)
        return
    if kind == "parts":
        _check_parts(instance, lower, fixed, work)
        return
    _check_searched(instance, _written(instance, kind, fixed, work), lower, work)


def _written(instance: Instance, kind: str, fixed: Fixed, work: Work) -> Network:
    """The network as the grounds of that kind need it: for those that speak of the normal form written out."""
    if kind in FORM_KINDS and isinstance(instance.structure, Layers):
        check_size(instance.structure, work)
    return _network(instance, fixed, work, written_out=kind in FORM_KINDS)


def _check_searched(instance: Instance, network: Network, lower: Lower, work: Work) -> None:
    """Prove a bound by going through what parameters can do, or raise."""
    kind, bound, strict = lower.grounds.kind, lower.bound, lower.strict
    assert bound is not None
    if kind in FORM_KINDS:
        form = form_of(instance, network, work)
        FORM_KINDS[kind].check(instance, form, lower.grounds.body, bound, strict, work)
    elif kind == "enumeration":
        check_enumeration(instance, network, bound, strict, work)
    else:
        check_reachable(instance, network, lower.grounds, bound, strict, work)


def _check_parts(instance: Instance, lower: Lower, fixed: Fixed, work: Work) -> None:
    """Prove what is claimed of each part, and that the bound follows from it, or raise."""
    parts = lower.grounds.body
    assert isinstance(parts, tuple) and lower.bound is not None
    known: dict[bool, Network] = {}
    for part in parts:
        if part.bound < 0 or (part.bound == 0 and not part.strict):
            continue  # No loss is negative.
        if part.grounds.kind == "nonnegative":
            raise Invalid("lower: that no loss is negative does not prove the bound of a part")
        written = part.grounds.kind in FORM_KINDS
        if written not in known:
            known[written] = _written(instance, part.grounds.kind, fixed, work)
        network = known[written]
        if max(part.outputs) >= len(network.outputs):
            raise Invalid("lower.grounds.parts: there is no such output")
        alone = replace(network, outputs=tuple([network.outputs[output] for output in part.outputs]))
        _check_searched(instance_of(instance, part), alone, Lower(part.bound, part.strict, part.grounds), work)
    outputs = len(next(iter(known.values())).outputs) if known else 0
    bound, strict = combined(instance, parts, outputs, work) if known else (0, False)
    if bound < lower.bound or (bound == lower.bound and lower.strict and not strict):
        raise Invalid(f"lower: the parts prove the bound {brief(bound)} alone")


def _check_restricted(instance: Instance, upper: Upper | None, lower: Lower, fixed: Fixed, work: Work) -> None:
    """Prove a bound on the loss of the only choice of parameters or raise."""
    bound, strict, signs = lower.bound, lower.strict, lower.grounds.signs
    assert bound is not None
    if signs is not None and isinstance(instance.structure, Layers):
        check_size(instance.structure, work)
    network = _network(instance, fixed, work, written_out=signs is not None)
    check_restricted(network, work)
    if upper is not None and upper.signs == signs:
        # The parameters of the upper part are this only choice, and the same guide has proved their loss.
        loss = upper.loss
    elif signs is None:
        loss = only_loss(instance, network, work)
    else:
        guided = GuidedLoss(instance, only_wiring(network, work), signs, "lower.grounds", work)
        if guided.exact is None:
            if not guided.at_least(bound, strict):
                raise Invalid("lower: the guide does not prove that the loss is as large as the bound")
            return
        loss = guided.exact
    if loss < bound or (strict and loss == bound):
        raise Invalid(f"lower: the only parameters have the loss {brief(loss)}")


def _network(instance: Instance, fixed: Fixed, work: Work, written_out: bool = False) -> Network:
    if isinstance(instance.structure, Graph):
        return from_graph(instance.structure, fixed, work)
    return from_layers(instance.structure, fixed, work, written_out)


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
