from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="HubSource")



@_attrs_define
class HubSource:
    """ Where a downloaded model is from.

        Attributes:
            hub_id (str): org/name at the hub.
            revision (str): The branch, tag or commit that was asked for.
            commit (str): The commit that it was then.
     """

    hub_id: str
    revision: str
    commit: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        hub_id = self.hub_id

        revision = self.revision

        commit = self.commit


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "hub_id": hub_id,
            "revision": revision,
            "commit": commit,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        hub_id = d.pop("hub_id")

        revision = d.pop("revision")

        commit = d.pop("commit")

        hub_source = cls(
            hub_id=hub_id,
            revision=revision,
            commit=commit,
        )


        hub_source.additional_properties = d
        return hub_source

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
