"""Compounds and their gates; holders, credentials, devices, passes and what comes of them."""

from services.codes.models.checkpoints import Checkpoint
from services.codes.models.compounds import Building, Compound, Gate, Riding
from services.codes.models.conduct import ConductCase, Incident, IncidentMessage
from services.codes.models.credentials import Container, Credential, StatusIndex, StatusListIssue
from services.codes.models.devices import Device, GuardName, Shift
from services.codes.models.holders import Holder, LiveOrder, Platform, RosterEntry
from services.codes.models.look_ups import LookUp, LookUpDelay
from services.codes.models.passes import Amendment, ManualCode, Pass, Proof, Quarantined, SeenProof
from services.codes.models.refusals import Refusal

__all__ = [
    "Amendment",
    "Building",
    "Checkpoint",
    "Compound",
    "ConductCase",
    "Container",
    "Credential",
    "Device",
    "Gate",
    "GuardName",
    "Holder",
    "Incident",
    "IncidentMessage",
    "LiveOrder",
    "LookUp",
    "LookUpDelay",
    "ManualCode",
    "Pass",
    "Platform",
    "Proof",
    "Quarantined",
    "Refusal",
    "Riding",
    "RosterEntry",
    "SeenProof",
    "Shift",
    "StatusIndex",
    "StatusListIssue",
]
