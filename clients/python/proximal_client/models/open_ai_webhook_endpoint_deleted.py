from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.open_ai_webhook_endpoint_deleted_object import OpenAIWebhookEndpointDeletedObject






T = TypeVar("T", bound="OpenAIWebhookEndpointDeleted")



@_attrs_define
class OpenAIWebhookEndpointDeleted:
    """ 
        Attributes:
            id (str): The webhook that was deleted.
            object_ (OpenAIWebhookEndpointDeletedObject): What this is.
            deleted (bool): That it is gone.
     """

    id: str
    object_: OpenAIWebhookEndpointDeletedObject
    deleted: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = self.id

        object_ = self.object_.value

        deleted = self.deleted


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "object": object_,
            "deleted": deleted,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        object_ = OpenAIWebhookEndpointDeletedObject(d.pop("object"))




        deleted = d.pop("deleted")

        open_ai_webhook_endpoint_deleted = cls(
            id=id,
            object_=object_,
            deleted=deleted,
        )


        open_ai_webhook_endpoint_deleted.additional_properties = d
        return open_ai_webhook_endpoint_deleted

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
