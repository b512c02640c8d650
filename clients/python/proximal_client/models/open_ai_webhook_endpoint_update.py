from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.open_ai_webhook_endpoint_update_event_types_item import OpenAIWebhookEndpointUpdateEventTypesItem
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="OpenAIWebhookEndpointUpdate")



@_attrs_define
class OpenAIWebhookEndpointUpdate:
    """ 
        Example:
            {'name': 'jobs'}

        Attributes:
            name (str | Unset): A text of your own.
            url (str | Unset): Where events are posted to.
            event_types (list[OpenAIWebhookEndpointUpdateEventTypesItem] | Unset): Events that are sent.
     """

    name: str | Unset = UNSET
    url: str | Unset = UNSET
    event_types: list[OpenAIWebhookEndpointUpdateEventTypesItem] | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        name = self.name

        url = self.url

        event_types: list[str] | Unset = UNSET
        if not isinstance(self.event_types, Unset):
            event_types = []
            for event_types_item_data in self.event_types:
                event_types_item = event_types_item_data.value
                event_types.append(event_types_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if name is not UNSET:
            field_dict["name"] = name
        if url is not UNSET:
            field_dict["url"] = url
        if event_types is not UNSET:
            field_dict["event_types"] = event_types

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        url = d.pop("url", UNSET)

        _event_types = d.pop("event_types", UNSET)
        event_types: list[OpenAIWebhookEndpointUpdateEventTypesItem] | Unset = UNSET
        if _event_types is not UNSET:
            event_types = []
            for event_types_item_data in _event_types:
                event_types_item = OpenAIWebhookEndpointUpdateEventTypesItem(event_types_item_data)



                event_types.append(event_types_item)


        open_ai_webhook_endpoint_update = cls(
            name=name,
            url=url,
            event_types=event_types,
        )

        return open_ai_webhook_endpoint_update

