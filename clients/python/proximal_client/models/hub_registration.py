from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="HubRegistration")



@_attrs_define
class HubRegistration:
    """ A model of the hub, which is downloaded

        Attributes:
            hub_id (str): org/name at the hub.
            revision (str | Unset): A branch, tag or commit. Default main. Default: 'main'.
     """

    hub_id: str
    revision: str | Unset = 'main'





    def to_dict(self) -> dict[str, Any]:
        hub_id = self.hub_id

        revision = self.revision


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "hub_id": hub_id,
        })
        if revision is not UNSET:
            field_dict["revision"] = revision

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        hub_id = d.pop("hub_id")

        revision = d.pop("revision", UNSET)

        hub_registration = cls(
            hub_id=hub_id,
            revision=revision,
        )

        return hub_registration

